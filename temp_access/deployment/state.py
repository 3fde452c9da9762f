"""The state of users, roles and the bucket as plain data, whether defined by a template or read from AWS."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from temp_access.iam.policy_json import Document

PUBLIC_ACCESS_FLAGS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


@dataclass(frozen=True, slots=True)
class Permissions:
    """The policies of a user or role.

    `attached` holds the document of each attached managed policy by ARN, None for AWS managed policies, which
    can't be changed.
    """

    inline: Mapping[str, Document] = field(default_factory=dict)
    attached: Mapping[str, Document | None] = field(default_factory=dict)
    boundary: str | None = None


@dataclass(frozen=True, slots=True)
class UserState:
    """A user, its policies and its groups; `file_tags` are as in RoleState."""

    name: str
    permissions: Permissions
    groups: tuple[str, ...] = ()
    file_tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RoleState:
    """A role, its policies, its trust policy, its maximum session duration in seconds and its temp-access:* tags.

    `path` begins and ends with `/`. `file_tags` are its other tags: those of `[tags]`, and what others have added.
    """

    name: str
    permissions: Permissions
    trust: Document
    max_session_duration: int
    tags: Mapping[str, str]
    path: str = "/"
    file_tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProviderState:
    """An OpenID Connect provider: its issuer without `https://`, the audiences that it accepts (sorted), its ARN."""

    host: str
    audiences: tuple[str, ...]
    arn: str = ""


@dataclass(frozen=True, slots=True)
class BucketState:
    """A bucket's configuration; None means that S3 has no such configuration for the bucket.

    `encryption` and `public_access_block` use the names of S3's API; `versioning` is `Enabled`, `Suspended`, or None
    if it was never enabled.
    """

    name: str
    policy: Document | None
    public_access_block: Mapping[str, bool] | None
    ownership: str | None
    encryption: Mapping[str, Any] | None
    versioning: str | None


@dataclass(frozen=True, slots=True)
class State:
    """A user, role and bucket that all exist, or should exist.

    `grant_roles` are the roles of grants with borrowers, and `users` those for people, each by name; `providers` are
    the identity providers of the stacks, by host. `existing_providers` are those of access.toml that the account has
    by itself; they may accept other audiences too.
    """

    user: UserState
    role: RoleState
    bucket: BucketState
    grant_roles: Mapping[str, RoleState] = field(default_factory=dict)
    users: Mapping[str, UserState] = field(default_factory=dict)
    providers: Mapping[str, ProviderState] = field(default_factory=dict)
    existing_providers: Mapping[str, ProviderState] = field(default_factory=dict)

    @property
    def owners(self) -> tuple[UserState | RoleState, ...]:
        """All users and roles."""
        return (self.user, self.role, *self.users.values(), *self.grant_roles.values())


@dataclass(frozen=True, slots=True)
class DeployedState:
    """The deployed users, roles, providers and bucket, None for each that doesn't exist; see State."""

    user: UserState | None
    role: RoleState | None
    bucket: BucketState | None
    grant_roles: Mapping[str, RoleState | None] = field(default_factory=dict)
    users: Mapping[str, UserState | None] = field(default_factory=dict)
    providers: Mapping[str, ProviderState | None] = field(default_factory=dict)
