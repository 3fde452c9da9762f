"""The access modes of grants, and the S3 actions that each one allows."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType

from temp_access.iam.policy_json import GET_BUCKET_LOCATION, LIST_BUCKET

_BUCKET_ACTIONS = (GET_BUCKET_LOCATION, LIST_BUCKET)
_READ = ("s3:GetObject",)
_WRITE = ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject")


@dataclass(frozen=True, slots=True)
class AccessMode:
    """An access mode: whether it allows listing the folder, and the actions that it allows on the folder's objects.

    A mode that lists also tells the bucket's Region: clients ask for it before they list, and it says nothing else.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
    """

    mode: str
    allows_listing: bool
    object_actions: tuple[str, ...]
    summary: str

    @property
    def bucket_actions(self) -> tuple[str, ...]:
        """The actions on the bucket itself, sorted."""
        return (GET_BUCKET_LOCATION, LIST_BUCKET) if self.allows_listing else ()

    @property
    def prefix_actions(self) -> tuple[str, ...]:
        """Those of `bucket_actions` that a condition on s3:prefix limits to the folder."""
        return (LIST_BUCKET,) if self.allows_listing else ()

    def allows(self, action: str) -> bool:
        """Whether the mode allows `action`, spelled as AWS spells it, in the folder."""
        if action in _BUCKET_ACTIONS:
            return action in self.bucket_actions
        return action in self.object_actions or "s3:*" in self.object_actions


ACCESS_MODES = MappingProxyType(
    {
        mode.mode: mode
        for mode in (
            AccessMode("list", True, (), "list the folder"),
            AccessMode("read", True, _READ, "list and read the folder"),
            AccessMode("write", False, _WRITE, "upload to the folder, without listing or reading it"),
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


def combined_mode(modes: Iterable[AccessMode]) -> AccessMode:
    """Return the mode that allows everything that one of `modes` allows, which the role needs."""
    modes = tuple(modes)
    actions = sorted({action for mode in modes for action in mode.object_actions})
    if "s3:*" in actions:
        actions = ["s3:*"]
    return AccessMode("union", any(mode.allows_listing for mode in modes), tuple(actions), "the role's ceiling")
