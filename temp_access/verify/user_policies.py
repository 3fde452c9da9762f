"""What `[user]`'s policies allow the user alone, evaluated on their documents."""

from collections.abc import Callable, Mapping
from typing import Any

from temp_access.config.model import Config
from temp_access.errors import UserError
from temp_access.policy.decision import Layer
from temp_access.policy.document import MalformedPolicy, Policy
from temp_access.policy.evaluate import PolicySet, evaluate
from temp_access.policy.parse import parse_policy
from temp_access.policy.request import Request
from temp_access.policy.user import ROTATE_KEYS, assume_policy, rotate_keys_policy
from temp_access.verify.model import ServiceCall, Target
from temp_access.verify.operations import Need, needs

Managed = Callable[[str], Mapping[str, Any]]


def user_allows(config: Config, target: Target, managed: Managed) -> Callable[[ServiceCall], bool]:
    """Return a function that says whether the user's policies, as access.toml has them, allow a call.

    `managed` gives the documents of managed policies that aren't written in access.toml.
    """
    layers = _layers(config, target, managed)

    def allows(call: ServiceCall) -> bool:
        wanted = needs(call, partition=target.partition, account=target.account, role_arn=target.role_arn)
        return all(evaluate(layers, _request(need, target)).allowed for need in wanted)

    return allows


def _layers(config: Config, target: Target, managed: Managed) -> PolicySet:
    user = config.user
    # A managed policy may be called like an inline one.
    documents: list[tuple[str, Mapping[str, Any]]] = [
        ("AssumeRole", assume_policy(target.role_arn)),
        (ROTATE_KEYS, rotate_keys_policy(target.user_arn)),
        *((policy.name, policy.document) for policy in (*user.inline, *user.customer_managed)),
        *((p.name, managed(f"arn:{target.partition}:iam::aws:policy/{p.name}")) for p in user.aws_managed),
    ]
    boundary = user.permissions_boundary
    return PolicySet(
        identity=tuple(_parsed(document, Layer.IDENTITY, name) for name, document in documents),
        boundary=_parsed(managed(boundary), Layer.BOUNDARY, boundary) if boundary else None,
    )


def _parsed(document: Mapping[str, Any], layer: Layer, name: str) -> Policy:
    try:
        return parse_policy(document, layer, name)
    except MalformedPolicy as error:
        raise UserError(f"access.toml: user: the policy {name} is malformed: {error}") from None


def _request(need: Need, target: Target) -> Request:
    context: dict[str, str] = {"aws:username": target.user_name, "aws:SecureTransport": "true"}
    if need.prefix is not None:
        context["s3:prefix"] = need.prefix
    return Request(
        principal=target.user_arn,
        action=need.action,
        resource=need.resource,
        account=target.account,
        resource_account=target.account,
        context=context,
    )
