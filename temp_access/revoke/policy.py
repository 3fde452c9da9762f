"""The inline policy that revokes, and reading it back: the only form of it that is taken for ours.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from temp_access.iam.document import VERSION
from temp_access.iam.patterns import escape
from temp_access.revoke.model import Revocation, RevocationScope, ScopeType

POLICY_NAME = "TempAccessRevocations"
_TIME = "%Y-%m-%dT%H:%M:%SZ"
# A role session name, and a session's aws:userid, can hold no wildcard and no colon of their own:
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_BEGINNING = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_USER_ID = re.compile(r"AROA[A-Z0-9]{8,124}:[\w+=,.@-]{2,64}", re.ASCII)


class ForeignPolicyError(ValueError):
    """A policy under our name says something else than revocations."""


def revocation_policy(revocations: Iterable[Revocation]) -> dict[str, Any]:
    """Return the policy that denies everything to the sessions of `revocations`."""
    return {"Version": VERSION, "Statement": [_statement(revocation) for revocation in revocations]}


def read_revocations(policy: Mapping[str, Any]) -> tuple[Revocation, ...]:
    """Return the revocations of a policy; raises ForeignPolicyError unless it is exactly what `document` writes."""
    try:
        found = tuple(_revocation(statement) for statement in policy["Statement"])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ForeignPolicyError(POLICY_NAME) from None
    if not found or revocation_policy(found) != policy:
        raise ForeignPolicyError(POLICY_NAME)
    return found


def is_revocations(policy: Mapping[str, Any]) -> bool:
    """Whether a policy is one that `document` writes."""
    try:
        read_revocations(policy)
    except ForeignPolicyError:
        return False
    return True


def is_revocation_policy(name: str, policy: Mapping[str, Any]) -> bool:
    """Whether an inline policy has the name and the form of the one that `document` writes."""
    return name == POLICY_NAME and is_revocations(policy)


def size(policy: Mapping[str, Any]) -> int:
    """Return how many of the role's 10240 characters for inline policies the policy takes; white space is free.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    text = json.dumps(policy, separators=(",", ":"), ensure_ascii=False)
    return sum(not character.isspace() for character in text)


def _statement(revocation: Revocation) -> dict[str, Any]:
    condition: dict[str, Any] = {"DateLessThan": {"aws:TokenIssueTime": revocation.before.strftime(_TIME)}}
    scope = revocation.scope
    if scope.kind is ScopeType.GRANT:
        # aws:userid is `AROA…:session-name`, and a name holds no colon: what follows it is where the name begins.
        condition["StringLike"] = {"aws:userid": f"*:{escape(scope.name)}*"}
    elif scope.kind is ScopeType.SESSION:
        condition["StringEquals"] = {"aws:userid": scope.name}
    return {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}


def _revocation(statement: Mapping[str, Any]) -> Revocation:
    condition = statement["Condition"]
    before = datetime.strptime(condition["DateLessThan"]["aws:TokenIssueTime"], _TIME).replace(tzinfo=UTC)
    if "StringLike" in condition:
        text = condition["StringLike"]["aws:userid"].removeprefix("*:").removesuffix("*")
        return Revocation(_checked(RevocationScope(ScopeType.GRANT, text), _BEGINNING), before)
    if "StringEquals" in condition:
        return Revocation(
            _checked(RevocationScope(ScopeType.SESSION, condition["StringEquals"]["aws:userid"]), _USER_ID), before
        )
    return Revocation(RevocationScope(ScopeType.ALL), before)


def _checked(scope: RevocationScope, form: re.Pattern[str]) -> RevocationScope:
    if not form.fullmatch(scope.name):
        raise ForeignPolicyError(POLICY_NAME)
    return scope
