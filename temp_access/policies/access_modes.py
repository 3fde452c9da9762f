"""The access modes: what a borrower may do in its folder, as one piece of data."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType

from temp_access.iam.request import LIST_BUCKET

_READ = ("s3:GetObject",)
_WRITE = ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject")


@dataclass(frozen=True, slots=True)
class AccessMode:
    """What one mode allows: listing the folder, and actions on the folder's objects."""

    mode: str
    allows_listing: bool
    object_actions: tuple[str, ...]
    summary: str

    @property
    def bucket_actions(self) -> tuple[str, ...]:
        """The actions on the bucket itself."""
        return (LIST_BUCKET,) if self.allows_listing else ()

    def allows(self, action: str) -> bool:
        """Whether the mode contains `action` (spelled as AWS spells it) inside the folder."""
        if action == LIST_BUCKET:
            return self.allows_listing
        return action in self.object_actions or "s3:*" in self.object_actions


ACCESS_MODES = MappingProxyType(
    {
        access.mode: access
        for access in (
            AccessMode("list", True, (), "list the folder"),
            AccessMode("read", True, _READ, "list and read the folder"),
            AccessMode("write", False, _WRITE, "upload to the folder, but not see its contents"),
            AccessMode(
                "read-write",
                True,
                tuple(sorted((*_READ, *_WRITE, "s3:DeleteObject"))),
                "list, read, upload and delete in the folder",
            ),
            AccessMode("full", True, ("s3:*",), "list the folder, and call every S3 action on its objects"),
        )
    }
)


def combined_mode(accesses: Iterable[AccessMode]) -> AccessMode:
    """Return what all of `accesses` allow together: the ceiling that the role needs."""
    accesses = tuple(accesses)
    actions = sorted({action for access in accesses for action in access.object_actions})
    if "s3:*" in actions:
        actions = ["s3:*"]
    return AccessMode("union", any(access.allows_listing for access in accesses), tuple(actions), "the role's ceiling")
