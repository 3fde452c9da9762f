"""Config: one access.toml for one environment, as frozen objects."""

import hashlib
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from temp_access.config.borrower import Borrower, BorrowerKind, IdentityProvider
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
    """The role that can access the bucket; `max_session_duration` is in seconds.

    `path` and `permissions_boundary` are also those of the roles of grants with borrowers.
    """

    name: str = "temp-role"
    max_session_duration: int = 43200
    trusted: tuple[TrustedPrincipal, ...] = ()
    conditions: Conditions = Conditions()
    path: str = "/"
    permissions_boundary: str | None = None


@dataclass(frozen=True, slots=True)
class Bucket:
    """The bucket that holds the folders."""

    name: str | None = None
    versioning: bool = True
    on_destroy: Literal["retain", "destroy"] = "retain"


@dataclass(frozen=True, slots=True)
class Grant:
    """An access mode with extras on one folder; `duration` is in seconds, None for the role's maximum.

    A grant with `borrowers` has a role of its own, which only they can assume.
    """

    id: str
    access: str
    folder: str
    duration: int | None = None
    shared: bool = False
    extras: tuple[str, ...] = ()
    borrowers: tuple[Borrower, ...] = ()


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
    """One access.toml, for one environment.

    `digest` is the SHA-256 (hexadecimal) of what the user, the role and the bucket depend on: all values but the
    grants with borrowers, the users for people and the identity providers. `grant_digests` has, by grant id, that of
    each grant with borrowers, so that a change of one leaves the others as they are; `borrowers_digest` is that of the
    users for people and the identity providers.

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
    users: Mapping[str, User] = field(default_factory=dict)
    identity_providers: Mapping[str, IdentityProvider] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    grant_digests: Mapping[str, str] = field(default_factory=dict)
    borrowers_digest: str = ""

    @property
    def shared_role_grants(self) -> Mapping[str, Grant]:
        """The grants without borrowers, whose sessions are sessions of the one role."""
        return {id_: grant for id_, grant in self.grants.items() if not grant.borrowers}

    @property
    def own_role_grants(self) -> Mapping[str, Grant]:
        """The grants with borrowers, which have a role of their own each."""
        return {id_: grant for id_, grant in self.grants.items() if grant.borrowers}

    @property
    def grants_digest(self) -> str:
        """The SHA-256 (hexadecimal) of `grant_digests` and `borrowers_digest`, "" for a file without both."""
        digests = [f"{id_}\0{digest}\0" for id_, digest in sorted(self.grant_digests.items())]
        digests += [self.borrowers_digest] if self.borrowers_digest else []
        return hashlib.sha256("".join(digests).encode("utf-8", "surrogatepass")).hexdigest() if digests else ""

    @property
    def grants_by_user(self) -> Mapping[str, tuple[Grant, ...]]:
        """The grants that name each user of `[users.<name>]` as a borrower, by the user's name."""
        grants: dict[str, tuple[Grant, ...]] = dict.fromkeys(self.users, ())
        for grant in self.grants.values():
            for each in grant.borrowers:
                if each.kind is BorrowerKind.USER and each.account is None and each.name in grants:
                    grants[each.name] = (*grants[each.name], grant)
        return grants

    @property
    def bucket_name(self) -> str | None:
        """The bucket's name in the environment or in `[bucket]`, None if CloudFormation chooses it."""
        return self.environment.bucket or self.bucket.name

    @property
    def modes(self) -> tuple[str, ...]:
        """The access modes of sessions of the one role, sorted."""
        return tuple(sorted({mode for mode, _ in self.accesses}))

    @property
    def accesses(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The access modes of sessions of the one role, each with the extras that it is used with, sorted."""
        used = {(grant.access, grant.extras) for grant in self.shared_role_grants.values()}
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
