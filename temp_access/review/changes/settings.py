"""Bucket settings, attached policies, groups."""

from collections.abc import Iterator, Mapping
from typing import Any

from temp_access.deployment.state import PUBLIC_ACCESS_FLAGS
from temp_access.iam.aws_managed import bundled_document
from temp_access.review.locations import locate_key, locate_policy, locate_type
from temp_access.review.model import Cause, Change, Direction
from temp_access.review.snapshot import Snapshot

_BUCKET = "AWS::S3::Bucket"
SUBJECT = "the bucket"
_BY_DEFAULT = ("PublicAccessBlockConfiguration", "OwnershipControls")


def bucket_changes(base: Snapshot, head: Snapshot) -> Iterator[Change]:
    """Yield each setting that differs; one whose effect on access can't be told counts as both."""
    before, after = base.state.bucket, head.state.bucket
    old, new = before.public_access_block or {}, after.public_access_block or {}
    for flag in PUBLIC_ACCESS_FLAGS:
        if old.get(flag, False) != new.get(flag, False):
            direction = Direction.NARROWED if new.get(flag) else Direction.BROADENED
            yield _change(head, direction, flag, "on" if old.get(flag) else "off", "on" if new.get(flag) else "off")
    if before.ownership != after.ownership:
        # Only with this setting no ACL counts.
        direction = Direction.NARROWED if after.ownership == "BucketOwnerEnforced" else Direction.BROADENED
        yield _change(head, direction, "object ownership", before.ownership, after.ownership)
    for name in _BY_DEFAULT:
        if name in _properties(base) and name not in _properties(head):
            yield Change(SUBJECT, Direction.BOTH, f"{SUBJECT}: {name} is no longer written", _kept(head))
    if before.encryption != after.encryption:
        yield _change(head, Direction.BOTH, "default encryption", _said(before.encryption), _said(after.encryption))
    if before.versioning != after.versioning:
        # Without it, whoever may delete deletes for good.
        direction = Direction.NARROWED if after.versioning == "Enabled" else Direction.BROADENED
        old_words, new_words = (state.versioning or "off" for state in (before, after))
        yield _change(head, direction, "versioning", old_words, new_words, "bucket.versioning")
    if _name(base) != _name(head):
        yield _change(head, Direction.BOTH, "name", _name(base), _name(head), "bucket.name")


def _change(
    head: Snapshot, direction: Direction, name: str, old: str | None, new: str | None, path: str | None = None
) -> Change:
    text = f"{SUBJECT}: {name} {old or 'none'} → {new or 'none'}"
    # The environment may name the bucket as well, and then that line isn't where it comes from.
    written = path is not None and not (name == "name" and head.config.bucket.name != new)
    place = locate_key(head, path) if written and path else None
    return Change(SUBJECT, direction, text, Cause(f"{name}: {new or 'none'}", (place or locate_type(head, _BUCKET),)))


def _kept(head: Snapshot) -> Cause:
    return Cause(
        "a new bucket has it by default; whether this one keeps it can't be told", (locate_type(head, _BUCKET),)
    )


def _said(settings: object) -> str | None:
    if not isinstance(settings, dict):
        return None
    return ", ".join(f"{key} {value}" for key, value in sorted(settings.items()))


def _name(side: Snapshot) -> str | None:
    return side.state.bucket.name if "BucketName" in _properties(side) else None


def _properties(side: Snapshot) -> Mapping[str, Any]:
    for template in side.assembly.templates.values():
        for resource in template["Resources"].values():
            if resource["Type"] == _BUCKET:
                found: Mapping[str, Any] = resource.get("Properties", {})
                return found
    return {}


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
