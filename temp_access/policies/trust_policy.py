"""The trust policy: which principals can assume the role, and on which conditions."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from temp_access.iam.arn import iam_arn
from temp_access.iam.policy_json import VERSION

if TYPE_CHECKING:
    # The constructs import this module, and need nothing of access.toml.
    from temp_access.config.model import Role, TrustedPrincipal


def trust_policy(role: "Role", *, user_arn: str, account: str, partition: str) -> dict[str, Any]:
    """Return the trust policy of `[role]`: one statement for the user, one for each further principal.

    `account` is the stack's own.
    """
    further = [(principal_arn(each, account=account, partition=partition), each.external_id) for each in role.trusted]
    conditions = role.conditions
    return trust_document(
        [(user_arn, None), *further],
        require_mfa=conditions.mfa,
        source_ips=conditions.source_ip,
        source_identity=conditions.source_identity,
        session_name=conditions.session_name,
    )


def principal_arn(trusted: "TrustedPrincipal", *, account: str, partition: str) -> str:
    """Return the ARN of a further principal; `account` (the stack's own) and `partition` may be CDK tokens."""
    return iam_arn(partition, trusted.account or account, trusted.resource)


def trust_document(
    principals: Iterable[tuple[str, str | None]],
    *,
    require_mfa: bool = False,
    source_ips: Iterable[str] = (),
    source_identity: str | None = None,
    session_name: str | None = None,
) -> dict[str, Any]:
    """Return a trust policy with one statement for each principal's ARN and its external id (None for none).

    The ARNs may be CDK tokens. Each condition is required of every principal; `source_ips` are networks,
    `source_identity` and `session_name` patterns as StringLike takes them.
    """
    required: dict[str, dict[str, Any]] = {}
    if require_mfa:
        required["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
    if networks := list(source_ips):
        required["IpAddress"] = {"aws:SourceIp": networks}
    names = {"sts:RoleSessionName": session_name, "sts:SourceIdentity": source_identity}
    patterns = {key: pattern for key, pattern in names.items() if pattern}
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
    action = "sts:AssumeRole" if source_identity is None else ["sts:AssumeRole", "sts:SetSourceIdentity"]
    return {
        "Version": VERSION,
        "Statement": [_statement(arn, external_id, action, required, patterns) for arn, external_id in principals],
    }


def _statement(
    arn: str, external_id: str | None, action: str | list[str], required: dict[str, Any], patterns: dict[str, str]
) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": action}
    conditions = {
        **required,
        **({"StringEquals": {"sts:ExternalId": external_id}} if external_id else {}),
        **({"StringLike": patterns} if patterns else {}),
    }
    return {**statement, "Condition": conditions} if conditions else statement
