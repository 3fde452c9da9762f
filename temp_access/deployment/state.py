"""The state of user, role and bucket as plain data, whether expected from a template or read from AWS."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from temp_access.iam.document import Document

PUBLIC_ACCESS_FLAGS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a user or role may do.

    `attached` gives, by ARN, the document of each attached managed policy; None for those of AWS, which
    nobody here can change.
    """

    inline: Mapping[str, Document] = field(default_factory=dict)
    attached: Mapping[str, Document | None] = field(default_factory=dict)
    boundary: str | None = None


@dataclass(frozen=True, slots=True)
class UserState:
    """The user, its policies and the groups it is in."""

    name: str
    permissions: Permissions
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RoleState:
    """The role, its policies, who may assume it and for how long (seconds), and its temp-access:* tags."""

    name: str
    permissions: Permissions
    trust: Document
    max_session_duration: int
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BucketState:
    """The bucket's configuration; None is what S3 answers when there is no such configuration.

    `encryption` and `public_access_block` are spelled as S3's API spells them; `versioning` is `Enabled`,
    `Suspended` or None for never enabled.
    """

    name: str
    policy: Document | None
    public_access_block: Mapping[str, bool] | None
    ownership: str | None
    encryption: Mapping[str, Any] | None
    versioning: str | None


@dataclass(frozen=True, slots=True)
class State:
    """User, role and bucket as they should be."""

    user: UserState
    role: RoleState
    bucket: BucketState


@dataclass(frozen=True, slots=True)
class DeployedState:
    """User, role and bucket as they are; None where there is none."""

    user: UserState | None
    role: RoleState | None
    bucket: BucketState | None
