"""Changes of the bucket's settings."""

from collections.abc import Iterator, Mapping
from typing import Any

from temp_access.deployment.state import PUBLIC_ACCESS_FLAGS
from temp_access.review.locations import locate_key, locate_type
from temp_access.review.model import Cause, Change, Direction
from temp_access.review.snapshot import Snapshot

_BUCKET = "AWS::S3::Bucket"
SUBJECT = "the bucket"
_NEW_BUCKET_DEFAULTS = ("PublicAccessBlockConfiguration", "OwnershipControls")


def bucket_changes(base: Snapshot, head: Snapshot) -> Iterator[Change]:
    """Yield each setting that differs; the direction is both if the effect on access is unknown."""
    before, after = base.state.bucket, head.state.bucket
    old, new = before.public_access_block or {}, after.public_access_block or {}
    for flag in PUBLIC_ACCESS_FLAGS:
        if old.get(flag, False) != new.get(flag, False):
            direction = Direction.NARROWED if new.get(flag) else Direction.BROADENED
            yield _change(head, direction, flag, "on" if old.get(flag) else "off", "on" if new.get(flag) else "off")
    if before.ownership != after.ownership:
        # This is the only setting that disables ACLs.
        direction = Direction.NARROWED if after.ownership == "BucketOwnerEnforced" else Direction.BROADENED
        yield _change(head, direction, "object ownership", before.ownership, after.ownership)
    for name in _NEW_BUCKET_DEFAULTS:
        if name in _properties(base) and name not in _properties(head):
            description = f"{SUBJECT}: the template no longer sets {name}"
            yield Change(SUBJECT, Direction.BOTH, description, _default_cause(head))
    if before.encryption != after.encryption:
        old_settings, new_settings = _join_settings(before.encryption), _join_settings(after.encryption)
        yield _change(head, Direction.BOTH, "default encryption", old_settings, new_settings)
    if before.versioning != after.versioning:
        # Without versioning, a deletion is final.
        direction = Direction.NARROWED if after.versioning == "Enabled" else Direction.BROADENED
        old_status, new_status = (state.versioning or "off" for state in (before, after))
        yield _change(head, direction, "versioning", old_status, new_status, "bucket.versioning")
    if _name(base) != _name(head):
        yield _change(head, Direction.BOTH, "name", _name(base), _name(head), "bucket.name")


def _change(
    head: Snapshot, direction: Direction, name: str, old: str | None, new: str | None, path: str | None = None
) -> Change:
    description = f"{SUBJECT}: {name} {old or 'none'} → {new or 'none'}"
    # The name can come from the environment instead of access.toml.
    from_config = not (name == "name" and head.config.bucket.name != new)
    location = locate_key(head, path) if path and from_config else None
    cause = Cause(f"{name}: {new or 'none'}", (location or locate_type(head, _BUCKET),))
    return Change(SUBJECT, direction, description, cause)


def _default_cause(head: Snapshot) -> Cause:
    return Cause(
        "new buckets have this setting by default; the templates don't show whether this bucket keeps it",
        (locate_type(head, _BUCKET),),
    )


def _join_settings(settings: object) -> str | None:
    if not isinstance(settings, dict):
        return None
    return ", ".join(f"{key} {value}" for key, value in sorted(settings.items()))


def _name(snapshot: Snapshot) -> str | None:
    return snapshot.state.bucket.name if "BucketName" in _properties(snapshot) else None


def _properties(snapshot: Snapshot) -> Mapping[str, Any]:
    for template in snapshot.assembly.templates.values():
        for resource in template["Resources"].values():
            if resource["Type"] == _BUCKET:
                properties: Mapping[str, Any] = resource.get("Properties", {})
                return properties
    return {}
