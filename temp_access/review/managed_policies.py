"""The AWS managed policies of user and role, each with the reason that access.toml gives for it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from temp_access.cfn.source_location import SourceLocation
from temp_access.config.table import key_path
from temp_access.deployment.effective_policies import PolicyOwner
from temp_access.review.locations import user_settings
from temp_access.review.model import Change, Unknown
from temp_access.review.snapshot import Snapshot, holders

_AWS_MANAGED = ":iam::aws:policy/"
_KEY = re.compile(r"(.+)\.aws_managed\[(\d+)\]\.name", re.DOTALL)
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
    for holder in holders(snapshot, snapshot):
        state = snapshot.state_of(holder)
        # Only the policies of users are in access.toml.
        user = user_settings(snapshot, holder)[1] if holder.owner is PolicyOwner.USER else None
        reasons = {policy.name: policy.reason for policy in user.aws_managed} if user else {}
        for arn in state.permissions.attached if state else ():
            _, is_aws_managed, name = arn.partition(_AWS_MANAGED)
            if is_aws_managed:
                yield ManagedPolicy(snapshot.name_of(holder), name, reasons.get(name) or NO_REASON)


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
    if not match:
        return None
    users = {key_path("users", name): user for name, user in snapshot.config.users.items()}
    user = {"user": snapshot.config.user, **users}.get(match[1])
    return user.aws_managed[int(match[2])].reason if user else None
