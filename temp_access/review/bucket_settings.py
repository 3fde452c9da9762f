"""Changes of the bucket's own settings: blocked public access, ownership, encryption, versioning, its name."""

from collections.abc import Iterator

from temp_access.review.model import Cause, Change, Direction
from temp_access.review.places import line, of_kind
from temp_access.review.side import Side
from temp_access.verify.state.model import PUBLIC_ACCESS_FLAGS

_BUCKET = "AWS::S3::Bucket"
SUBJECT = "the bucket"


def bucket_changes(base: Side, head: Side) -> Iterator[Change]:
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
    head: Side, direction: Direction, name: str, old: str | None, new: str | None, path: str | None = None
) -> Change:
    text = f"{SUBJECT}: {name} {old or 'none'} → {new or 'none'}"
    # The environment may name the bucket as well, and then that line isn't where it comes from.
    written = path is not None and not (name == "name" and head.config.bucket.name != new)
    place = line(head, path) if written and path else None
    return Change(SUBJECT, direction, text, Cause(f"{name}: {new or 'none'}", (place or of_kind(head, _BUCKET),)))


def _said(settings: object) -> str | None:
    if not isinstance(settings, dict):
        return None
    return ", ".join(f"{key} {value}" for key, value in sorted(settings.items()))


def _name(side: Side) -> str | None:
    for template in side.assembly.templates.values():
        for resource in template["Resources"].values():
            if resource["Type"] == _BUCKET:
                name = resource.get("Properties", {}).get("BucketName")
                return name if name is None else side.state.bucket.name
    return None
