"""IAM's OpenID Connect providers, by the API and in stacks; ministack has some of the API's actions only.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-iam-oidcprovider.html
"""

from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from temp_access.local_aws.rules import openid_provider
from temp_access.local_aws.rules.call import AwsError, Call, Caller, Response
from temp_access.local_aws.server.ministack.stores import iam_service

_RESOURCE_TYPE = "AWS::IAM::OIDCProvider"
_ARN = "OpenIDConnectProviderArn"
_Parameters = Mapping[str, Any]


def install(provisioners: Any) -> None:
    """Let IAM and CloudFormation, with its module for resources, use this module."""
    for action, answer in _ACTIONS.items():
        iam_service._IAM_HANDLERS[action] = _handler(action, answer)
    handlers = {"create": _create_resource, "update": _update_resource, "delete": _drop}
    provisioners._RESOURCE_HANDLERS[_RESOURCE_TYPE] = handlers
    # Another URL makes another provider, which is created before the former one is deleted.
    provisioners._REPLACING_PROPERTIES[_RESOURCE_TYPE] = ("Url",)
    provisioners._STACK_TAG_PROPERTY[_RESOURCE_TYPE] = ("Tags", "list")


def _handler(action: str, answer: Callable[[Call], str]) -> Callable[[_Parameters], Response]:
    def handle(parameters: _Parameters) -> Response:
        values = {name: value[0] if isinstance(value, list) else value for name, value in parameters.items()}
        try:
            result = answer(Call(action, values, "", Caller("", "unknown")))
        except AwsError as error:
            return error.query_xml("iam")
        inner = f"<{action}Result>{result}</{action}Result>" if result else ""
        response: Response = iam_service._xml(200, f"{action}Response", inner, ns="iam")
        return response

    return handle


def _create(url: str | None, ids: list[str], thumbprints: list[str], tags: Mapping[str, str]) -> str:
    """Create a provider, and return its ARN."""
    host = openid_provider.provider_host(url)
    openid_provider.client_ids(ids)
    openid_provider.thumbprints(thumbprints)
    arn = f"arn:aws:iam::{iam_service.get_account_id()}:oidc-provider/{host}"
    if arn in iam_service._oidc_providers:
        raise AwsError("EntityAlreadyExists", f"Provider with url {url} already exists.", 409)
    openid_provider.provider_quota(len(iam_service._oidc_providers))
    iam_service._oidc_providers[arn] = {
        "Arn": arn,
        "Url": host,
        "ClientIDList": list(dict.fromkeys(ids)),
        "ThumbprintList": thumbprints,
        "CreateDate": iam_service._now(),
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }
    return arn


def _provider(call: Call) -> dict[str, Any]:
    """Return the record of the provider that the call names."""
    arn = call.get(_ARN) or ""
    record: dict[str, Any] | None = iam_service._oidc_providers.get(arn)
    if record is None:
        raise _not_found(arn)
    return record


def _not_found(arn: str) -> AwsError:
    return AwsError("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}", 404)


def _answer_create(call: Call) -> str:
    arn = _create(call.get("Url"), call.members("ClientIDList"), call.members("ThumbprintList"), call.tags)
    return f"<{_ARN}>{escape(arn)}</{_ARN}>{_tags(iam_service._oidc_providers[arn])}"


def _answer_get(call: Call) -> str:
    record = _provider(call)
    url = escape(record["Url"].removeprefix("https://"))
    lists = "".join(f"<{name}>{_members(record[name])}</{name}>" for name in ("ClientIDList", "ThumbprintList"))
    return f"<Url>{url}</Url>{lists}<CreateDate>{record['CreateDate']}</CreateDate>{_tags(record)}"


def _answer_list(_call: Call) -> str:
    arns = "".join(f"<member><Arn>{escape(arn)}</Arn></member>" for arn in iam_service._oidc_providers)
    return f"<OpenIDConnectProviderList>{arns}</OpenIDConnectProviderList>"


def _answer_delete(call: Call) -> str:
    # Deleting one that doesn't exist isn't an error.
    iam_service._oidc_providers.pop(call.get(_ARN) or "", None)
    return ""


def _answer_add_client_id(call: Call) -> str:
    record = _provider(call)
    ids = list(dict.fromkeys([*record["ClientIDList"], call.get("ClientID") or ""]))
    openid_provider.client_ids(ids)
    record["ClientIDList"] = ids
    return ""


def _answer_remove_client_id(call: Call) -> str:
    record = _provider(call)
    record["ClientIDList"] = [client_id for client_id in record["ClientIDList"] if client_id != call.get("ClientID")]
    return ""


def _answer_update_thumbprints(call: Call) -> str:
    record, thumbprints = _provider(call), call.members("ThumbprintList")
    openid_provider.thumbprints(thumbprints)
    record["ThumbprintList"] = thumbprints
    return ""


def _answer_tag(call: Call) -> str:
    record = _provider(call)
    kept = [tag for tag in record.get("Tags", []) if tag["Key"] not in call.tags]
    record["Tags"] = [*kept, *({"Key": key, "Value": value} for key, value in call.tags.items())]
    return ""


def _answer_untag(call: Call) -> str:
    record, removed = _provider(call), call.members("TagKeys")
    record["Tags"] = [tag for tag in record.get("Tags", []) if tag["Key"] not in removed]
    return ""


def _answer_list_tags(call: Call) -> str:
    return f"{_tags(_provider(call))}<IsTruncated>false</IsTruncated>"


def _members(values: list[str]) -> str:
    return "".join(f"<member>{escape(value)}</member>" for value in values)


def _tags(record: Mapping[str, Any]) -> str:
    tags = sorted(record.get("Tags", []), key=lambda tag: str(tag["Key"]))
    members = (f"<Key>{escape(tag['Key'])}</Key><Value>{escape(tag['Value'])}</Value>" for tag in tags)
    return f"<Tags>{''.join(f'<member>{member}</member>' for member in members)}</Tags>"


_ACTIONS: dict[str, Callable[[Call], str]] = {
    "CreateOpenIDConnectProvider": _answer_create,
    "GetOpenIDConnectProvider": _answer_get,
    "ListOpenIDConnectProviders": _answer_list,
    "DeleteOpenIDConnectProvider": _answer_delete,
    "AddClientIDToOpenIDConnectProvider": _answer_add_client_id,
    "RemoveClientIDFromOpenIDConnectProvider": _answer_remove_client_id,
    "UpdateOpenIDConnectProviderThumbprint": _answer_update_thumbprints,
    "TagOpenIDConnectProvider": _answer_tag,
    "UntagOpenIDConnectProvider": _answer_untag,
    "ListOpenIDConnectProviderTags": _answer_list_tags,
}


def _create_resource(_logical_id: str, properties: _Parameters, _stack_name: str) -> tuple[str, dict[str, str]]:
    """Return the provider's ARN, which Ref gives, and its attributes."""
    try:
        arn = _create(
            properties.get("Url"),
            list(properties.get("ClientIdList") or []),
            list(properties.get("ThumbprintList") or []),
            _resource_tags(properties),
        )
    except AwsError as error:
        raise _failure(error) from error
    return arn, {"Arn": arn}


def _update_resource(
    arn: str, _former: _Parameters, properties: _Parameters, _stack_name: str
) -> tuple[str, dict[str, str]]:
    """Change the provider in place; one that was deleted meanwhile fails."""
    record = iam_service._oidc_providers.get(arn)
    ids, thumbprints = list(properties.get("ClientIdList") or []), list(properties.get("ThumbprintList") or [])
    try:
        if record is None:
            raise _not_found(arn)
        openid_provider.client_ids(ids)
        openid_provider.thumbprints(thumbprints)
    except AwsError as error:
        raise _failure(error) from error
    tags = [{"Key": key, "Value": value} for key, value in _resource_tags(properties).items()]
    record.update({"ClientIDList": ids, "ThumbprintList": thumbprints, "Tags": tags})
    return arn, {"Arn": arn}


def _drop(arn: str, _properties: _Parameters) -> None:
    iam_service._oidc_providers.pop(arn, None)


def _resource_tags(properties: _Parameters) -> dict[str, str]:
    return {str(tag["Key"]): str(tag["Value"]) for tag in properties.get("Tags") or []}


def _failure(error: AwsError) -> ValueError:
    return ValueError(f"{error.message} (Service: Iam, Status Code: {error.status}; Error Code: {error.code})")
