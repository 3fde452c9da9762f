"""The trust policy of a grant's own role: one statement for each of its borrowers."""

from typing import Any

from temp_access.config.borrower import Borrower, BorrowerKind, IdentityProvider
from temp_access.config.model import Conditions, Config, Grant
from temp_access.iam.arn import iam_arn
from temp_access.iam.policy_json import VERSION, escape
from temp_access.iam.service_principals import source_keys
from temp_access.policies.trust_policy import trust_document

# https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
_TAGS_SESSIONS = frozenset({"pods.eks.amazonaws.com"})
# https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
_SSO_PATHS = ("aws-reserved/sso.amazonaws.com", "aws-reserved/sso.amazonaws.com/*")


def grant_trust_policy(grant: Grant, config: Config, *, account: str, partition: str) -> dict[str, Any]:
    """Return the trust policy of a grant with borrowers; `account` and `partition` may be CDK tokens."""
    return {
        "Version": VERSION,
        "Statement": [
            borrower_statement(each, config, account=account, partition=partition) for each in grant.borrowers
        ],
    }


def borrower_statement(borrower: Borrower, config: Config, *, account: str, partition: str) -> dict[str, Any]:
    """Return the statement that lets one borrower assume the role.

    The conditions of `[role.conditions]` hold for users, roles and people of IAM Identity Center. Role sessions have
    no MFA, so `mfa` holds for users only. Pipelines and services meet none of them.
    """
    if borrower.kind is BorrowerKind.OIDC:
        provider = config.identity_providers[borrower.name]
        return _token_statement(provider, str(borrower.detail), account=account, partition=partition)
    if borrower.kind is BorrowerKind.SERVICE:
        return _service_statement(borrower.name, account, partition)
    conditions = config.role.conditions
    if borrower.kind is not BorrowerKind.SSO:
        arn = iam_arn(partition, borrower.account or account, borrower.resource)
        return _statement(arn, conditions, borrower.external_id, mfa=borrower.kind is BorrowerKind.USER)
    statement = _statement(iam_arn(partition, account, "root"), conditions, None, mfa=False)
    return {
        **statement,
        "Condition": _merged(statement.get("Condition", {}), _sso_condition(borrower, account, partition)),
    }


def _statement(arn: str, conditions: Conditions, external_id: str | None, *, mfa: bool) -> dict[str, Any]:
    document = trust_document(
        [(arn, external_id)],
        require_mfa=conditions.mfa and mfa,
        source_ips=conditions.source_ip,
        source_identity=conditions.source_identity,
        session_name=conditions.session_name,
    )
    statement: dict[str, Any] = document["Statement"][0]
    return statement


def _sso_condition(borrower: Borrower, account: str, partition: str) -> dict[str, Any]:
    """Return the condition on people with a permission set, in whose role's name 16 characters follow the set's.

    A permission set whose name begins with another one's and `_` has further roles, which the condition excludes.
    """
    name = f"AWSReservedSSO_{escape(borrower.name)}"
    condition: dict[str, Any] = {
        "ArnLike": {
            "aws:PrincipalArn": [iam_arn(partition, account, f"role/{path}/{name}_*") for path in _SSO_PATHS],
        },
        "ArnNotLike": {"aws:PrincipalArn": iam_arn(partition, account, f"role/aws-reserved/*/{name}_*_*")},
    }
    if borrower.detail:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
        condition["StringLike"] = {"aws:userid": f"*:{escape(borrower.detail)}"}
    return condition


def _token_statement(provider: IdentityProvider, subject: str, *, account: str, partition: str) -> dict[str, Any]:
    audience, sub = f"{provider.host}:aud", f"{provider.host}:sub"
    condition: dict[str, Any] = {"StringEquals": {audience: _literal(provider.audience)}}
    if "*" in subject:
        condition["StringLike"] = {sub: "*".join(map(escape, subject.split("*")))}
    else:
        condition["StringEquals"][sub] = _literal(subject)
    return {
        "Effect": "Allow",
        "Principal": {"Federated": iam_arn(partition, account, f"oidc-provider/{provider.host}")},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }


def _literal(value: str) -> str:
    # Only variables have a meaning in a value of StringEquals.
    return value.replace("$", "${$}")


def _service_statement(service: str, account: str, partition: str) -> dict[str, Any]:
    action = ["sts:AssumeRole", "sts:TagSession"] if service in _TAGS_SESSIONS else "sts:AssumeRole"
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": {"Service": service}, "Action": action}
    keys = source_keys(service)
    if "aws:SourceAccount" in keys:
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": account}}
    elif "aws:SourceArn" in keys:
        statement["Condition"] = {"ArnLike": {"aws:SourceArn": f"arn:{partition}:*:*:{account}:*"}}
    return statement


def _merged(*conditions: dict[str, Any]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for condition in conditions:
        for operator, keys in condition.items():
            merged[operator] = {**merged.get(operator, {}), **keys}
    return merged


def caller_statement(borrower: Borrower, config: Config, role_arn: str) -> dict[str, Any] | None:
    """Return what the borrower's own policy must allow; None where the trust policy alone is enough.

    It is where the trust policy names an account: people of IAM Identity Center, and principals of other accounts.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
    """
    if borrower.kind is not BorrowerKind.SSO and borrower.account is None:
        return None
    identity = config.role.conditions.source_identity is not None
    action = ["sts:AssumeRole", "sts:SetSourceIdentity"] if identity else "sts:AssumeRole"
    return {"Effect": "Allow", "Action": action, "Resource": role_arn}
