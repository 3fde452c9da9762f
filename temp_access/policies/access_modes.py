"""The access of grants: access modes, their extras, and the S3 actions that each one allows."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from temp_access.iam.policy_json import GET_BUCKET_LOCATION, LIST_BUCKET, LIST_BUCKET_VERSIONS

if TYPE_CHECKING:
    # The constructs import this module, and need nothing of access.toml.
    from temp_access.config.model import Config, Grant

_GET, _PUT, _DELETE = "s3:GetObject", "s3:PutObject", "s3:DeleteObject"
_ABORT, _LIST_PARTS = "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"
_WRITE = (_ABORT, _LIST_PARTS, _PUT)
_BUCKET_ACTIONS = (GET_BUCKET_LOCATION, LIST_BUCKET, LIST_BUCKET_VERSIONS)


@dataclass(frozen=True, slots=True)
class AccessMode:
    """An access mode: whether it allows listing the folder, and the actions that it allows on the folder's objects.

    A mode that lists also tells the bucket's Region: clients ask for it before they list, and it says nothing else.
    `extras` are those that were added to the mode.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
    """

    mode: str
    allows_listing: bool
    object_actions: tuple[str, ...]
    summary: str
    extras: tuple[str, ...] = ()
    lists_versions: bool = False

    @property
    def name(self) -> str:
        """The mode and its extras, e.g. `read with tags and versions`."""
        return self.mode + self.with_extras

    @property
    def with_extras(self) -> str:
        """The extras in words, behind a blank; an empty string without extras."""
        return f" with {_join(self.extras)}" if self.extras else ""

    @property
    def bucket_actions(self) -> tuple[str, ...]:
        """The actions on the bucket itself, sorted."""
        return tuple(sorted((*self.prefix_actions, *((GET_BUCKET_LOCATION,) if self.allows_listing else ()))))

    @property
    def prefix_actions(self) -> tuple[str, ...]:
        """Those of `bucket_actions` that a condition on s3:prefix limits to the folder, sorted."""
        listing = (LIST_BUCKET,) if self.allows_listing else ()
        return (*listing, LIST_BUCKET_VERSIONS) if self.lists_versions else listing

    def allows(self, action: str) -> bool:
        """Whether the mode allows `action`, spelled as AWS spells it, in the folder."""
        if action in _BUCKET_ACTIONS:
            return action in self.bucket_actions
        return action in self.object_actions or "s3:*" in self.object_actions

    def names(self, action: str) -> bool:
        """Whether the mode allows `action` by its own name, and not by a wildcard."""
        return action in self.bucket_actions or action in self.object_actions


ACCESS_MODES = MappingProxyType(
    {
        mode.mode: mode
        for mode in (
            AccessMode("list", True, (), "list the folder"),
            AccessMode("read", True, (_GET,), "list and read the folder"),
            AccessMode("write", False, _WRITE, "upload to the folder, without listing or reading it"),
            AccessMode(
                "read-write",
                True,
                tuple(sorted((_GET, *_WRITE, _DELETE))),
                "list, read, upload and delete in the folder",
            ),
            AccessMode("full", True, ("s3:*",), "list the folder, and call every S3 action on its objects"),
        )
    }
)

# By the extras that it needs: each further action, with the action that the mode must have itself. So an extra never
# makes a grant write, delete or list that doesn't do so already. PutObjectAcl isn't among them: it could make objects
# public. Neither is ListBucketMultipartUploads: no condition limits it to a folder.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
_ACTIONS_OF_EXTRAS: tuple[tuple[frozenset[str], str, str], ...] = (
    (frozenset({"tags"}), "s3:GetObjectTagging", _GET),
    (frozenset({"tags"}), "s3:PutObjectTagging", _PUT),
    (frozenset({"tags", "versions"}), "s3:GetObjectVersionTagging", _GET),
    (frozenset({"tags", "versions"}), "s3:PutObjectVersionTagging", _PUT),
    (frozenset({"versions"}), LIST_BUCKET_VERSIONS, LIST_BUCKET),
    (frozenset({"versions"}), "s3:GetObjectVersion", _GET),
    (frozenset({"versions"}), "s3:DeleteObjectVersion", _DELETE),
    (frozenset({"acl"}), "s3:GetObjectAcl", _GET),
    (frozenset({"acl", "versions"}), "s3:GetObjectVersionAcl", _GET),
    (frozenset({"uploads"}), _LIST_PARTS, _GET),
    (frozenset({"uploads"}), _LIST_PARTS, _PUT),
    (frozenset({"uploads"}), _ABORT, _PUT),
)
EXTRAS = MappingProxyType(
    {
        "tags": "read the tags of objects where the mode reads, and set them where it uploads",
        "versions": "list old versions where the mode lists, read them where it reads, and delete them for good where "
        "it deletes",
        "acl": "read the ACLs of objects where the mode reads",
        "uploads": "list the parts of unfinished uploads where the mode reads or uploads, and abort them where it "
        "uploads",
    }
)


@cache
def access_of(mode: str, extras: tuple[str, ...] = ()) -> AccessMode:
    """Return an access mode with those of `extras` that mean something to it."""
    base = ACCESS_MODES[mode]
    given = [action for needed, action, of_mode in _ACTIONS_OF_EXTRAS if needed <= {*extras} and base.allows(of_mode)]
    new = {action for action in given if not base.allows(action)}
    ordered = tuple(name for name in EXTRAS if name in extras and mode in modes_with(name))
    return replace(
        base,
        object_actions=tuple(sorted({*base.object_actions, *new} - {LIST_BUCKET_VERSIONS})),
        extras=ordered,
        lists_versions=LIST_BUCKET_VERSIONS in new,
    )


def grant_access(grant: "Grant") -> AccessMode:
    """Return the access mode of a grant, with its extras."""
    return access_of(grant.access, grant.extras)


def modes_with(extra: str) -> tuple[str, ...]:
    """Return the modes for which `extra` stands for some action, whether or not the mode has that action already."""
    actions = [of_mode for needed, _, of_mode in _ACTIONS_OF_EXTRAS if needed == {extra}]
    return tuple(name for name, mode in ACCESS_MODES.items() if any(map(mode.allows, actions)))


def accesses_in_use(config: "Config") -> tuple[AccessMode, ...]:
    """Return each access mode with extras that a grant has, sorted."""
    return tuple(access_of(*access) for access in config.accesses)


def role_ceiling(config: "Config") -> AccessMode:
    """Return the mode that allows everything that a grant of `config` allows, which the role needs."""
    return combined_mode(accesses_in_use(config))


def combined_mode(modes: Iterable[AccessMode]) -> AccessMode:
    """Return the mode that allows everything that one of `modes` allows."""
    modes = tuple(modes)
    actions = sorted({action for mode in modes for action in mode.object_actions})
    if "s3:*" in actions:
        actions = ["s3:*"]
    return AccessMode(
        "union",
        any(mode.allows_listing for mode in modes),
        tuple(actions),
        "the role's ceiling",
        lists_versions=any(mode.lists_versions for mode in modes),
    )


def _join(names: tuple[str, ...]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
