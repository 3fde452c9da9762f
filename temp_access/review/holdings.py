"""What the user or role holds whose effect isn't known here: groups, and documents that aren't kept."""

from collections.abc import Iterator

from temp_access.policy.aws_managed import bundled_document
from temp_access.review.model import Cause, Change, Direction
from temp_access.review.places import locate_policy, locate_type
from temp_access.review.side import Snapshot

_UNKNOWN = "its document isn't kept here, so what it allows can't be told without the account"


def attachment_changes(base: Snapshot, head: Snapshot) -> Iterator[Change]:
    """Yield each unknown policy, boundary or group that is on one side only."""
    for holder, kind in (("User", "AWS::IAM::User"), ("Role", "AWS::IAM::Role")):
        old, new = _unknown(base, holder), _unknown(head, holder)
        name = head.target.user_name if holder == "User" else head.target.role_name
        for side, found, others, word in ((head, new, old, "now has"), (base, old, new, "no longer has")):
            direction = Direction.BROADENED if side is head else Direction.NARROWED
            for arn in sorted(found - others):
                yield Change(
                    name, direction, f"{name} {word} {arn}", Cause(_UNKNOWN, (locate_policy(side, holder, arn),))
                )
        limits = [_boundary(side, holder) for side in (base, head)]
        if limits[0] != limits[1] and any(limit and bundled_document(limit) is None for limit in limits):
            text = f"{name} has the permissions boundary {limits[1] or 'none'} instead of {limits[0] or 'none'}"
            place = locate_policy(head, holder, limits[1]) if limits[1] else locate_type(head, kind)
            yield Change(name, Direction.BOTH, text, Cause(_UNKNOWN, (place,)))
    before, after = set(base.state.user.groups), set(head.state.user.groups)
    for group in sorted(before ^ after):
        direction, word = (Direction.BROADENED, "is now") if group in after else (Direction.NARROWED, "is no longer")
        user = head.target.user_name
        said = Cause("a group's policies aren't in the templates", (locate_type(head, "AWS::IAM::User"),))
        yield Change(user, direction, f"{user} {word} in the group {group}", said)


def _unknown(side: Snapshot, holder: str) -> set[str]:
    held = side.state.user.permissions if holder == "User" else side.state.role.permissions
    return {arn for arn, document in held.attached.items() if document is None and bundled_document(arn) is None}


def _boundary(side: Snapshot, holder: str) -> str | None:
    return (side.state.user if holder == "User" else side.state.role).permissions.boundary
