"""What `[user]`'s policies allow the user alone, evaluated on their documents."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from temp_access.config.model import Config
from temp_access.errors import TempAccessError, UserError
from temp_access.policy.decision import Layer
from temp_access.policy.document import MalformedPolicy, Policy
from temp_access.policy.evaluate import Layers, evaluate
from temp_access.policy.parse import parse_policy
from temp_access.policy.request import Request
from temp_access.policy.user import ROTATE_KEYS, assume_policy, rotate_keys_policy
from temp_access.verify.model import ServiceCall, Target
from temp_access.verify.operations import Need, needs

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient


def user_allows(config: Config, target: Target, iam: "IAMClient") -> Callable[[ServiceCall], bool]:
    """Return a function that says whether the user's policies, as access.toml has them, allow a call.

    The documents of managed policies that aren't written in access.toml are AWS's or the account's
    own, and read from IAM with the deployer's credentials.
    """
    layers = _layers(config, target, lambda arn: _managed_document(iam, arn))

    def allows(call: ServiceCall) -> bool:
        wanted = needs(call, partition=target.partition, account=target.account, role_arn=target.role_arn)
        return all(evaluate(layers, _request(need, target)).allowed for need in wanted)

    return allows


def _layers(config: Config, target: Target, managed: Callable[[str], Mapping[str, Any]]) -> Layers:
    user = config.user
    # A managed policy may be called like an inline one.
    documents: list[tuple[str, Mapping[str, Any]]] = [
        ("AssumeRole", assume_policy(target.role_arn)),
        (ROTATE_KEYS, rotate_keys_policy(target.user_arn)),
        *((policy.name, policy.document) for policy in (*user.inline, *user.customer_managed)),
        *((p.name, managed(f"arn:{target.partition}:iam::aws:policy/{p.name}")) for p in user.aws_managed),
    ]
    boundary = user.permissions_boundary
    return Layers(
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


def _managed_document(iam: "IAMClient", arn: str) -> Mapping[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document: Any = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    except (ClientError, BotoCoreError) as error:
        raise TempAccessError(f"the managed policy {arn} can't be read: {error}", exit_code=3) from None
    found: Mapping[str, Any] = document
    return found
