"""What came of one call: it worked, it was refused, or nobody knows."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden", "403"})
# A new user, key or role that isn't known everywhere yet answers with one of these:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
UNKNOWN_YET = frozenset(
    {
        "InvalidClientTokenId",
        "InvalidAccessKeyId",
        "UnrecognizedClientException",
        "InvalidToken",
        "NoSuchEntity",
    }
)
_BUSY = frozenset(
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


class NotReadyError(Exception):
    """What a call needs couldn't be had, so that the call itself wasn't made; the message says what."""


class WrongFormError(Exception):
    """A call worked, but what it gave isn't what AWS gives."""


class Kind(Enum):
    """The three outcomes of a call."""

    WORKED = "worked"
    REFUSED = "refused"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Observation:
    """One call's outcome; `code` and `message` are the service's (without a code: our own), `text` is for people."""

    kind: Kind
    code: str = ""
    message: str = ""

    @property
    def text(self) -> str:
        """What happened, in words."""
        if self.kind is Kind.WORKED:
            return self.message or "allowed"
        if self.kind is Kind.REFUSED and not self.code:
            return self.message
        if self.kind is Kind.REFUSED:
            return f"refused with {self.code}" + (f": {self.message}" if self.message else "")
        return f"undecided: {self.message}"


def observe(call: Callable[[], str | None]) -> Observation:
    """Run `call` and return what came of it; what it returns is said with a success."""
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
    from botocore.exceptions import ConnectionError as NoConnectionError

    try:
        return Observation(Kind.WORKED, message=call() or "")
    except ClientError as error:
        return from_error(error)
    except WrongFormError as error:
        return Observation(Kind.REFUSED, message=str(error))
    except NotReadyError as error:
        return Observation(Kind.UNDECIDED, message=str(error))
    except (NoConnectionError, HTTPClientError) as error:
        return Observation(Kind.UNDECIDED, UNREACHABLE, f"{type(error).__name__}: {error}")
    except (BotoCoreError, OSError) as error:
        return Observation(Kind.UNDECIDED, type(error).__name__, f"{type(error).__name__}: {error}")


def from_error(error: Exception) -> Observation:
    """Return what a ClientError says: throttling, time-outs and 5xx decide nothing."""
    response = getattr(error, "response", {})
    code = str(response.get("Error", {}).get("Code", "") or "unknown")
    message = str(response.get("Error", {}).get("Message", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _BUSY or status >= 500 or status == 429:
        return Observation(Kind.UNDECIDED, code, f"{code}: {message}")
    return Observation(Kind.REFUSED, code, message)
