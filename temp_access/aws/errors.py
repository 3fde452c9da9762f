"""The errors of borrowing, and the conversion of botocore's errors into them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from temp_access.aws.answers import is_denied, is_missing, is_no_answer
from temp_access.errors import TempAccessError

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError


class BorrowError(TempAccessError):
    """Credentials can't be borrowed: `cause` says what was wrong, `remedy` what to do next."""

    def __init__(self, cause: str, remedy: str, *, details: str = "") -> None:
        self.cause = cause
        self.remedy = remedy
        self.details = details
        super().__init__("\n".join(filter(None, (f"{cause}; {remedy}", details))))


class GrantNotFound(BorrowError):
    """No grant has this id, and `[any_id]` doesn't admit it."""


class DurationTooLong(BorrowError):
    """The requested duration is longer than the grant, the role or the caller's type of credentials allows."""


class DurationTooShort(BorrowError):
    """The requested duration is shorter than the 900 seconds that STS requires."""


class AccessTooWide(BorrowError):
    """The requested access mode isn't included in the grant."""


class PolicyTooLarge(BorrowError):
    """The session policy is larger than STS accepts."""


class NotTrusted(BorrowError):
    """STS refuses this caller's AssumeRole call."""

    exit_code = 1


class MfaNeeded(BorrowError):
    """The role, or the caller's profile, requires MFA, and no code was passed."""


class MfaRefused(MfaNeeded):
    """STS refused the MFA code or the MFA device."""

    exit_code = 1


class NoCredentials(BorrowError):
    """The caller's credentials are missing or can't be used."""


class TokenRefused(BorrowError):
    """STS refuses the web identity token: it has expired, or its issuer, audience or signature is wrong."""

    exit_code = 1


class NotDeployed(BorrowError):
    """The caller's credentials can't find the role."""


class AuditFailed(BorrowError):
    """The audit log can't be written, so no credentials are returned."""


class StsUnavailable(BorrowError):
    """The service gave no answer, after several attempts."""

    exit_code = 3


class StsRefused(BorrowError):
    """The service returned an error that no other class covers; `code` is AWS's error code."""

    exit_code = 1

    def __init__(self, cause: str, remedy: str, *, code: str, details: str = "") -> None:
        self.code = code
        super().__init__(cause, remedy, details=details)


# https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
_CREDENTIAL_ERRORS = {
    "ExpiredToken": "have expired",
    "ExpiredTokenException": "have expired",
    "InvalidClientTokenId": "aren't known to AWS (deleted, inactive, or a few seconds old)",
    "UnrecognizedClientException": "aren't known to AWS (deleted, inactive, or a few seconds old)",
    "SignatureDoesNotMatch": "have a secret access key that doesn't match the access key id",
    "IncompleteSignature": "are incomplete",
}

_TOKEN_ERRORS = ("ExpiredToken", "ExpiredTokenException", "IDPRejectedClaim", "InvalidIdentityToken")


def from_client_error(error: "ClientError", caller: str, role_arn: str) -> BorrowError:
    """Return the BorrowError for an error of STS or IAM; the remedy and the details are the error guide's."""
    from temp_access.error_guide.guide import find_explanation, summarize_cause
    from temp_access.error_guide.service_error import client_error

    code, message, call = refusal = client_error(error)
    explanation = find_explanation(refusal)
    first = explanation.causes[0] if explanation else None
    details = summarize_cause(explanation) if explanation else ""
    remedy = first.fix if first else f"search for {code} in the service's documentation"
    if call == "sts:AssumeRoleWithWebIdentity" and not is_no_answer(error) and not is_denied(error):
        if code in _TOKEN_ERRORS:
            return TokenRefused(f"STS refuses {caller} ({code}: {message})", remedy, details=details)
    elif code in _CREDENTIAL_ERRORS:
        return NoCredentials(
            f"the caller's credentials ({caller}) {_CREDENTIAL_ERRORS[code]} ({code})",
            f"log in again, or pass another --profile; {remedy}",
            details=details,
        )
    if is_no_answer(error):
        return StsUnavailable(
            f"{call or 'the service'} got no answer, also after several attempts ({code}: {message})",
            "try again later" + (f"; {remedy}" if first else ""),
            details=details,
        )
    if first and first.kind == "mfa":
        return MfaRefused(f"STS refuses the MFA code of {caller} ({code}: {message})", remedy, details=details)
    if is_denied(error):
        assumes = call in ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity")
        allowed = f"assume {role_arn}" if assumes else f"call {call or 'the service'}"
        return NotTrusted(
            f"{caller} isn't allowed to {allowed} ({code}: {message})",
            f"{_in_other_account(caller, role_arn)}{remedy}",
            details=details,
        )
    if code in ("PackedPolicyTooLarge", "PackedPolicyTooLargeException"):
        return PolicyTooLarge(f"the session is too large for STS ({message})", remedy, details=details)
    if first and first.kind == "duration":
        return DurationTooLong(
            f"STS refuses the duration ({message})", f"request another one with --duration; {remedy}", details=details
        )
    return StsRefused(
        f"the service refused {call or 'the call'} with {code}: {message}", remedy, code=code, details=details
    )


def _in_other_account(caller: str, role_arn: str) -> str:
    """Return a hint if the accounts differ; `caller` may be a profile's name, which has no account."""
    own, role = (arn.split(":")[4] if arn.startswith("arn:") else "" for arn in (caller, role_arn))
    if not own or not role or own == role:
        return ""
    return f"the credentials belong to account {own}, the role to {role}: pass another --profile or --env; otherwise "


def from_connection_error(error: "BotoCoreError") -> BorrowError:
    """Return the BorrowError for a call that got no response, or whose credentials couldn't be loaded."""
    from botocore.exceptions import HTTPClientError, ParamValidationError, SSLError

    from temp_access.aws.configuration_errors import is_about_configuration, missing_bundle, problem_of

    message = " ".join(str(error).split())
    if isinstance(error, ParamValidationError):
        return BorrowError(f"a parameter is invalid: {message}", "correct its value")
    if is_about_configuration(error):
        problem = problem_of(error)
        return NoCredentials(f"the caller's credentials can't be used: {problem.what}", problem.remedy)
    if isinstance(error, (HTTPClientError, SSLError)) and (bundle := missing_bundle()):
        return StsUnavailable(f"the service's certificate can't be verified: {bundle.what}", bundle.remedy)
    if isinstance(error, SSLError):
        return StsUnavailable(
            f"the service's certificate isn't trusted: {message}", "set AWS_CA_BUNDLE to its issuer's certificate"
        )
    return StsUnavailable(
        f"the service can't be reached: {message}", "check the network (for the local AWS: temp-access local start)"
    )


P = ParamSpec("P")
T = TypeVar("T")


def none_if_missing(code: str, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """Return the result of `call`, or None if AWS returns the error `code`; other errors propagate."""
    from botocore.exceptions import ClientError

    try:
        return call(*args, **kwargs)
    except ClientError as error:
        if is_missing(error, code):
            return None
        raise
