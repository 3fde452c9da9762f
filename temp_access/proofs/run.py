"""All claims about one configuration."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from temp_access.cfn.assembly import Assembly
from temp_access.config.folders import confusable_folders
from temp_access.config.model import Config
from temp_access.deployment.effective_policies import World, read_world
from temp_access.iam.symbolic.patterns import FOLDER
from temp_access.iam.symbolic.queries import Deadline, QueryFactory, Witness
from temp_access.policies.access_modes import ACCESS_MODES, AccessMode
from temp_access.policies.session_policy import session_policy
from temp_access.proofs.claim import Claim, ClaimStatus, decide_claim, downgrade, with_note, with_timing
from temp_access.proofs.custom_policy import CustomPolicy
from temp_access.proofs.disjoint_folders import find_overlap, is_shared, nested_pairs
from temp_access.proofs.isolation import isolation
from temp_access.proofs.new_access import new_for_role, new_for_sessions, new_for_strangers, new_for_user
from temp_access.proofs.no_bypass import bucket_bypass, role_bypass
from temp_access.proofs.session_bounds import mode_bound, reaching, usefulness
from temp_access.proofs.sessions import ScopedSessions, SessionPolicyFactory, compiled, is_uniform
from temp_access.proofs.templates import fill_placeholders, possible_accounts, unmodelled_resources

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


TIMEOUT = 30.0
Progress = Callable[[int, int, str], None]


def prove_all(
    config: Config,
    assembly: Assembly,
    *,
    base: Assembly | None = None,
    timeout: float = TIMEOUT,
    compiler: SessionPolicyFactory = session_policy,
    progress: Progress = lambda done, total, name: None,
) -> tuple[Claim, ...]:
    """Return every claim about what `config` and `assembly` give, decided within `timeout` seconds each.

    With `base`, also that nothing is allowed that those templates didn't allow. Raises UserError when
    templates can't be followed, and MissingExtraError (a UserError) without cvc5.
    """
    both = [assembly, *([base] if base else [])]
    not_read = [place for each in both for place in unmodelled_resources(config, each)]
    return tuple(_decided(claims_about(config, both, compiler), timeout, progress, not_read))


def claims_about(
    config: Config, both: Sequence[Assembly], compiler: SessionPolicyFactory = session_policy
) -> list[PendingClaim]:
    """Return the claims about the first of `both`, and with a second one that it allows nothing new.

    Where the templates don't say which account they are for, each holds in all that it could be.
    """
    return for_each_account(
        {
            account: _in_one_account(config, fill_placeholders(*both, account=account), compiler)
            for account in possible_accounts(*both)
        }
    )


def _in_one_account(config: Config, both: Sequence[Assembly], compiler: SessionPolicyFactory) -> list[PendingClaim]:
    head, *earlier = [read_world(config, each) for each in both]
    modes = sessions_of(config, head, compiler)
    claims = [claim for sessions in modes for claim in session_claims(config, sessions)]
    claims += [folder_claims(config), *bypass_claims(head, modes)]
    for before in earlier:
        claims += new_access_claims(before, head, modes)
    return claims


def prove_session_policy(
    config: Config,
    assembly: Assembly,
    policy: CustomPolicy,
    access: AccessMode,
    *,
    timeout: float = TIMEOUT,
    progress: Progress = lambda done, total, name: None,
) -> tuple[Claim, ...]:
    """Return the claims about one session policy that was written by hand, used for every folder with `access`.

    The bucket that it names stands for that of the templates.
    """
    folders = confusable_folders(config.grants, config.modes)

    def in_one(account: str) -> list[PendingClaim]:
        (ready,) = fill_placeholders(assembly, account=account, bucket=policy.bucket)
        sessions = ScopedSessions(read_world(config, ready), access, policy, folders, f"a session with {policy.name}")
        return list(session_claims(config, sessions))

    accounts = possible_accounts(assembly, policy=policy.document)
    claims = for_each_account({account: in_one(account) for account in accounts})
    return tuple(_decided(claims, timeout, progress, unmodelled_resources(config, assembly)))


def _decided(
    claims: list[PendingClaim], timeout: float, progress: Progress, not_read: Iterable[str]
) -> Iterator[Claim]:
    places = ", ".join(dict.fromkeys(not_read))
    for done, claim in enumerate(claims):
        progress(done, len(claims), claim.name)
        started = time.monotonic()
        decided = with_timing(claim.decide(Deadline(timeout)), started)
        yield downgrade(decided, f"not read: {places}") if places else decided
