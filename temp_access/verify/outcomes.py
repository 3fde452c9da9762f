"""Outcome of a call, verdict on a probe."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from temp_access.verify.probes import Probe, Verdict

ACCESS_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden", "403"})
# A new user, key or role that isn't known everywhere yet answers with one of these:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
NOT_PROPAGATED = frozenset(
    {
        "InvalidClientTokenId",
        "InvalidAccessKeyId",
        "UnrecognizedClientException",
        "InvalidToken",
        "NoSuchEntity",
    }
)
TRANSIENT = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "SlowDown",
        "RequestTimeout",
        "RequestTimeTooSkewed",
        "ExpiredToken",
        "ExpiredTokenException",
    }
)
# Our own code: no answer came, after all of boto3's attempts.
UNREACHABLE = "Unreachable"


class SetupError(Exception):
    """What a call needs couldn't be had, so that the call itself wasn't made; the message says what."""


class UnexpectedResponse(Exception):
    """A call worked, but what it gave isn't what AWS gives."""


class OutcomeType(Enum):
    """The three outcomes of a call."""

    WORKED = "worked"
    REFUSED = "refused"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One call's outcome; `code` and `message` are the service's (without a code: our own), `text` is for people."""

    kind: OutcomeType
    code: str = ""
    message: str = ""

    @property
    def summary(self) -> str:
        """What happened, in words."""
        if self.kind is OutcomeType.WORKED:
            return self.message or "allowed"
        if self.kind is OutcomeType.REFUSED and not self.code:
            return self.message
        if self.kind is OutcomeType.REFUSED:
            return f"refused with {self.code}" + (f": {self.message}" if self.message else "")
        return f"undecided: {self.message}"


def attempt(call: Callable[[], str | None]) -> Outcome:
    """Run `call` and return what came of it; what it returns is said with a success."""
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
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
    except (BotoCoreError, OSError) as error:
        return Outcome(OutcomeType.UNDECIDED, type(error).__name__, f"{type(error).__name__}: {error}")


def from_error(error: Exception) -> Outcome:
    """Return what a ClientError says: throttling, time-outs and 5xx decide nothing."""
    response = getattr(error, "response", {})
    code = str(response.get("Error", {}).get("Code", "") or "unknown")
    message = str(response.get("Error", {}).get("Message", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in TRANSIENT or status >= 500 or status == 429:
        return Outcome(OutcomeType.UNDECIDED, code, f"{code}: {message}")
    return Outcome(OutcomeType.REFUSED, code, message)


def judge(probe: Probe, outcome: Outcome, control: Outcome | None, *, names_layers: bool) -> tuple[Verdict, str]:
    """Return the verdict on `probe` and what to say was observed.

    A refusal only counts if its `control` worked: else something else refuses everybody.
    """
    if outcome.kind is OutcomeType.UNDECIDED:
        return Verdict.INCONCLUSIVE, outcome.summary
    if probe.allowed:
        return (Verdict.PASSED if outcome.kind is OutcomeType.WORKED else Verdict.FAILED), outcome.summary
    if outcome.kind is OutcomeType.WORKED:
        return Verdict.FAILED, outcome.summary
    accepted = probe.codes or ACCESS_DENIED
    if outcome.code not in accepted:
        return Verdict.FAILED, f"{outcome.summary}; expected {' or '.join(sorted(accepted))}"
    if control is not None and control.kind is not OutcomeType.WORKED:
        return (
            Verdict.INCONCLUSIVE,
            f"{outcome.summary}; but the control didn't work either, so this refusal proves nothing",
        )
    if names_layers and probe.layer and (other := _another_layer(probe, outcome)):
        return Verdict.FAILED, f"{outcome.summary}; expected the {probe.layer.value} to refuse, not {other}"
    return Verdict.PASSED, outcome.summary


def may_be_transient(probe: Probe, outcome: Outcome) -> bool:
    """Whether waiting could change what was observed: a delay of IAM, throttling, the network."""
    if outcome.kind is OutcomeType.UNDECIDED:
        return True
    if outcome.kind is OutcomeType.WORKED:
        return not probe.allowed
    return outcome.code in ACCESS_DENIED | NOT_PROPAGATED


def _another_layer(probe: Probe, seen: Outcome) -> str | None:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    _, because, reason = seen.message.partition("because ")
    if not because or probe.layer is None or probe.layer.value in reason:
        return None
    return reason
