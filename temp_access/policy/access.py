"""The access modes: what a borrower may do in its folder, as one piece of data."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType

LIST_BUCKET = "s3:ListBucket"
_READ = ("s3:GetObject",)
_WRITE = ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject")


@dataclass(frozen=True, slots=True)
class Access:
    """What one mode allows: listing the folder, and actions on the folder's objects."""

    mode: str
    lists: bool
    object_actions: tuple[str, ...]
    summary: str

    @property
    def bucket_actions(self) -> tuple[str, ...]:
        """The actions on the bucket itself."""
        return (LIST_BUCKET,) if self.lists else ()

    def allows(self, action: str) -> bool:
        """Whether the mode contains `action` (spelled as AWS spells it) inside the folder."""
        if action == LIST_BUCKET:
            return self.lists
        return action in self.object_actions or "s3:*" in self.object_actions


MODES = MappingProxyType(
    {
        access.mode: access
        for access in (
            Access("list", True, (), "list the folder"),
            Access("read", True, _READ, "list and read the folder"),
            Access("write", False, _WRITE, "upload into the folder, seeing nothing of it"),
            Access(
                "read-write",
                True,
                tuple(sorted((*_READ, *_WRITE, "s3:DeleteObject"))),
                "list, read, upload and delete in the folder",
            ),
            Access("full", True, ("s3:*",), "every S3 action on the folder's objects, and list it"),
        )
    }
)


def union(accesses: Iterable[Access]) -> Access:
    """Return what all of `accesses` allow together: the ceiling that the role needs."""
    accesses = tuple(accesses)
    actions = sorted({action for access in accesses for action in access.object_actions})
    if "s3:*" in actions:
        actions = ["s3:*"]
    return Access("union", any(access.lists for access in accesses), tuple(actions), "the role's ceiling")
