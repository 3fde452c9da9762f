"""One synthesized output, base or head, with names that compare across both, and the grants of both in pairs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
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
    template_policies,
)
from temp_access.deployment.stacks import read_stacks
from temp_access.deployment.state import State
from temp_access.deployment.target import Target
from temp_access.deployment.undecided_policy import UndecidedPolicy
from temp_access.files import read_bounded_text
from temp_access.iam.arn import bucket_arn, role_session_arn
from temp_access.iam.decision import Layer

# Policies, names and keys can't contain NUL, so nothing else looks like a token.
BUCKET, ROLE, SESSIONS, USER, ACCOUNT, PARTITION = (
    f"\0{name}\0" for name in ("bucket", "role", "sessions", "user", "account", "partition")
)
UNLISTED = "any other id"
_MAX_CACHED = 10_000


class NameTable:
    """The tokens of one target with the names that they represent; both directions are cached."""

    def __init__(self, target: Target) -> None:
        partition, account = target.partition, target.account
        self._pairs = (
            (BUCKET, bucket_arn(partition, target.bucket)),
            (ROLE, target.role_arn),
            (USER, target.user_arn),
            (SESSIONS, role_session_arn(partition, account, target.role_name, "")),
            (ACCOUNT, f":{account}:"),
            (PARTITION, f"arn:{partition}:"),
        )
        self.normalize = lru_cache(_MAX_CACHED)(self._with_tokens)
        self.localize = lru_cache(_MAX_CACHED)(self._with_names)

    def _with_tokens(self, pattern: str) -> str:
        for token, name in self._pairs:
            if token in (BUCKET, ROLE, USER):
                # Only the whole name: the bucket `a` isn't the beginning of the bucket `ab`.
                if pattern == name:
                    pattern = token
                elif pattern.startswith(f"{name}/"):
                    pattern = token + pattern.removeprefix(name)
            else:
                pattern = pattern.replace(name, token)
        return pattern

    def _with_names(self, pattern: str) -> str:
        for token, name in reversed(self._pairs):
            pattern = pattern.replace(token, name)
        return pattern


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One synthesized output; `name` is base or head, `lines` maps each key path of access.toml to its line.

    `undecided` are the unknown policies by owner that the other snapshot doesn't have.
    """

    name: str
    config: Config
    assembly: Assembly
    policies: EffectivePolicies
    lines: Mapping[str, int]
    names: NameTable
    undecided: Mapping[PolicyOwner, frozenset[UndecidedPolicy]] = field(default_factory=dict)

    @property
    def target(self) -> Target:
        """The deployment that the templates define."""
        return self.policies.target

    @property
    def state(self) -> State:
        """The state that the templates define."""
        return self.policies.state

    def policies_of(self, owner: PolicyOwner, unknown_as: UnknownAs | None = None) -> PrincipalPolicies:
        """Return the policies of the user, the role or an outsider.

        Without `unknown_as`, a policy that is unknown in both snapshots has no effect on the comparison, and what one
        allows that only this snapshot has is unknown.
        """
        if unknown_as:
            return self.policies.of_owner(owner, unknown_as)
        usual = UnknownAs.ALLOW_ALL if owner is PolicyOwner.OUTSIDER else UnknownAs.NO_EFFECT
        return self.policies.of_owner(owner, usual, self.undecided.get(owner, frozenset()))

    @property
    def undecided_names(self) -> frozenset[str]:
        """What a decision depends on because of an undecided policy."""
        return frozenset(each.description for policies in self.undecided.values() for each in policies)

    def extremes_of(self, owner: PolicyOwner) -> tuple[UnknownAs, ...]:
        """Return what the unknown policies of the user or the role can be; only what holds for each is known."""
        state = self.policies.owner_state(owner)
        return EXTREMES if state and self.policies.unknown_of(state) else (UnknownAs.NO_EFFECT,)


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
    return Snapshot(name, config, assembly, policies, lines, NameTable(policies.target))


def with_undecided(base: Snapshot, head: Snapshot) -> Snapshots:
    """Return both snapshots with the unknown policies, permissions boundaries and groups that only one of them has."""
    owners = (PolicyOwner.USER, PolicyOwner.ROLE)
    before, after = ({owner: _unknown_policies(each, owner) for owner in owners} for each in (base, head))
    return (
        replace(base, undecided={owner: before[owner] - after[owner] for owner in owners}),
        replace(head, undecided={owner: after[owner] - before[owner] for owner in owners}),
    )


def _unknown_policies(snapshot: Snapshot, owner: PolicyOwner) -> frozenset[UndecidedPolicy]:
    state = snapshot.policies.owner_state(owner)
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
