"""The trust policy: who may assume the role, and on which conditions."""

from typing import Any

from temp_access.config.model import Conditions, Role, TrustedPrincipal
from temp_access.iam.document import VERSION


def trust_policy(role: Role, *, user_arn: str, account: str, partition: str) -> dict[str, Any]:
    """Return the role's trust policy: one statement for the user, one for each further principal.

    `user_arn`, `account` (the stack's own) and `partition` may be CDK tokens.
    """
    principals = [(user_arn, None), *((_arn(t, account, partition), t.external_id) for t in role.trusted)]
    return {
        "Version": VERSION,
        "Statement": [_statement(arn, external_id, role.conditions) for arn, external_id in principals],
    }


def _statement(arn: str, external_id: str | None, conditions: Conditions) -> dict[str, Any]:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
    sets_identity = conditions.source_identity is not None
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": arn},
        "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"] if sets_identity else "sts:AssumeRole",
    }
    asked = _conditions(conditions, external_id)
    return {**statement, "Condition": asked} if asked else statement


def _conditions(conditions: Conditions, external_id: str | None) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    if conditions.mfa:
        asked["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
    if conditions.source_ip:
        asked["IpAddress"] = {"aws:SourceIp": list(conditions.source_ip)}
    if external_id:
        asked["StringEquals"] = {"sts:ExternalId": external_id}
    names = {
        "sts:RoleSessionName": conditions.session_name,
        "sts:SourceIdentity": conditions.source_identity,
    }
    if any(names.values()):
        asked["StringLike"] = {key: pattern for key, pattern in names.items() if pattern}
    return asked


def _arn(trusted: TrustedPrincipal, account: str, partition: str) -> str:
    return f"arn:{partition}:iam::{trusted.account or account}:{trusted.resource}"
