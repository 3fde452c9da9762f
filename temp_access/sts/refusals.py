"""What STS, or the way to it, answered instead of credentials, as our own errors."""

from typing import TYPE_CHECKING

from temp_access.sts.errors import (
    BorrowError,
    DurationTooLong,
    NoCredentials,
    NotTrusted,
    PolicyTooLarge,
    StsRefused,
    StsUnavailable,
)

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

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
    from temp_access.errors import UserError
    from temp_access.explain.explain import explain, summarize

    try:
        return summarize(explain(code, message))
    except UserError:
        # Not a code that is explained: the sentence itself has to do.
        return ""
