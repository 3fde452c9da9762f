"""One synthesized output, base or head, with names that compare across both, and the grants of both in pairs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from temp_access.access_file import load
from temp_access.cfn.assembly import Assembly
from temp_access.config.key_lines import toml_lines
from temp_access.config.model import Config, Grant
from temp_access.deployment.effective_policies import (
    EXTREMES,
    EffectivePolicies,
    PolicyOwner,
    PrincipalPolicies,
    UnknownAs,
    group_policies,
    outsider_policies,
    template_policies,
)
from temp_access.deployment.stacks import read_stacks
from temp_access.deployment.state import RoleState, State, UserState
from temp_access.deployment.target import Target
from temp_access.deployment.undecided_policy import UndecidedPolicy
from temp_access.files import read_bounded_text
from temp_access.iam.arn import iam_arn, role_session_arn
from temp_access.iam.decision import Layer
from temp_access.iam.document import Policy
from temp_access.iam.policy_json import VERSION
from temp_access.policies.role_names import grant_role_name
from temp_access.review.holders import ROLE_HOLDER, USER_HOLDER, Holder
from temp_access.review.names import NameTable

_NO_TRUST = Policy("trust policy", VERSION, ())
UNLISTED = "any other id"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One synthesized output; `name` is base or head, `lines` maps each key path of access.toml to its line.

    `undecided` are the unknown policies by holder that the other snapshot doesn't have.
    """

    name: str
    config: Config
    assembly: Assembly
    policies: EffectivePolicies
    lines: Mapping[str, int]
    names: NameTable
    undecided: Mapping[Holder, frozenset[UndecidedPolicy]] = field(default_factory=dict)

    @property
    def target(self) -> Target:
        """The deployment that the templates define."""
        return self.policies.target

    @property
    def state(self) -> State:
        """The state that the templates define."""
        return self.policies.state

    def state_of(self, holder: Holder) -> UserState | RoleState | None:
        """Return the state of a user or role, None if this snapshot doesn't have it, or for an outsider."""
        if holder in (USER_HOLDER, ROLE_HOLDER):
            return self.state.user if holder == USER_HOLDER else self.state.role
        if holder.owner is PolicyOwner.OUTSIDER or (holder.grant is not None and not self.has_own_role(holder.grant)):
            return None
        named: Mapping[str, UserState | RoleState] = (
            self.state.users if holder.owner is PolicyOwner.USER else self.state.grant_roles
        )
        return named.get(self.name_of(holder))

    def role_of(self, role: Holder) -> RoleState | None:
        """Return the state of a role, None if this snapshot doesn't have it."""
        state = self.state_of(role)
        return state if isinstance(state, RoleState) else None

    def trust_policy(self, role: Holder) -> Policy:
        """Return the trust policy of a role; one that this snapshot doesn't have lets nobody assume it."""
        state = self.role_of(role)
        return self.policies.trust_policy(state) if state else _NO_TRUST

    def has_own_role(self, id_: str) -> bool:
        """Whether the grant `id_` has a role of its own."""
        return id_ in self.config.grants and bool(self.config.grants[id_].borrowers)

    def name_of(self, holder: Holder) -> str:
        """Return the name of a user or role, also if this snapshot doesn't have it."""
        if holder.grant is not None:
            return grant_role_name(self.config.role.name, holder.grant)
        if holder.name:
            return holder.name
        return self.state.user.name if holder.owner is PolicyOwner.USER else self.state.role.name

    def arn_of(self, holder: Holder) -> str:
        """Return the ARN of a user or role, also if this snapshot doesn't have it."""
        target, name, state = self.target, self.name_of(holder), self.state_of(holder)
        if holder.owner is PolicyOwner.USER:
            return iam_arn(target.partition, target.account, f"user/{name}")
        path = state.path if isinstance(state, RoleState) else self.config.role.path
        return iam_arn(target.partition, target.account, f"role{path}{name}")

    def session_arn(self, holder: Holder, session_name: str) -> str:
        """Return the ARN of a session of a role."""
        return role_session_arn(self.target.partition, self.target.account, self.name_of(holder), session_name)

    def user_holder(self, arn: str) -> Holder | None:
        """Return the holder of a user's ARN, None if it is no user of this snapshot."""
        if arn == self.target.user_arn:
            return USER_HOLDER
        prefix = iam_arn(self.target.partition, self.target.account, "user/")
        name = arn.removeprefix(prefix)
        return Holder(PolicyOwner.USER, name=name) if arn.startswith(prefix) and name in self.state.users else None

    def policies_of(self, holder: Holder | PolicyOwner, unknown_as: UnknownAs | None = None) -> PrincipalPolicies:
        """Return the policies of a user, a role or an outsider; none for one that this snapshot doesn't have.

        Without `unknown_as`, a policy that is unknown in both snapshots has no effect on the comparison, and what one
        allows that only this snapshot has is unknown.
        """
        holder = Holder(holder) if isinstance(holder, PolicyOwner) else holder
        if holder.owner is PolicyOwner.OUTSIDER:
            return outsider_policies(unknown_as or UnknownAs.ALLOW_ALL)
        state = self.state_of(holder)
        if state is None:
            return PrincipalPolicies()
        if unknown_as:
            return self.policies.of(state, unknown_as)
        return self.policies.of(state, UnknownAs.NO_EFFECT, self.undecided.get(holder, frozenset()))

    @property
    def undecided_names(self) -> frozenset[str]:
        """What a decision depends on because of an undecided policy."""
        return frozenset(each.description for policies in self.undecided.values() for each in policies)

    def extremes_of(self, holder: Holder) -> tuple[UnknownAs, ...]:
        """Return what the unknown policies of a user or role can be; only what holds for each is known."""
        state = self.state_of(holder)
        return EXTREMES if state and self.policies.unknown_of(state) else (UnknownAs.NO_EFFECT,)


def same_names(base: Snapshot, head: Snapshot) -> bool:
    """Whether the same text names the same thing in both snapshots."""
    return base.names.agrees_with(head.names) and base.target.region == head.target.region


Snapshots = tuple[Snapshot, Snapshot]  # base and head


def read_snapshot(name: str, folder: Path, config_file: Path | None) -> Snapshot:
    """Return the snapshot in `folder`.

    Raises UserError if the output can't be read, or was made from another access.toml.
    """
    file = config_file or folder.resolve().parent / "access.toml"
    config = load(file)
    assembly = read_stacks(folder, config=config)
    policies = template_policies(config, assembly)
    lines = toml_lines(read_bounded_text(file))
    return Snapshot(name, config, assembly, policies, lines, name_table(config, policies))


def name_table(config: Config, policies: EffectivePolicies) -> NameTable:
    """Return the names of a deployment, with those of the roles of grants by their ids."""
    roles = {}
    for id_ in config.own_role_grants:
        if state := policies.state.grant_roles.get(grant_role_name(config.role.name, id_)):
            roles[id_] = f"{state.path}{state.name}"

    def role_name(id_: str) -> str:
        return f"{config.role.path}{grant_role_name(config.role.name, id_)}"

    return NameTable(policies.target, roles, role_name)


def holders(base: Snapshot, head: Snapshot) -> tuple[Holder, ...]:
    """Return every user and role of either snapshot: the user and the role first, then users, then grants' roles.

    Those that access.toml doesn't have come last.
    """
    return (USER_HOLDER, ROLE_HOLDER, *users(base, head), *grant_roles(base, head))


def users(base: Snapshot, head: Snapshot) -> tuple[Holder, ...]:
    """Return every user for a person of either snapshot."""
    names = dict.fromkeys([*head.config.users, *base.config.users, *head.state.users, *base.state.users])
    return tuple(Holder(PolicyOwner.USER, name=name) for name in names)


def grant_roles(base: Snapshot, head: Snapshot) -> tuple[Holder, ...]:
    """Return the role of each grant with borrowers in either snapshot, then roles that no grant has."""
    ids = dict.fromkeys([*head.config.own_role_grants, *base.config.own_role_grants])
    further: dict[str, None] = {}
    for snapshot in (head, base):
        own = {grant_role_name(snapshot.config.role.name, id_) for id_ in snapshot.config.own_role_grants}
        further |= dict.fromkeys(name for name in snapshot.state.grant_roles if name not in own)
    of_grants = (Holder(PolicyOwner.ROLE, grant=id_) for id_ in ids)
    return (*of_grants, *(Holder(PolicyOwner.ROLE, name=name) for name in further))


def session_holder(snapshot: Snapshot, id_: str) -> Holder:
    """Return the role whose sessions the grant `id_` has: its own, or the one role."""
    return Holder(PolicyOwner.ROLE, grant=id_) if snapshot.has_own_role(id_) else ROLE_HOLDER


def session_maximum(snapshot: Snapshot, grant: Grant) -> int:
    """Return the longest session of a grant in seconds: IAM knows only that of the role."""
    role = snapshot.role_of(session_holder(snapshot, grant.id)) or snapshot.state.role
    if grant.borrowers:
        return role.max_session_duration
    return min(grant.duration or role.max_session_duration, role.max_session_duration)


def with_undecided(base: Snapshot, head: Snapshot) -> Snapshots:
    """Return both snapshots with the unknown policies, permissions boundaries and groups that only one of them has."""
    every = holders(base, head)
    before, after = ({holder: _unknown_policies(each, holder) for holder in every} for each in (base, head))
    for holder in every:
        if base.state_of(holder) is None or head.state_of(holder) is None:
            # What a new role may do at most is told; its boundary only limits that.
            for side in (before, after):
                side[holder] = frozenset(each for each in side[holder] if each.layer is not Layer.BOUNDARY)
    return (
        replace(base, undecided={holder: before[holder] - after[holder] for holder in every}),
        replace(head, undecided={holder: after[holder] - before[holder] for holder in every}),
    )


def _unknown_policies(snapshot: Snapshot, holder: Holder) -> frozenset[UndecidedPolicy]:
    state = snapshot.state_of(holder)
    if state is None:
        return frozenset()
    unknown = snapshot.policies.unknown(state)
    attached = [name for name in unknown.documents if name in state.permissions.attached]
    names = [*attached, *map(group_policies, unknown.groups)]
    found = {UndecidedPolicy(Layer.IDENTITY, name) for name in names}
    if state.permissions.boundary in unknown.documents:
        found.add(UndecidedPolicy(Layer.BOUNDARY, str(state.permissions.boundary)))
    return frozenset(found)


def grant_pairs(base: Snapshot, head: Snapshot) -> Iterator[tuple[str, Grant | None, Grant | None]]:
    """Yield each listed id, then UNLISTED for all other ids, with the grant in base and in head."""
    for id_ in dict.fromkeys([*head.config.grants, *base.config.grants]):
        yield id_, base.config.grant_for(id_), head.config.grant_for(id_)
    before, after = base.config.any_id, head.config.any_id
    if pattern_grant := after or before:
        # One id that head admits represents them all.
        id_ = (*pattern_grant.pattern.examples(1), "example")[0]
        yield UNLISTED, before.grant(id_) if before else None, after.grant(id_) if after else None


def folder_of(snapshot: Snapshot, id_: str, grant: Grant) -> str:
    """Return the grant's folder with a slash at the end; for unlisted ids, the folder that `[any_id]` names."""
    any_id = snapshot.config.any_id
    return f"{any_id.folder if any_id and id_ == UNLISTED else grant.folder}/"
