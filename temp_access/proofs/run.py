"""The claims about a configuration and its templates, and the run that decides them."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache

from temp_access.cfn.assembly import Assembly
from temp_access.config.folders import confusable_folders
from temp_access.config.model import Config
from temp_access.deployment.effective_policies import EffectivePolicies, template_policies
from temp_access.deployment.stand_ins import PossibleDeployment, fill_placeholders, possible_deployments
from temp_access.iam.symbolic.patterns import FOLDER
from temp_access.iam.symbolic.queries import Deadline, QueryFactory, Witness
from temp_access.policies.access_modes import AccessMode, access_of
from temp_access.policies.session_policy import session_policy
from temp_access.proofs.claim import (
    Claim,
    ClaimStatus,
    PendingClaim,
    decide_claim,
    downgrade,
    pending,
    with_note,
    with_timing,
)
from temp_access.proofs.custom_policy import CustomPolicy
from temp_access.proofs.disjoint_folders import find_overlap, is_shared, nested_pairs
from temp_access.proofs.grant_claims import claims_of_grants, new_grant_claims
from temp_access.proofs.isolation import isolation
from temp_access.proofs.new_access import new_for_outsiders, new_for_role, new_for_sessions, new_for_user
from temp_access.proofs.no_bypass import bucket_bypass, role_bypass
from temp_access.proofs.session_bounds import mode_bound, reaching, usefulness
from temp_access.proofs.sessions import ScopedSessions, SessionPolicyFactory, compiled_policy, is_uniform
from temp_access.proofs.templates import unmodeled_resources
from temp_access.proofs.witness_words import without_stand_in

TIMEOUT = 30.0
_MAX_FOLDERS = 3
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
    """Return every claim about `config` and `assembly`, each decided within `timeout` seconds.

    With `base`, they include that nothing is allowed that those templates don't allow. Raises UserError when
    templates can't be resolved, and MissingExtraError (a UserError) without cvc5.
    """
    both = [assembly, *([base] if base else [])]
    unmodeled = [resource for each in both for resource in unmodeled_resources(config, each)]
    return tuple(_decide_all(claims_about(config, both, compiler), timeout, progress, unmodeled))


def prove_session_policy(
    config: Config,
    assembly: Assembly,
    policy: CustomPolicy,
    access: AccessMode,
    *,
    timeout: float = TIMEOUT,
    progress: Progress = lambda done, total, name: None,
) -> tuple[Claim, ...]:
    """Return the claims about a custom session policy that is used for every folder with `access`.

    The bucket that it names replaces the bucket of the templates.
    """
    folders = confusable_folders(config.grants, config.accesses)

    def in_one(deployment: PossibleDeployment) -> list[PendingClaim]:
        (ready,) = fill_placeholders(assembly, deployment=deployment, bucket=policy.bucket)
        sessions = ScopedSessions(
            template_policies(config, ready), access, policy, folders, f"a session with {policy.name}"
        )
        return list(session_claims(config, sessions))

    deployments = possible_deployments(assembly, policy=policy.document)
    claims = for_each_deployment(
        {deployment: in_one(deployment) for deployment in deployments}, _stand_in(deployments, assembly)
    )
    return tuple(_decide_all(claims, timeout, progress, unmodeled_resources(config, assembly)))


def claims_about(
    config: Config, both: Sequence[Assembly], compiler: SessionPolicyFactory = session_policy
) -> list[PendingClaim]:
    """Return the claims about the first of `both`; with a second one, also that the first allows nothing new.

    For templates that aren't for one account and Region, a claim covers every one that they could be deployed in.
    """
    deployments = possible_deployments(*both)
    return for_each_deployment(
        {
            deployment: _in_one_deployment(config, fill_placeholders(*both, deployment=deployment), compiler)
            for deployment in deployments
        },
        _stand_in(deployments, *both),
    )


def _stand_in(deployments: Sequence[PossibleDeployment], *assemblies: Assembly) -> str | None:
    """Return the account that stands for every one that nothing names, if the templates are for any account."""
    return None if any(assembly.account for assembly in assemblies) else deployments[0].account


def _in_one_deployment(config: Config, both: Sequence[Assembly], compiler: SessionPolicyFactory) -> list[PendingClaim]:
    head, *earlier = [template_policies(config, each) for each in both]
    modes = sessions_of(config, head, compiler)
    claims = [claim for sessions in modes for claim in session_claims(config, sessions)]
    claims += [folder_claims(config), *bypass_claims(head, modes), *claims_of_grants(config, head)]
    for before in earlier:
        claims += new_access_claims(before, head, modes)
        claims += new_grant_claims(before, head) if config.own_role_grants or config.users else ()
    return claims


def _decide_all(
    claims: list[PendingClaim], timeout: float, progress: Progress, unmodeled: Iterable[str]
) -> Iterator[Claim]:
    resources = ", ".join(dict.fromkeys(unmodeled))
    for done, claim in enumerate(claims):
        progress(done, len(claims), claim.name)
        started = time.monotonic()
        decided = with_timing(claim.decide(Deadline(timeout)), started)
        yield downgrade(decided, f"not modeled: {resources}") if resources else decided


def sessions_of(config: Config, effective: EffectivePolicies, compiler: SessionPolicyFactory) -> list[ScopedSessions]:
    """Return the sessions of each mode in use, with each of its extras in use."""
    return [
        ScopedSessions(effective, access_of(*access), compiler, confusable_folders(config.grants, [access]))
        for access in config.accesses
    ]


def session_claims(config: Config, sessions: ScopedSessions) -> Iterator[PendingClaim]:
    """Yield the claims about the sessions of one mode: isolation, mode and usefulness."""

    @cache
    def exceptions() -> tuple[str, ...]:
        # A compiler that treats some folders differently is also proved for each of those.
        access = (sessions.access.mode, sessions.access.extras)
        folders = [grant.folder for grant in config.grants.values() if (grant.access, grant.extras) == access]
        pattern = compiled_policy(sessions, FOLDER)
        return tuple(folder for folder in folders if not is_uniform(sessions, folder, pattern))

    def for_all(name: str, queries: Callable[[ScopedSessions], Iterable[QueryFactory]]) -> PendingClaim:
        account = sessions.effective.target.account
        return PendingClaim(
            name,
            lambda deadline, only_refute: decide_claim(
                name, queries(sessions), account, deadline, (None, *exceptions()), only_refute=only_refute
            ),
        )

    yield for_all(f"isolation: {sessions.description} reaches nothing outside its folder", isolation)
    yield for_all(f"mode: {sessions.description} can do no more in its folder than its mode allows", mode_bound)
    useful = for_all(f"usefulness: {sessions.description} can do everything its mode allows", usefulness)
    yield PendingClaim(
        useful.name,
        lambda deadline, only_refute: _note_if_unreachable(useful.search(deadline, only_refute), sessions, deadline),
    )


def folder_claims(config: Config) -> PendingClaim:
    """Return the claim that the folders of two grants never overlap."""
    name = "no overlap: the folders of two grants never overlap"
    shared = [f"{i.folder}/ in {o.folder}/" for o, i in nested_pairs(config.grants) if is_shared(o, i)]
    rest = f" and {len(shared) - _MAX_FOLDERS} more" if len(shared) > _MAX_FOLDERS else ""
    note = f"shared in access.toml: {', '.join(shared[:_MAX_FOLDERS])}{rest}" if shared else ""

    def decide(deadline: Deadline, _: bool) -> Claim:
        overlap = find_overlap(config.grants, config.any_id, deadline)
        if overlap is None:
            return Claim(name, ClaimStatus.PROVED, note=note)
        if overlap.reason:
            return Claim(name, ClaimStatus.UNKNOWN, note=overlap.reason)
        witness = Witness(overlap.description, "", "", "", overlap.folder, overlap.other)
        return Claim(name, ClaimStatus.REFUTED, witness, note=note)

    return PendingClaim(name, decide)


def bypass_claims(effective: EffectivePolicies, modes: list[ScopedSessions]) -> Iterator[PendingClaim]:
    """Yield the claims that neither the bucket policy nor the trust policy bypasses the session policies."""
    bucket = "no bypass: the bucket policy gives no session more than its session policy allows"
    yield pending(bucket, effective.target.account, lambda: bucket_bypass(effective))
    role = "no bypass: no session can assume the role again"
    yield pending(role, effective.target.account, lambda: role_bypass(effective, modes))


def new_access_claims(
    base: EffectivePolicies, head: EffectivePolicies, modes: list[ScopedSessions]
) -> Iterator[PendingClaim]:
    """Yield the claims that `head` allows nothing that `base` doesn't allow."""
    yield pending("no new access: the user", head.target.account, lambda: new_for_user(base, head))
    yield pending(
        "no new access: the role, without a session policy", head.target.account, lambda: new_for_role(base, head)
    )
    yield pending("no new access: sessions", head.target.account, lambda: new_for_sessions(base, modes))
    yield pending("no new access: any other caller", head.target.account, lambda: new_for_outsiders(base, head))


def for_each_deployment(
    claims: Mapping[PossibleDeployment, list[PendingClaim]], stand_in: str | None = None
) -> list[PendingClaim]:
    """Return one claim for all deployments from the same claim for each; `stand_in` is an account that nobody knows."""
    return [
        _for_every_deployment(dict(zip(claims, same, strict=True)), stand_in)
        for same in zip(*claims.values(), strict=True)
    ]


def _for_every_deployment(claims: Mapping[PossibleDeployment, PendingClaim], stand_in: str | None) -> PendingClaim:
    first, *others = claims

    def decide(deadline: Deadline, only_refute: bool) -> Claim:
        claim = claims[first].search(deadline, only_refute)
        if claim.status is not ClaimStatus.PROVED and first.description:
            claim = with_note(claim, f"if the stacks are deployed {first.description}")
        for deployment in others:
            if claim.status is ClaimStatus.REFUTED:
                break
            # One deployment is enough to leave a claim unknown; a witness may still be in another.
            other = claims[deployment].search(deadline, claim.status is ClaimStatus.UNKNOWN)
            if other.status is ClaimStatus.REFUTED or claim.status is ClaimStatus.PROVED is not other.status:
                claim = with_note(other, f"if the stacks are deployed {deployment.description}")
        return without_stand_in(claim, stand_in) if stand_in else claim

    return PendingClaim(claims[first].name, decide)


def _note_if_unreachable(claim: Claim, sessions: ScopedSessions, deadline: Deadline) -> Claim:
    refuted_on_object = claim.status is ClaimStatus.REFUTED and claim.witness and claim.witness.key is not None
    if not refuted_on_object:
        return claim
    reached = decide_claim(claim.name, reaching(sessions), sessions.effective.target.account, deadline)
    if reached.status is not ClaimStatus.PROVED:
        return claim
    return with_note(claim, "the session reaches no object in the folder")
