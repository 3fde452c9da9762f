"""Probes: one call by one caller each, with the expected outcome; and their results."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from temp_access.config.model import Grant
from temp_access.deployment.target import Target
from temp_access.iam.decision import Layer


class Identity(StrEnum):
    """The credentials that a call is made with."""

    USER = "temp-user"
    USER_WITHOUT_MFA = "temp-user, without MFA"
    USER_SESSION_TOKEN = "temp-user's GetSessionToken credentials"  # noqa: S105 - a label
    ROLE = "temp-role, not narrowed"
    WIDENED = "temp-role, with a session policy that allows everything"
    GRANT = "temp-role, narrowed to the grant"
    GRANT_ROLE = "the grant's own role"
    GRANT_ROLE_NARROWED = "the grant's own role, narrowed to a subfolder"
    PERSON = "the user"
    TOKEN = "a token of"  # noqa: S105 - a label
    DEPLOYER = "the deployer"


GRANT_ROLES = frozenset({Identity.GRANT_ROLE, Identity.GRANT_ROLE_NARROWED})


class Runner(StrEnum):
    """What can answer a probe: the evaluator offline, or the deployed stacks."""

    OFFLINE = "offline"
    LIVE = "live"


BOTH = frozenset(Runner)
LIVE_ONLY = frozenset({Runner.LIVE})


@dataclass(frozen=True, slots=True)
class ProbeCaller:
    """The credentials of a call, and the grant that a session policy narrows them to, or whose own role it is.

    `name` is the name of a user of `[users.<name>]` (PERSON), or of the identity provider of a token (TOKEN). For a
    session of a grant's own role it is who borrows it, such as `user/ann`; None if the run can be nobody who may:
    then its calls are evaluated.
    """

    identity: Identity
    grant: Grant | None = None
    name: str | None = None

    @property
    def is_evaluated(self) -> bool:
        """Whether nobody can call with these credentials, so that the deployed policies are evaluated."""
        return self.identity in GRANT_ROLES and self.name is None


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """One S3 or IAM operation of `temp_access.verify.operations`; `prefix` is None for a listing without one.

    For an operation of IAM on one user or role, `key` is the resource of its ARN, "" for the role of `[role]`.
    """

    operation: str
    bucket: str = ""
    key: str = ""
    prefix: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class AssumeCall:
    """One sts:AssumeRole call, or sts:AssumeRoleWithWebIdentity by a token; None omits a parameter.

    `duration` is in seconds. `role` is the resource of a role's ARN, such as `role/temp-role-bob`, None for the role
    of `[role]`.
    """

    duration: int | None
    policy: str | None
    session_name: str
    source_identity: str | None = None
    external_id: str | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class StateCheck:
    """One comparison of the deployed state with the synthesized template: a key of DRIFT_CHECKS, or a NamedCheck.

    `name` is that of a grant's role, of a user for a person, or of an identity provider.
    """

    aspect: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class TrustCheck:
    """One evaluation of the deployed trust policy for a caller whose credentials or network aren't available.

    `principal` is an ARN or a service. All `actions` must be allowed. `role` is the resource of the role's ARN, None
    for the role of `[role]`.
    """

    principal: str
    context: tuple[tuple[str, str], ...] = ()
    role: str | None = None
    actions: tuple[str, ...] = ("sts:AssumeRole",)


ProbeCall = ServiceCall | AssumeCall | StateCheck | TrustCheck


@dataclass(frozen=True, slots=True)
class Probe:
    """One call with its expected outcome.

    `codes` are the accepted error codes of a refusal (empty: AWS's spellings of AccessDenied). `layer` is the
    layer that must deny the call, None if several can. `control` is a caller for whom the same call must succeed;
    without it a refusal proves nothing; `control_call` is what it calls, if that is another one. `cause` is the likely
    cause of a failure, and what to do. `depends_on` names what isn't known and leaves open which outcome is right.
    """

    id: str
    group: str
    title: str
    caller: ProbeCaller
    call: ProbeCall
    allowed: bool
    cause: str
    codes: tuple[str, ...] = ()
    layer: Layer | None = None
    control: ProbeCaller | None = None
    runners: frozenset[Runner] = BOTH
    depends_on: tuple[str, ...] = ()
    control_call: AssumeCall | None = None

    @property
    def is_evaluated(self) -> bool:
        """Whether a live run evaluates the deployed policies, because nobody here can make the call."""
        return isinstance(self.call, TrustCheck) or self.caller.is_evaluated


class Verdict(StrEnum):
    """The result of a probe; inconclusive doesn't mean failed."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Result:
    """A probe's verdict, the observation (without secrets), the control's outcome, and the duration in seconds.

    `depends_on` names what isn't known and makes the probe inconclusive; reports name it once for all probes.
    """

    probe: Probe
    verdict: Verdict
    observed: str
    seconds: float = 0.0
    control_outcome: str | None = None
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """The number of a group's probes with each verdict, the grants that they are about, and what isn't known.

    `depends_on` is the number of probes that each thing that isn't known makes inconclusive.
    """

    name: str
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    grants: list[Grant] = field(default_factory=list)
    depends_on: Counter[str] = field(default_factory=Counter)

    def add(self, result: Result) -> None:
        """Count one result."""
        self.verdicts[result.verdict] += 1
        grant = result.probe.caller.grant
        if grant and grant not in self.grants and result.probe.caller.identity is not Identity.GRANT_ROLE_NARROWED:
            self.grants.append(grant)
        if result.depends_on:
            self.depends_on.update(result.depends_on)

    def count(self, verdict: Verdict) -> int:
        """Return how many of the group's probes ended with `verdict`."""
        return self.verdicts[verdict]

    @property
    def total(self) -> int:
        """The number of the group's probes."""
        return self.verdicts.total()

    @property
    def verdict(self) -> Verdict:
        """Failed if one probe failed, else inconclusive if one is, else passed."""
        worst = (Verdict.FAILED, Verdict.INCONCLUSIVE)
        return next((verdict for verdict in worst if self.verdicts[verdict]), Verdict.PASSED)


class CountedResults(Sequence[Result]):
    """Results that aren't all kept in memory; iterating makes them anew, and their groups are counted."""

    @property
    @abstractmethod
    def groups(self) -> Mapping[str, Group]:
        """The groups by name, in the order of their first probes."""


def grouped(results: Iterable[Result]) -> Mapping[str, Group]:
    """Return the groups of `results` by name, in the order of their first probes."""
    if isinstance(results, CountedResults):
        return results.groups
    groups: dict[str, Group] = {}
    for result in results:
        name = result.probe.group
        (groups.get(name) or groups.setdefault(name, Group(name))).add(result)
    return groups


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """The results of one run; `warnings` don't affect the exit code.

    `live_only` is the number of probes that an offline run can't answer. `not_known` names what makes probes
    inconclusive because it isn't known, and `all_warnings` include a warning about each.
    """

    target: Target
    run: str
    results: Sequence[Result]
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    live_only: int = 0

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups in the order of their first probes."""
        return tuple(grouped(self.results).values())

    def count(self, verdict: Verdict) -> int:
        """Return how many probes ended with `verdict`."""
        return sum(group.count(verdict) for group in self.groups)

    @property
    def not_known(self) -> dict[str, int]:
        """What isn't known, and how many probes depend on it."""
        names: Counter[str] = Counter()
        for group in self.groups:
            names.update(group.depends_on)
        return names

    @property
    def all_warnings(self) -> tuple[str, ...]:
        """The warnings, and one for each thing that isn't known."""
        return (
            *self.warnings,
            *(
                f"{count} probe{' depends' if count == 1 else 's depend'} on {name}"
                for name, count in self.not_known.items()
            ),
        )

    def listed(self, verdict: Verdict) -> list[Result]:
        """Return the results with `verdict` that a report lists one by one; a warning explains the others."""
        if not self.count(verdict):
            return []
        return [result for result in self.results if result.verdict is verdict and not result.depends_on]

    @property
    def exit_code(self) -> int:
        """0 if all probes passed, 1 if one failed, 3 if one is inconclusive."""
        if self.count(Verdict.FAILED):
            return 1
        return 3 if self.count(Verdict.INCONCLUSIVE) or not self.results else 0
