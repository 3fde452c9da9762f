"""The outcome of a call, and the verdict on a probe."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from temp_access.aws.answers import DENIED, MISSING, AnswerType, answer_type
from temp_access.verify.probes import Probe, Verdict

# Our own code: no response came, after several attempts.
UNREACHABLE = "Unreachable"


# The report names it once, in a warning.
NOT_KNOWN = "depends on what isn't known, which the warnings name"


class SetupError(Exception):
    """Something that a call needs is missing, so the call wasn't made."""


class UnexpectedResponse(Exception):
    """A call succeeded, but its response isn't one that AWS returns."""


class OutcomeType(Enum):
    """The kinds of outcomes of a call."""

    WORKED = "worked"
    REFUSED = "refused"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a call; `code` and `message` are the service's, or our own if there is no code.

    `depends_on` names what the evaluator would have to know to decide an undecided one.
    """

    kind: OutcomeType
    code: str = ""
    message: str = ""
    depends_on: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """A description for reports."""
        if self.kind is OutcomeType.WORKED:
            return self.message or "allowed"
        if self.kind is OutcomeType.REFUSED and not self.code:
            return self.message
        if self.kind is OutcomeType.REFUSED:
            return f"refused with {self.code}" + (f": {self.message}" if self.message else "")
        if self.depends_on:
            return f"undecided: {NOT_KNOWN}"
        return f"undecided: {self.message}"


def attempt(call: Callable[[], str | None]) -> Outcome:
    """Run `call` and return its outcome; the text that it returns becomes the message of a success."""
    from botocore.exceptions import ClientError, HTTPClientError
    from botocore.exceptions import ConnectionError as NoConnectionError

    try:
        return Outcome(OutcomeType.WORKED, message=call() or "")
    except ClientError as error:
        return from_error(error)
    except UnexpectedResponse as error:
        return Outcome(OutcomeType.REFUSED, message=str(error))
    except SetupError as error:
        return Outcome(OutcomeType.UNDECIDED, message=str(error))
    except (NoConnectionError, HTTPClientError) as error:
        return Outcome(OutcomeType.UNDECIDED, UNREACHABLE, f"{type(error).__name__}: {error}")
    except Exception as error:
        # Whatever it is, it's no answer of the service.
        return Outcome(OutcomeType.UNDECIDED, type(error).__name__, f"{type(error).__name__}: {error}")


def from_error(error: Exception) -> Outcome:
    """Return the outcome of a ClientError: refused with a code of `temp_access.aws.answers`, else undecided."""
    response = getattr(error, "response", {})
    code = str(response.get("Error", {}).get("Code", "") or "unknown")
    message = str(response.get("Error", {}).get("Message", ""))
    if answer_type(error) is AnswerType.NO_ANSWER:
        return Outcome(OutcomeType.UNDECIDED, code, f"no answer: {code}" + (f": {message}" if message else ""))
    return Outcome(OutcomeType.REFUSED, code, message)


def judge(probe: Probe, outcome: Outcome, control: Outcome | None, *, names_layers: bool) -> tuple[Verdict, str]:
    """Return the verdict on `probe` and a description of the observation.

    A refusal proves something only if its `control` worked, because otherwise the call fails for everybody.
    """
    if outcome.kind is OutcomeType.UNDECIDED:
        return Verdict.INCONCLUSIVE, outcome.summary
    if probe.depends_on:
        return Verdict.INCONCLUSIVE, f"{outcome.summary}; what is right {NOT_KNOWN}"
    if probe.allowed and outcome.code in MISSING:
        return Verdict.INCONCLUSIVE, f"{outcome.summary}; what the call needs is gone, which says nothing about access"
    if probe.allowed:
        return (Verdict.PASSED if outcome.kind is OutcomeType.WORKED else Verdict.FAILED), outcome.summary
    if outcome.kind is OutcomeType.WORKED:
        return Verdict.FAILED, outcome.summary
    accepted = probe.codes or DENIED
    if outcome.code not in accepted:
        return Verdict.FAILED, f"{outcome.summary}; expected {' or '.join(sorted(accepted))}"
    if control is not None and control.depends_on:
        return Verdict.INCONCLUSIVE, f"{outcome.summary}; but the control {NOT_KNOWN}"
    if control is not None and control.kind is not OutcomeType.WORKED:
        return (
            Verdict.INCONCLUSIVE,
            f"{outcome.summary}; but the control failed too, so this refusal proves nothing",
        )
    if names_layers and probe.layer and (other := _other_layer(probe, outcome)):
        return Verdict.FAILED, f"{outcome.summary}; expected the {probe.layer.value} to deny it, not {other}"
    return Verdict.PASSED, outcome.summary


def may_be_transient(probe: Probe, outcome: Outcome) -> bool:
    """Whether waiting could change the outcome: IAM's propagation delays, throttling, the network.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
    """
    if outcome.kind is OutcomeType.UNDECIDED:
        return not outcome.depends_on
    if probe.depends_on:
        return False
    if outcome.kind is OutcomeType.WORKED:
        return not probe.allowed
    return outcome.code in DENIED | {"NoSuchEntity"}


def _other_layer(probe: Probe, seen: Outcome) -> str | None:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    _, because, reason = seen.message.partition("because ")
    if not because or probe.layer is None or probe.layer.value in reason:
        return None
    return reason
