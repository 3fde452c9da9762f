"""BorrowError and its kinds, from botocore's; none_if_missing()."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from temp_access.errors import TempAccessError

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError


class BorrowError(TempAccessError):
    """Why there are no credentials: `cause` says what was wrong, `remedy` what to do next."""

    def __init__(self, cause: str, remedy: str, *, details: str = "") -> None:
        self.cause = cause
        self.remedy = remedy
        self.details = details
        super().__init__("\n".join(filter(None, (f"{cause}; {remedy}", details))))


class GrantNotFound(BorrowError):
    """No grant has this id, and `[any_id]` doesn't admit it."""


class DurationTooLong(BorrowError):
    """More time was asked for than the grant, the role or the caller's kind of credentials allow."""


class DurationTooShort(BorrowError):
    """Less time was asked for than the 900 s that STS gives at least."""


class AccessTooWide(BorrowError):
    """A mode was asked for that allows what the grant doesn't."""


class PolicyTooLarge(BorrowError):
    """The session policy is larger than STS takes."""


class NotTrusted(BorrowError):
    """STS refuses to let this caller assume the role."""

    exit_code = 1


class MfaNeeded(BorrowError):
    """The role asks for MFA, and there is no code."""


class NoCredentials(BorrowError):
    """There are no base credentials, or they can't be used."""


class NotDeployed(BorrowError):
    """The role isn't found with what these credentials may read."""


class AuditFailed(BorrowError):
    """The audit log can't be written, so nothing is handed out."""


class StsUnavailable(BorrowError):
    """The service can't be reached or doesn't answer, after the retries of botocore's standard mode."""

    exit_code = 1


class StsRefused(BorrowError):
    """The service answered with an error that none of the others names; `code` is AWS's."""

    exit_code = 1

    def __init__(self, cause: str, remedy: str, *, code: str, details: str = "") -> None:
        self.code = code
        super().__init__(cause, remedy, details=details)


# https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
_CALLERS = {
    "ExpiredToken": "ran out",
    "ExpiredTokenException": "ran out",
    "InvalidClientTokenId": "aren't known to AWS (deleted, inactive, or a few seconds old)",
    "UnrecognizedClientException": "aren't known to AWS (deleted, inactive, or a few seconds old)",
    "SignatureDoesNotMatch": "have a secret that doesn't belong to the key id",
    "IncompleteSignature": "aren't complete",
}
_BUSY = ("Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "ServiceUnavailable")


def from_client_error(error: "ClientError", caller: str, role_arn: str) -> BorrowError:
    """Return the error that says what the service's refusal means, with its explanation."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    message = str(error.response.get("Error", {}).get("Message", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    details = _explanation(code, message)
    if code in _CALLERS:
        return NoCredentials(
            f"the base credentials ({caller}) {_CALLERS[code]} ({code})",
            "log in again, or pass another --profile",
            details=details,
        )
    if code in _BUSY or status >= 500:
        return StsUnavailable(f"STS was busy, also after several tries ({code})", "try again later", details=details)
    if code in ("AccessDenied", "AccessDeniedException"):
        return NotTrusted(
            f"{caller} may not assume {role_arn} (AccessDenied: {message})",
            f"{_in_other_account(caller, role_arn)}use temp-user's credentials, "
            "or have access.toml trust this principal and deploy it",
            details=details,
        )
    if code == "PackedPolicyTooLarge":
        return PolicyTooLarge(f"STS can't pack the session policy ({message})", "shorten the folder", details=details)
    if code == "ValidationError" and "exceeds" in message:
        return DurationTooLong(f"STS refuses the duration ({message})", "ask for less with --duration", details=details)
    if code == "RegionDisabledException":
        return StsRefused(
            "STS isn't activated in this Region for the account",
            "pass another with --region, or activate it in the account's settings",
            code=code,
            details=details,
        )
    return StsRefused(
        f"STS refused with {code}: {message}", f"see `temp-access explain {code}`", code=code, details=details
    )


def _in_other_account(caller: str, role_arn: str) -> str:
    """Return where both are if that differs; `caller` may be a profile's name, which doesn't say it."""
    theirs, role = (arn.split(":")[4] if arn.startswith("arn:") else "" for arn in (caller, role_arn))
    if not theirs or not role or theirs == role:
        return ""
    return f"the credentials are account {theirs}'s, the role is {role}'s: pass another --profile or --env; else "


def from_connection_error(error: "BotoCoreError") -> BorrowError:
    """Return the error that says that no answer came, or that the base credentials failed meanwhile."""
    from botocore.exceptions import CredentialRetrievalError, NoCredentialsError, ParamValidationError, SSLError

    said = " ".join(str(error).split())
    if isinstance(error, (CredentialRetrievalError, NoCredentialsError)):
        return NoCredentials(f"the base credentials can't be used: {said}", "log in again, or pass another --profile")
    if isinstance(error, ParamValidationError):
        return BorrowError(f"STS takes no such parameter: {said}", "correct it")
    if isinstance(error, SSLError):
        return StsUnavailable(f"the service's certificate isn't trusted: {said}", "set AWS_CA_BUNDLE to its issuer's")
    return StsUnavailable(
        f"the service can't be reached: {said}", "check the network (for the local AWS: temp-access local start)"
    )


def _explanation(code: str, message: str) -> str:
    from temp_access.error_guide.guide import explain, summarize
    from temp_access.errors import UserError

    try:
        return summarize(explain(code, message))
    except UserError:
        # Not a code that is explained: the sentence itself has to do.
        return ""


P = ParamSpec("P")
T = TypeVar("T")


def none_if_missing(code: str, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """Return what `call` gives, or None when AWS answers the error `code`; other errors propagate."""
    from botocore.exceptions import ClientError

    try:
        return call(*args, **kwargs)
    except ClientError as error:
        if error.response["Error"]["Code"] == code:
            return None
        raise
