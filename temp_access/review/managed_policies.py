"""The AWS managed policies of user and role, each with the reason that access.toml gives for it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from temp_access.cfn.source_location import SourceLocation
from temp_access.review.model import Change, Unknown
from temp_access.review.snapshot import Snapshot

_AWS_MANAGED = ":iam::aws:policy/"
_KEY = re.compile(r"user\.aws_managed\[(\d+)\]\.name")
NO_REASON = "access.toml gives no reason"


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """An AWS managed policy of one holder, by name with path; `status` is "new", "removed", or "" if both have it."""

    holder: str
    name: str
    reason: str
    status: str = ""

    @property
    def full_name(self) -> str:
        """The holder and the policy, with the status."""
        return f"{self.holder}: {self.name}{f' ({self.status})' if self.status else ''}"


def managed_policies(base: Snapshot, head: Snapshot) -> tuple[ManagedPolicy, ...]:
    """Return the policies that either snapshot attaches: head's, then those that only base has."""
    before, after = list(_attached(base)), list(_attached(head))
    old = {(policy.holder, policy.name) for policy in before}
    new = {(policy.holder, policy.name) for policy in after}
    return (
        *(replace(each, status="" if (each.holder, each.name) in old else "new") for each in after),
        *(replace(each, status="removed") for each in before if (each.holder, each.name) not in new),
    )


def _attached(snapshot: Snapshot) -> Iterator[ManagedPolicy]:
    reasons = {policy.name: policy.reason for policy in snapshot.config.user.aws_managed}
    for owner in (snapshot.state.user, snapshot.state.role):
        for arn in owner.permissions.attached:
            _, is_aws_managed, name = arn.partition(_AWS_MANAGED)
            if is_aws_managed:
                # Only the user's policies are in access.toml.
                reason = reasons.get(name) if owner is snapshot.state.user else None
                yield ManagedPolicy(owner.name, name, reason or NO_REASON)


def with_reason(result: Change | Unknown, base: Snapshot, head: Snapshot) -> Change | Unknown:
    """Return a result that an AWS managed policy in access.toml causes with the reason for that policy."""
    locations = result.cause.locations if isinstance(result, Change) else result.locations
    reasons = list(dict.fromkeys(filter(None, (_reason(each, base if each.before else head) for each in locations))))
    if not reasons:
        return result
    suffix = f" (the reason in access.toml: {'; '.join(reasons)})"
    if isinstance(result, Unknown):
        return replace(result, description=result.description + suffix)
    return replace(result, cause=replace(result.cause, description=result.cause.description + suffix))


def _reason(location: SourceLocation, snapshot: Snapshot) -> str | None:
    match = _KEY.fullmatch(location.key or "")
    return snapshot.config.user.aws_managed[int(match[1])].reason if match else None
