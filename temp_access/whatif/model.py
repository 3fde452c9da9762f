"""A question about one call, the source of the policies, and the answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from temp_access.config.model import Grant
from temp_access.deployment.effective_policies import EffectivePolicies, PolicyOwner
from temp_access.deployment.state import RoleState, UserState
from temp_access.deployment.target import Target
from temp_access.deployment.unread_effects import Unread
from temp_access.iam.callers import IAM, CallerKind, caller_account, caller_kind
from temp_access.iam.decision import Decision, Layer, Reason
from temp_access.iam.explanation import NearMiss
from temp_access.iam.request import ContextValue, Request


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller: its ARN, the user or role whose policies it has, and the grant that it is a session for.

    `holder` is None for an outsider, whose policies are unknown. The session policy of the grant narrows it, unless
    the role is the grant's own. `context` holds the condition keys of its calls that follow from what it is, and
    `notes` what else can be asked about it.
    """

    arn: str
    owner: PolicyOwner
    description: str
    role_arn: str | None = None
    grant: Grant | None = None
    holder: UserState | RoleState | None = None
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def session_grant(self) -> Grant | None:
        """The grant whose session policy narrows the session, None without one."""
        return self.grant if self.grant and not self.grant.borrowers else None

    @property
    def account(self) -> str:
        """The number of the caller's account; empty if it has none, or if its id doesn't tell."""
        return caller_account(self.arn) or ""

    @property
    def kind(self) -> CallerKind:
        """What the caller is."""
        return caller_kind(self.arn)

    @property
    def has_unknown_account(self) -> bool:
        """Whether the caller belongs to an account that its id doesn't tell."""
        return self.kind in IAM and not self.account

    @property
    def has_own_policies(self) -> bool:
        """Whether identity-based policies apply: to users and to sessions, not to root users and services."""
        return self.kind in IAM and self.kind is not CallerKind.ROOT


@dataclass(frozen=True, slots=True)
class PolicySource:
    """The policies, and a description of where they come from.

    `locate` describes where a policy is defined, from its holder, layer and name. The holder is `user/NAME` or
    `role/NAME`, also of a trust policy, and "" for the bucket and for what others hold. `bucket_is_named` is False if
    CloudFormation chooses the bucket's name. `unread` is what isn't read in the templates.
    """

    policies: EffectivePolicies
    locate: Callable[[str, Layer, str], str]
    description: str
    notes: tuple[str, ...] = ()
    bucket_is_named: bool = True
    unread: tuple[Unread, ...] = ()

    @property
    def target(self) -> Target:
        """The account, Region and names that the policies belong to."""
        return self.policies.target

    def role(self, arn: str) -> RoleState | None:
        """Return the role of ours with this ARN, None if it is another one."""
        state, kind, name = self.policies.state, arn.rpartition(":")[2], arn.rpartition("/")[2]
        role = state.role if arn == self.target.role_arn else state.grant_roles.get(name)
        is_it = role is not None and (role is state.role or kind == f"role{role.path}{role.name}")
        return role if is_it and arn == self.target.arn(kind) else None

    def iam_arn(self, name: str) -> str:
        """Return the ARN of `user/NAME` or `role/NAME`; the path of a role of ours may be left out."""
        arn = self.target.arn(name)
        kind, _, short = name.partition("/")
        with_path = self.target.arn(f"role{self.policies.state.role.path}{short}")
        return with_path if kind == "role" and not self.role(arn) and self.role(with_path) else arn

    def user(self, arn: str) -> UserState | None:
        """Return the user of ours with this ARN, None if it is another one."""
        if arn == self.target.user_arn:
            return self.policies.state.user
        user = self.policies.state.users.get(arn.rpartition("/")[2])
        return user if user and arn == self.target.arn(f"user/{user.name}") else None


def holder_key(holder: UserState | RoleState | None) -> str:
    """Return the name by which `PolicySource.locate` knows a user or role."""
    if holder is None:
        return ""
    return f"{'user' if isinstance(holder, UserState) else 'role'}/{holder.name}"


@dataclass(frozen=True, slots=True)
class Question:
    """One action on one resource, with the prefix of a listing and notes on how the question was written."""

    action: str
    resource: str
    description: str
    prefix: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LocatedStatement:
    """A statement that applies, and where its policy is defined."""

    reason: Reason
    location: str


@dataclass(frozen=True, slots=True)
class LayerAnswer:
    """The statements of one layer that apply, and its near misses, each with where its policy is defined.

    `missing` is True if the layer had to allow the call and didn't; `known` is False if its policies are unknown.
    `undecided` are the statements that may apply, each with what that depends on.
    """

    layer: Layer
    allows: tuple[LocatedStatement, ...]
    denies: tuple[LocatedStatement, ...]
    missing: bool
    known: bool
    misses: tuple[tuple[NearMiss, str], ...]
    undecided: tuple[tuple[LocatedStatement, str], ...] = ()


@dataclass(frozen=True, slots=True)
class WhatIfAnswer:
    """The decision with its reasons.

    `assumed` holds the condition keys with an assumed value, `relevant_keys` those that a policy uses or the user
    set, both in lower case. `unknown` describes the unknown policies; with `depends_on_unknown` the answer depends on
    them, and with `is_allowed_otherwise` as well they can only deny. `depends_on` names what else isn't known:
    condition keys, parts of policies, documents. `unread` describes what isn't read in the templates and can change
    the answer. An undecided answer depends on one of the three.
    """

    principal: Principal
    question: Question
    request: Request
    decision: Decision | None
    layers: tuple[LayerAnswer, ...]
    assumed: frozenset[str]
    relevant_keys: frozenset[str]
    unknown: tuple[str, ...]
    notes: tuple[str, ...]
    source: str
    depends_on: tuple[str, ...] = ()
    depends_on_unknown: bool = False
    is_allowed_otherwise: bool = False
    unread: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """`allowed`, `denied` or `undecided`."""
        if self.decision is None:
            return "undecided"
        return "allowed" if self.decision.allowed else "denied"

    @property
    def exit_code(self) -> int:
        """0 allowed, 1 denied, 3 undecided."""
        return {"allowed": 0, "denied": 1}.get(self.verdict, 3)
