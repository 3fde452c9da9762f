"""The plan of a verification: all probes in order, and the probes of role and deployed state."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from temp_access.config.borrower import BorrowerKind
from temp_access.config.folders import neighbours
from temp_access.config.model import Config, Grant
from temp_access.config.table import key_path
from temp_access.deployment.drift import (
    DRIFT_CHECKS,
    NamedCheck,
    existing_provider_checks,
    grant_role_checks,
    orphan_check,
    person_checks,
    provider_checks,
)
from temp_access.deployment.target import Target
from temp_access.iam.decision import Decision, Layer
from temp_access.policies.access_modes import AccessMode, role_ceiling
from temp_access.policies.role_names import grant_role_name
from temp_access.verify import operations
from temp_access.verify.operations import OPERATIONS, allowed_by_mode, lookalike_prefix
from temp_access.verify.plan.assume_role import AssumeRoleProbes, grant_probe
from temp_access.verify.plan.borrowing import BorrowingProbes, narrowing_probes, session_of
from temp_access.verify.plan.folder import FolderProbes
from temp_access.verify.plan.impersonation import Impersonation, TokenClaims
from temp_access.verify.plan.people import people_of, person_probes
from temp_access.verify.plan.selection import admitted_examples
from temp_access.verify.plan.user import boundary_warning, user_probes
from temp_access.verify.probes import (
    LIVE_ONLY,
    Identity,
    Probe,
    ProbeCaller,
    Runner,
    ServiceCall,
    StateCheck,
)

# Returns the function that decides about the calls of a user of `[users.<name>]`; see decide_for_user.
DecideForPerson = Callable[[str], Callable[[ServiceCall], Decision]]
_BEYOND = ("get-bucket-policy", "get-bucket-location", "list-versions", "list-buckets", "list-users")


def role_probes(target: Target, run: str, other_bucket: str, ceiling: AccessMode) -> Iterator[Probe]:
    """Yield the probes of sessions without a session policy, and with one that allows everything.

    `other_bucket` is a bucket that the role must not have access to; `ceiling` is its access to its own bucket.
    """
    prefix = operations.root_prefix(run).prefix
    for identity, group in ((Identity.ROLE, "role"), (Identity.WIDENED, "widened")):
        for name in _BEYOND:
            title, call = OPERATIONS[name].description, ServiceCall(name, target.bucket)
            yield _of_role(identity, group, name, title, call, allowed=allowed_by_mode(ceiling, name))
        # Only this run uses the prefix, so the listing shows nobody's names.
        call = ServiceCall("list-v2", other_bucket, prefix=prefix)
        yield _of_role(identity, group, "other-bucket", "list another bucket", call, allowed=False)


def _of_role(identity: Identity, group: str, id_: str, title: str, call: ServiceCall, *, allowed: bool) -> Probe:
    cause = (
        "the role has fewer permissions than the template declares (the probes of the deployed state name them); "
        "run cdk deploy"
        if allowed
        else "the role has more permissions than the template declares (the probes of the deployed state name them); "
        "run cdk deploy, and remove what was added by hand"
    )
    return Probe(
        id=f"{group}/{id_}",
        group=group,
        title=title,
        caller=ProbeCaller(identity),
        call=call,
        allowed=allowed,
        cause=cause,
        layer=None if allowed else Layer.IDENTITY,
        control=None if allowed else ProbeCaller(Identity.DEPLOYER),
    )


def state_probes(config: Config, grants: Sequence[Grant]) -> Iterator[Probe]:
    """Yield a probe for each drift check; those of grants' roles and of users for people are of the `grants` only."""
    checks = [NamedCheck(aspect, "", title) for aspect, title in DRIFT_CHECKS.items()]
    for grant in grants:
        if grant.borrowers:
            checks += grant_role_checks(grant_role_name(config.role.name, grant.id))
    for name in people_of(config, grants):
        checks += person_checks(name)
    created = [each for each in config.identity_providers.values() if each.create]
    for provider in created:
        checks += provider_checks(provider.host)
    for name in existing_providers_of(config, grants):
        checks += existing_provider_checks(config.identity_providers[name].host)
    if config.own_role_grants or config.users or created:
        checks.append(orphan_check())
    for check in checks:
        yield Probe(
            id=f"state/{check.aspect}" + (f"/{check.name}" if check.name else ""),
            group="deployed state",
            title=check.title,
            caller=ProbeCaller(Identity.DEPLOYER),
            call=StateCheck(check.aspect, check.name),
            allowed=True,
            cause="it was changed by hand, or another access.toml was deployed; each difference names the command that "
            "undoes it",
            runners=LIVE_ONLY,
        )


def existing_providers_of(config: Config, grants: Sequence[Grant]) -> list[str]:
    """Return the identity providers of the grants' borrowers that the stacks don't create."""
    named = {each.name for grant in grants for each in grant.borrowers if each.kind is BorrowerKind.OIDC}
    return sorted(name for name in named if not config.identity_providers[name].create)


@dataclass(frozen=True, slots=True)
class ProbePlan:
    """The probes in the order of the report, and warnings for the reader.

    The probes of grants are made anew whenever they are read: with thousands of grants they take most of the memory.
    """

    general: tuple[Probe, ...]
    folders: "FolderPlans"
    warnings: tuple[str, ...]

    def __iter__(self) -> Iterator[Probe]:
        """Yield all probes."""
        yield from self.general
        yield from self.folders

    @property
    def probes(self) -> tuple[Probe, ...]:
        """All probes."""
        return tuple(self)

    def group_sizes(self, runner: Runner) -> Counter[str]:
        """Return the number of probes in each group that `runner` can answer."""
        sizes = Counter(probe.group for probe in self.general if runner in probe.runners)
        sizes.update(self.folders.group_sizes(runner))
        return sizes


def make_plan(
    config: Config,
    grants: Sequence[Grant],
    target: Target,
    run: str,
    *,
    decide_for_user: Callable[[ServiceCall], Decision],
    other_bucket: str,
    deployer_is_untrusted: bool,
    decide_for_person: DecideForPerson | None = None,
    tokens: Mapping[str, TokenClaims] | None = None,
) -> ProbePlan:
    """Return the plan for `grants`; the number of probes is linear in them and in the users for people.

    `decide_for_person` is needed if access.toml has users for people; `tokens` are those that were handed in.
    """
    callers = Impersonation(config, tokens)
    folders = FolderPlans(config, grants, target, run, callers)
    probes_of_user = list(
        user_probes(
            target,
            run,
            decide_for_user,
            has_boundary=config.user.permissions_boundary is not None,
            # The trust policy may require MFA; the user's own policies don't.
            identity=Identity.USER_WITHOUT_MFA if config.role.conditions.mfa else Identity.USER,
        )
    )
    general = (
        *state_probes(config, grants),
        *probes_of_user,
        *AssumeRoleProbes(config, target, deployer_is_untrusted).probes(),
        *role_probes(target, run, other_bucket, folders.ceiling),
        *(
            probe
            for name in people_of(config, grants)
            if decide_for_person
            for probe in person_probes(config, target, run, name, decide_for_person(name))
        ),
    )
    warning = boundary_warning(probes_of_user, target.user_name)
    return ProbePlan(general, folders, (*config.warnings, *([warning] if warning else [])))


_MOST_NAMED = 5


def evaluated_note(probes: Sequence[Probe]) -> list[str]:
    """Return a note on the grants with borrowers whose probes a live run evaluates, because it can be no borrower."""
    found = dict.fromkeys(probe.group for probe in probes if probe.caller.is_evaluated)
    if not found:
        return []
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    count = sum(probe.is_evaluated and probe.group in found for probe in probes)
    return [
        f"{', '.join(list(found)[:_MOST_NAMED])}{more}: this run can be none of the borrowers, so {count} probes were "
        "evaluated on the deployed policies, not called; --web-identity-token hands in a token"
    ]


class FolderPlans:
    """The probes of each of `grants`; its neighbour comes from all ids that access.toml admits.

    `ceiling` is the access that the role needs for all grants of access.toml.
    """

    def __init__(
        self, config: Config, grants: Sequence[Grant], target: Target, run: str, callers: Impersonation
    ) -> None:
        self._config, self._grants, self._target, self._run = config, grants, target, run
        self._callers = callers
        own = list(config.own_role_grants.values())
        # Of each grant with borrowers, another one whose role its sessions must not be able to assume.
        self._others = {grant.id: own[(number + 1) % len(own)] for number, grant in enumerate(own) if len(own) > 1}
        self.ceiling = role_ceiling(config)
        candidates = {g.id: g for g in (*config.grants.values(), *admitted_examples(config), *grants)}
        self._nearest = neighbours(candidates.values())

    def __iter__(self) -> Iterator[Probe]:
        """Yield the probes, grant by grant."""
        for grant in self._grants:
            yield from self._probes(grant)

    def group_sizes(self, runner: Runner) -> dict[str, int]:
        """Return the number of probes in each group that `runner` can answer."""
        # It depends on few things, so one grant stands for all that are alike.
        counts: dict[tuple[str, tuple[str, ...], bool, bool], int] = {}
        sizes = {}
        for grant in self._grants:
            if grant.borrowers:
                sizes[key_path("grants", grant.id)] = sum(runner in probe.runners for probe in self._probes(grant))
                continue
            other = lookalike_prefix(grant.folder, self._run)
            kind = (grant.access, grant.extras, grant.id in self._nearest, other is not None)
            if kind not in counts:
                counts[kind] = sum(runner in probe.runners for probe in self._probes(grant))
            sizes[key_path("grants", grant.id)] = counts[kind]
        return sizes

    def _probes(self, grant: Grant) -> Iterator[Probe]:
        neighbour = self._nearest.get(grant.id)
        if grant.borrowers:
            yield from self._own_role_probes(grant, neighbour)
            return
        plan = FolderProbes(grant, neighbour=neighbour, ceiling=self.ceiling, target=self._target, run=self._run)
        yield grant_probe(self._config, grant, plan.group)
        yield from plan.probes()

    def _own_role_probes(self, grant: Grant, neighbour: Grant | None) -> Iterator[Probe]:
        config, target, run = self._config, self._target, self._run
        session = session_of(grant, self._callers)
        plan = FolderProbes(
            grant,
            neighbour=neighbour,
            ceiling=self.ceiling,
            target=target,
            run=run,
            session=session,
            has_boundary=config.role.permissions_boundary is not None,
        )
        other = self._others.get(grant.id)
        borrowing = BorrowingProbes(config, grant, callers=self._callers, target=target, group=plan.group, other=other)
        yield from borrowing.probes()
        # What exists only live can't be evaluated.
        yield from (each for each in plan.probes() if not (session.is_evaluated and each.runners == LIVE_ONLY))
        yield from narrowing_probes(grant, session, target=target, run=run, group=plan.group)
