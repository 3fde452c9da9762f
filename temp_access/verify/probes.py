"""The probes: who, with which credentials, does what, and what must come of it."""

from dataclasses import dataclass
from enum import StrEnum

from temp_access.config.model import Grant
from temp_access.deployment.target import Target
from temp_access.iam.decision import Layer as Layer


class Identity(StrEnum):
    """Whose credentials a call is made with."""

    USER = "temp-user"
    USER_WITHOUT_MFA = "temp-user, without MFA"
    USER_SESSION_TOKEN = "temp-user's GetSessionToken credentials"  # noqa: S105 - a label
    ROLE = "temp-role, not narrowed"
    WIDENED = "temp-role, with a session policy that allows everything"
    GRANT = "temp-role, narrowed to the grant"
    DEPLOYER = "the deployer"


class Runner(StrEnum):
    """Who can answer a probe: the evaluator, or the deployed stacks."""

    OFFLINE = "offline"
    LIVE = "live"


BOTH = frozenset(Runner)
LIVE_ONLY = frozenset({Runner.LIVE})


@dataclass(frozen=True, slots=True)
class ProbeCaller:
    """Whose credentials are used; `grant` where they are narrowed to one."""

    identity: Identity
    grant: Grant | None = None


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """One S3 or IAM operation of `temp_access.verify.operations`; `prefix` None sends none."""

    operation: str
    bucket: str = ""
    key: str = ""
    prefix: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class AssumeCall:
    """One sts:AssumeRole call of the one role; None leaves the parameter out, `duration` in seconds."""

    duration: int | None
    policy: str | None
    session_name: str
    source_identity: str | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class StateCheck:
    """One comparison of what is deployed with the synthesized template, named after `temp_access.verify.state`."""

    aspect: str


@dataclass(frozen=True, slots=True)
class TrustCheck:
    """One evaluation of the deployed trust policy for a caller whose credentials or network aren't at hand."""

    principal: str
    context: tuple[tuple[str, str], ...] = ()


ProbeCall = ServiceCall | AssumeCall | StateCheck | TrustCheck


@dataclass(frozen=True, slots=True)
class Probe:
    """One statement that must hold.

    `codes` are the error codes that a refusal may have (empty: AWS's AccessDenied in its spellings);
    `layer` is the layer that must refuse, None where several do; `control` is a caller for whom the
    same call must succeed, so that a refusal proves something; `cause` says what is likely wrong if
    the probe fails, and what to do.
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


class Verdict(StrEnum):
    """What came of a probe; inconclusive is not failed."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Result:
    """A probe's verdict, with what was observed (never a secret) and how long it took in seconds."""

    probe: Probe
    verdict: Verdict
    observed: str
    seconds: float = 0.0
    control_outcome: str | None = None


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """Everything that one run of the verification has to say; `warnings` are for the reader, not verdicts.

    `live_only` are the probes that an offline run couldn't answer and left out.
    """

    target: Target
    run: str
    results: tuple[Result, ...]
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    live_only: tuple[Probe, ...] = ()

    def count(self, verdict: Verdict) -> int:
        """Return how many probes ended with `verdict`."""
        return sum(result.verdict is verdict for result in self.results)

    @property
    def exit_code(self) -> int:
        """0 all passed, 1 a probe failed, 3 inconclusive."""
        if self.count(Verdict.FAILED):
            return 1
        return 3 if self.count(Verdict.INCONCLUSIVE) or not self.results else 0
