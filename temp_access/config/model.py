"""Config: one access.toml for one environment, as frozen objects."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from temp_access.config.validation import folder_problem, id_problem
from temp_access.iam.arn import Arn

if TYPE_CHECKING:
    from temp_access.config.id_pattern import IdPattern


@dataclass(frozen=True, slots=True)
class AwsManagedPolicy:
    """An AWS managed policy of the user, by name with path, and the reason for attaching it."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A customer managed or inline policy, with a reason for its wildcards."""

    name: str
    document: Mapping[str, Any]
    reason: str | None


@dataclass(frozen=True, slots=True)
class User:
    """The IAM user with long-term credentials."""

    name: str = "temp-user"
    aws_managed: tuple[AwsManagedPolicy, ...] = ()
    customer_managed: tuple[PolicyDocument, ...] = ()
    inline: tuple[PolicyDocument, ...] = ()
    permissions_boundary: str | None = None


@dataclass(frozen=True, slots=True)
class TrustedPrincipal:
    """A further principal that can assume the role.

    `account` is None for the stack's own account; `resource` is `user/…`, `role/…` or `root`.
    """

    account: str | None
    resource: str
    external_id: str | None


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions of the trust policy on every AssumeRole call; the names are patterns of StringLike."""

    mfa: bool = False
    source_ip: tuple[str, ...] = ()
    source_identity: str | None = None
    session_name: str | None = None


@dataclass(frozen=True, slots=True)
class Role:
    """The role that can access the bucket; `max_session_duration` is in seconds."""

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
    """An access mode with extras on one folder; `duration` is in seconds, None for the role's maximum."""

    id: str
    access: str
    folder: str
    duration: int | None = None
    shared: bool = False
    extras: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IdPatternGrant:
    """A grant for each id that isn't listed and matches the whole `pattern`; `{id}` in `folder` stands for the id."""

    pattern: "IdPattern"
    access: str
    folder: str = "{id}"
    duration: int | None = None
    extras: tuple[str, ...] = ()

    def grant(self, id_: str) -> Grant:
        """Return the grant of `id_`, whether or not the id is admitted."""
        return Grant(id_, self.access, self.folder.replace("{id}", id_), self.duration, extras=self.extras)

    def admits(self, id_: str, listed: Container[str]) -> bool:
        """Whether `id_` isn't among the `listed` ids, matches the pattern in full, and fits S3 and STS."""
        return (
            id_ not in listed
            and id_problem(id_) is None
            and self.pattern.matches(id_)
            and folder_problem(self.grant(id_).folder) is None
        )


@dataclass(frozen=True, slots=True)
class Environment:
    """Where the stacks are deployed; None means the account and Region of the caller's credentials."""

    name: str | None = None
    account: str | None = None
    region: str | None = None
    bucket: str | None = None
    termination_protection: bool = False


@dataclass(frozen=True, slots=True)
class Config:
    """One access.toml, for one environment; `digest` is the SHA-256 of its values (hexadecimal).

    `files` are access.toml and the policy files that it names. The configuration is stale when one of them changes.
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
        """The bucket's name in the environment or in `[bucket]`, None if CloudFormation chooses it."""
        return self.environment.bucket or self.bucket.name

    @property
    def modes(self) -> tuple[str, ...]:
        """The access modes in use, sorted."""
        return tuple(sorted({mode for mode, _ in self.accesses}))

    @property
    def accesses(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The access modes in use, each with the extras that it is used with, sorted."""
        used = {(grant.access, grant.extras) for grant in self.grants.values()}
        return tuple(sorted(used | ({(self.any_id.access, self.any_id.extras)} if self.any_id else set())))

    def grant_for(self, id_: str) -> Grant | None:
        """Return the grant of `id_`, listed or admitted by `[any_id]`, else None."""
        if self.any_id and self.any_id.admits(id_, self.grants):
            return self.any_id.grant(id_)
        return self.grants.get(id_)

    def trusted_principal(self, caller_arn: str, account: str) -> TrustedPrincipal | None:
        """Return the first of `role.trusted` that names the caller, its role or its account, else None.

        `account` is the role's own. The ARN of a role session has the role's name without its path.
        """
        caller = Arn.parse(caller_arn)
        resource = caller.resource
        if caller.service == "sts" and resource.startswith("assumed-role/"):
            resource = "role/" + resource.split("/")[1]
        for trusted in self.role.trusted:
            kind, _, path = trusted.resource.partition("/")
            is_named = kind == "root" or resource in (trusted.resource, f"{kind}/{path.rpartition('/')[2]}")
            if is_named and caller.account == (trusted.account or account):
                return trusted
        return None
