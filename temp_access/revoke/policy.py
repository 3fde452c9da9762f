"""The inline policies of revocations: writing them, and reading them back if they have exactly the written form.

Each revocation is a policy of its own, whose name tells its content. So whoever writes one at the same time as others
changes nothing of theirs, and writing it twice changes nothing.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from temp_access.iam.policy_json import VERSION, escape
from temp_access.iam.sts_limits import SESSION_NAME_PATTERN
from temp_access.revoke.model import Revocation, RevocationScope, ScopeType

# The name of the one policy with all revocations that version 0.1 wrote, and the beginning of all others' names.
POLICY_NAME = "TempAccessRevocations"
_TIME = "%Y-%m-%dT%H:%M:%SZ"
# A role session name can contain neither a wildcard nor a colon:
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_NAME_PREFIX = re.compile(SESSION_NAME_PATTERN, re.ASCII)
_PATTERN = re.compile(r"[\w+=,.@*?-]{2,64}", re.ASCII)
_USER_ID = re.compile(f"AROA[A-Z0-9]{{8,124}}:{SESSION_NAME_PATTERN}", re.ASCII)


class ForeignPolicyError(ValueError):
    """The policy has this project's name, but isn't in the form that it writes."""


def revocation_policy(revocations: Iterable[Revocation]) -> dict[str, Any]:
    """Return the policy that denies every action to the sessions of `revocations`."""
    return {"Version": VERSION, "Statement": [_statement(revocation) for revocation in revocations]}


def policy_name(revocation: Revocation) -> str:
    """Return the name of the revocation's own policy, such as `TempAccessRevocations-3f2a…-20260131T120000Z`."""
    scope = f"{revocation.scope.kind.value} {revocation.scope.name}"
    return f"{POLICY_NAME}-{hashlib.sha256(scope.encode()).hexdigest()[:16]}-{revocation.before:%Y%m%dT%H%M%SZ}"


def has_revocation_name(name: str) -> bool:
    """Whether an inline policy has a name of this project's policies of revocations."""
    return name == POLICY_NAME or name.startswith(f"{POLICY_NAME}-")


def read_revocations(policy: Mapping[str, Any]) -> tuple[Revocation, ...]:
    """Return the revocations of a policy; raises ForeignPolicyError unless `revocation_policy` writes exactly this."""
    try:
        revocations = tuple(_revocation(statement) for statement in policy["Statement"])
    except (LookupError, TypeError, ValueError, AttributeError):
        raise ForeignPolicyError(POLICY_NAME) from None
    if not revocations or revocation_policy(revocations) != policy:
        raise ForeignPolicyError(POLICY_NAME)
    return revocations


def is_revocations(policy: Mapping[str, Any]) -> bool:
    """Whether `revocation_policy` writes this policy."""
    try:
        read_revocations(policy)
    except ForeignPolicyError:
        return False
    return True


def is_revocation_policy(name: str, policy: Mapping[str, Any]) -> bool:
    """Whether an inline policy has a name of revocations and the form that `revocation_policy` writes."""
    return has_revocation_name(name) and is_revocations(policy)


def size(policy: Mapping[str, Any]) -> int:
    """Return the size of the policy that counts for the role's quota: its characters without white space.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    document = json.dumps(policy, separators=(",", ":"), ensure_ascii=False)
    return sum(not character.isspace() for character in document)


def _statement(revocation: Revocation) -> dict[str, Any]:
    condition: dict[str, Any] = {"DateLessThan": {"aws:TokenIssueTime": revocation.before.strftime(_TIME)}}
    scope = revocation.scope
    if scope.kind is ScopeType.GRANT:
        # aws:userid is `AROA…:session-name`, and neither part contains a colon, so the name begins after it.
        condition["StringLike"] = {"aws:userid": f"*:{escape(scope.name)}*"}
    elif scope.kind is ScopeType.SESSION:
        condition["StringEquals"] = {"aws:userid": scope.name}
    elif scope.kind is ScopeType.NAMES:
        # A list, because a single text has the wildcard of a grant's prefix.
        condition["StringLike"] = {"aws:userid": [f"*:{scope.name}"]}
    elif scope.kind is ScopeType.SOURCE_IDENTITY:
        condition["StringLike"] = {"aws:SourceIdentity": scope.name}
    return {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}


def _revocation(statement: Mapping[str, Any]) -> Revocation:
    condition = statement["Condition"]
    before = datetime.strptime(condition["DateLessThan"]["aws:TokenIssueTime"], _TIME).replace(tzinfo=UTC)
    if "aws:SourceIdentity" in condition.get("StringLike", ()):
        pattern = condition["StringLike"]["aws:SourceIdentity"]
        return Revocation(_checked_scope(ScopeType.SOURCE_IDENTITY, pattern, _PATTERN), before)
    if "StringLike" in condition:
        user_ids = condition["StringLike"]["aws:userid"]
        if isinstance(user_ids, list):
            pattern = user_ids[0].removeprefix("*:")
            if pattern.endswith("*") and _NAME_PREFIX.fullmatch(pattern[:-1]):
                # It would be written as a grant's prefix.
                raise ForeignPolicyError(POLICY_NAME)
            return Revocation(_checked_scope(ScopeType.NAMES, pattern, _PATTERN), before)
        prefix = user_ids.removeprefix("*:").removesuffix("*")
        return Revocation(_checked_scope(ScopeType.GRANT, prefix, _NAME_PREFIX), before)
    if "StringEquals" in condition:
        user_id = condition["StringEquals"]["aws:userid"]
        return Revocation(_checked_scope(ScopeType.SESSION, user_id, _USER_ID), before)
    return Revocation(RevocationScope(ScopeType.ALL), before)


def _checked_scope(kind: ScopeType, name: str, pattern: re.Pattern[str]) -> RevocationScope:
    if not pattern.fullmatch(name):
        raise ForeignPolicyError(POLICY_NAME)
    return RevocationScope(kind, name)
