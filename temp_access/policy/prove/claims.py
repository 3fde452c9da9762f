"""The claims about one configuration: each a name, and what decides it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from temp_access.config.model import Config
from temp_access.policy.access import ACCESS_MODES
from temp_access.policy.prove.apart import find_overlap, is_shared, nested_pairs
from temp_access.policy.prove.claim import Claim, ClaimStatus, Witness
from temp_access.policy.prove.decide import decide_claim, with_note
from temp_access.policy.prove.isolation import isolation
from temp_access.policy.prove.limits import mode_bound
from temp_access.policy.prove.marker import FOLDER
from temp_access.policy.prove.neighbours import confusable_folders
from temp_access.policy.prove.new_access import new_for_role, new_for_sessions, new_for_strangers, new_for_user
from temp_access.policy.prove.problem import Deadline, QueryFactory
from temp_access.policy.prove.sessions import ScopedSessions, SessionPolicyFactory
from temp_access.policy.prove.uniform import compiled, is_uniform
from temp_access.policy.prove.usefulness import reaching, usefulness
from temp_access.policy.prove.way_round import bucket_bypass, role_bypass
from temp_access.policy.prove.world import World

_MOST_SHOWN = 3


@dataclass(frozen=True)
class PendingClaim:
    """A claim that isn't decided yet."""

    name: str
    decide: Callable[[Deadline], Claim]


def sessions_of(config: Config, world: World, compiler: SessionPolicyFactory) -> list[ScopedSessions]:
    """Return the sessions of each mode in use."""
    return [
        ScopedSessions(world, ACCESS_MODES[mode], compiler, confusable_folders(config.grants, [mode]))
        for mode in config.modes
    ]


def session_claims(config: Config, sessions: ScopedSessions) -> Iterator[PendingClaim]:
    """Yield that the sessions of one mode reach nothing of another's, keep to their mode, and can do their job."""

    @cache
    def odd() -> tuple[str, ...]:
        # A compiler with exceptions is proved for each of them as well.
        listed = [grant.folder for grant in config.grants.values() if grant.access == sessions.access.mode]
        pattern = compiled(sessions, FOLDER)
        return tuple(folder for folder in listed if not is_uniform(sessions, folder, pattern))

    def for_all(name: str, makes: Callable[[ScopedSessions], Iterable[QueryFactory]]) -> PendingClaim:
        account = sessions.world.account
        return PendingClaim(
            name, lambda deadline: decide_claim(name, makes(sessions), account, deadline, (None, *odd()))
        )

    yield for_all(f"isolation: {sessions.words} reaches nothing outside its folder", isolation)
    yield for_all(f"mode: {sessions.words} can do no more in its folder than it should", mode_bound)
    useful = for_all(f"usefulness: {sessions.words} can do its job in its folder", usefulness)
    yield PendingClaim(useful.name, lambda deadline: _with_reach(useful.decide(deadline), sessions, deadline))


def folder_claims(config: Config) -> PendingClaim:
    """Return that the folders of no two grants meet."""
    name = "apart: no two grants' folders meet"
    shared = [f"{i.folder}/ in {o.folder}/" for o, i in nested_pairs(config.grants) if is_shared(o, i)]
    more = f" and {len(shared) - _MOST_SHOWN} more" if len(shared) > _MOST_SHOWN else ""
    note = f"shared, as access.toml says: {', '.join(shared[:_MOST_SHOWN])}{more}" if shared else ""

    def decided(deadline: Deadline) -> Claim:
        met = find_overlap(config.grants, config.any_id, deadline)
        if met is None:
            return Claim(name, ClaimStatus.PROVED, note=note)
        if met.why:
            return Claim(name, ClaimStatus.UNKNOWN, note=met.why)
        return Claim(name, ClaimStatus.REFUTED, Witness(met.words, "", "", "", met.folder, met.other), note=note)

    return PendingClaim(name, decided)


def bypass_claims(world: World, modes: list[ScopedSessions]) -> Iterator[PendingClaim]:
    """Yield that neither the bucket policy nor the trust policy goes round the session policies."""
    bucket = "no way round: the bucket policy lets no session do what its session policy doesn't"
    yield _plain(bucket, world, lambda: bucket_bypass(world))
    role = "no way round: no session may assume the role again"
    yield _plain(role, world, lambda: role_bypass(world, modes))


def new_access_claims(base: World, head: World, modes: list[ScopedSessions]) -> Iterator[PendingClaim]:
    """Yield that nobody may do what wasn't allowed before."""
    yield _plain("no new access: the user", head, lambda: new_for_user(base, head))
    yield _plain("no new access: the role, without a session policy", head, lambda: new_for_role(base, head))
    yield _plain("no new access: sessions", head, lambda: new_for_sessions(base, modes))
    yield _plain("no new access: anybody else", head, lambda: new_for_strangers(base, head))


def for_each_account(claims: Mapping[str, list[PendingClaim]]) -> list[PendingClaim]:
    """Return the claims that are the same for each of some accounts as ones that hold in all of them."""
    return [_in_every(dict(zip(claims, same, strict=True))) for same in zip(*claims.values(), strict=True)]


def _in_every(claims: Mapping[str, PendingClaim]) -> PendingClaim:
    first, *others = claims

    def decided(deadline: Deadline) -> Claim:
        found = claims[first].decide(deadline)
        for account in others:
            if found.status is ClaimStatus.REFUTED:
                break
            other = claims[account].decide(deadline)
            if other.status is ClaimStatus.REFUTED or found.status is ClaimStatus.PROVED is not other.status:
                found = with_note(other, f"if the stacks are deployed in {account}, which the templates name")
        return found

    return PendingClaim(claims[first].name, decided)


def _with_reach(claim: Claim, sessions: ScopedSessions, deadline: Deadline) -> Claim:
    refuted_on_object = claim.status is ClaimStatus.REFUTED and claim.witness and claim.witness.key is not None
    if not refuted_on_object:
        return claim
    reached = decide_claim(claim.name, reaching(sessions), sessions.world.account, deadline)
    if reached.status is not ClaimStatus.PROVED:
        return claim
    return with_note(claim, "nothing in the folder can be reached at all")


def _plain(name: str, world: World, makes: Callable[[], Iterable[QueryFactory]]) -> PendingClaim:
    return PendingClaim(name, lambda deadline: decide_claim(name, makes(), world.account, deadline))
