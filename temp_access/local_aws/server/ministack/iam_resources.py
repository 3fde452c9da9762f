"""The resource for which a call of IAM is authorized: ministack leaves out its path.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

import importlib
from collections.abc import Mapping
from typing import Any

from temp_access.local_aws.rules.call import Call, form_parameters
from temp_access.local_aws.rules.iam import implied_own_user
from temp_access.local_aws.server.ministack import stores
from temp_access.local_aws.server.ministack.stores import app, iam_service

_iam_actions: Any = importlib.import_module("ministack.core.iam_actions")
# What actions are about, by a part of their names; the first one that fits counts. A parameter that the action doesn't
# have must not choose its resource.
_KINDS = (
    ("ForRole", "role"),
    ("ForUser", "user"),
    ("OpenIDConnectProvider", "oidc-provider"),
    ("InstanceProfile", "instance-profile"),
    ("Role", "role"),
    ("Group", "group"),
    ("User", "user"),
    ("Policy", "policy"),
)
# The parameter with the name of each, and the records that have the ARN of those that exist.
_NAMED: dict[str, tuple[str, Any]] = {
    "instance-profile": ("InstanceProfileName", iam_service._instance_profiles),
    "role": ("RoleName", iam_service._roles),
    "group": ("GroupName", iam_service._groups),
    "user": ("UserName", iam_service._users),
}


def install() -> None:
    """Replace the function that is in use, which goes on answering for the other services."""
    others = _iam_actions.extract_resource_arn

    def extract_resource_arn(
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query: Mapping[str, Any],
        region: str,
        account: str,
    ) -> str:
        if service == "iam":
            return resource_arn(headers, body, query, account)
        return str(others(service, method, path, headers, body, query, region, account))

    _iam_actions.extract_resource_arn = extract_resource_arn


def resource_arn(headers: dict[str, str], body: bytes, query: Mapping[str, Any], account: str) -> str:
    """Return the ARN of the resource of a call, with the path that it has or is to get; `*` for none."""
    access_key = app.extract_access_key_id(headers, query)
    # As in the action itself, the body's parameters override the URL's.
    parameters = form_parameters({name: value for name, value in query.items() if isinstance(value, list)}, body)
    call = Call(parameters.get("Action", ""), parameters, access_key, stores.caller_of(access_key))
    return _resource_arn(call, account)


def _resource_arn(call: Call, account: str) -> str:
    if implied_own_user(call) is not None:
        return call.caller.arn
    # Actions such as CreateAccessKey are about a user.
    kind = next((kind for part, kind in _KINDS if part in call.action), "user")
    if kind == "oidc-provider":
        host = (call.get("Url") or "").removeprefix("https://")
        return call.get("OpenIDConnectProviderArn") or (f"arn:aws:iam::{account}:{kind}/{host}" if host else "*")
    if kind == "policy":
        return call.get("PolicyArn") or "*"
    parameter, records = _NAMED[kind]
    name = call.get(parameter)
    if not name:
        return "*"
    record = records.get(name)
    path = (call.get("Path") or "/") if call.action.startswith("Create") else "/"
    return str(record["Arn"]) if record else f"arn:aws:iam::{account}:{kind}{path}{name}"
