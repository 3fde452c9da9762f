"""What access.toml says, as frozen objects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from temp_access.config.id_pattern import IdPattern


@dataclass(frozen=True, slots=True)
class AwsManagedPolicy:
    """An AWS managed policy of the user, with the reviewed reason for it."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A policy written by the user of this project: its name, its JSON, and a reason for its wildcards."""

    name: str
    document: Mapping[str, Any]
    reason: str | None


@dataclass(frozen=True, slots=True)
class User:
    """The IAM user that holds the long-term identity."""

    name: str = "temp-user"
    aws_managed: tuple[AwsManagedPolicy, ...] = ()
    customer_managed: tuple[PolicyDocument, ...] = ()
    inline: tuple[PolicyDocument, ...] = ()
    permissions_boundary: str | None = None


@dataclass(frozen=True, slots=True)
class TrustedPrincipal:
    """A further principal that may assume the role.

    `account` is None for the stack's own account; `resource` is `user/…`, `role/…` or `root`.
    """

    account: str | None
    resource: str
    external_id: str | None


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the trust policy asks of every AssumeRole call."""

    mfa: bool = False
    source_ip: tuple[str, ...] = ()
    source_identity: str | None = None
    session_name: str | None = None


@dataclass(frozen=True, slots=True)
class Role:
    """The role that can reach the bucket; `max_session_duration` in seconds."""

    name: str = "temp-role"
    max_session_duration: int = 43200
    trusted: tuple[TrustedPrincipal, ...] = ()
    conditions: Conditions = Conditions()


@dataclass(frozen=True, slots=True)
class Bucket:
    """The bucket that holds the folders."""

    name: str | None = None
    versioning: bool = True
    on_destroy: Literal["retain", "destroy"] = "retain"


@dataclass(frozen=True, slots=True)
class Grant:
    """What one borrower gets: an access mode on one folder; `duration` in seconds, None for the role's."""

    id: str
    access: str
    folder: str
    duration: int | None = None
    shared: bool = False


@dataclass(frozen=True, slots=True)
class IdPatternGrant:
    """A grant for every id that isn't listed and matches `pattern` in full."""

    pattern: "IdPattern"
    access: str
    folder: str = "{id}"
    duration: int | None = None

    def grant(self, id_: str) -> Grant:
        """Return the grant that `id_` gets, if it is admitted."""
        return Grant(id_, self.access, self.folder.replace("{id}", id_), self.duration)


@dataclass(frozen=True, slots=True)
class Environment:
    """Where the stacks are deployed; None means as the caller's credentials say."""

    name: str | None = None
    account: str | None = None
    region: str | None = None
    bucket: str | None = None
    termination_protection: bool = False


@dataclass(frozen=True, slots=True)
class Config:
    """One access.toml, for one environment; `digest` is the SHA-256 of what it says (hexadecimal).

    `files` are access.toml and the policy files that it names: what has to be read again when it changes.
    """

    path: Path
    user: User
    role: Role
    bucket: Bucket
    grants: Mapping[str, Grant]
    any_id: IdPatternGrant | None
    environments: Mapping[str, Environment]
    environment: Environment
    digest: str
    warnings: tuple[str, ...] = field(default=(), compare=False)
    audit_file: Path | None = None
    files: tuple[Path, ...] = field(default=(), compare=False)

    @property
    def bucket_name(self) -> str | None:
        """The bucket's name where it is fixed: the environment's, else `[bucket]`'s."""
        return self.environment.bucket or self.bucket.name

    @property
    def modes(self) -> tuple[str, ...]:
        """The access modes in use, sorted."""
        used = {grant.access for grant in self.grants.values()}
        return tuple(sorted(used | ({self.any_id.access} if self.any_id else set())))
