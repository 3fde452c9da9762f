"""What can keep somebody from borrowing, each as an error with its cause and its remedy."""

from temp_access.errors import TempAccessError


class BorrowError(TempAccessError):
    """Why there are no credentials: `cause` says what was wrong, `remedy` what to do next."""

    def __init__(self, cause: str, remedy: str, *, details: str = "") -> None:
        self.cause = cause
        self.remedy = remedy
        self.details = details
        super().__init__("\n".join(filter(None, (f"{cause}; {remedy}", details))))


class GrantNotFound(BorrowError):  # noqa: N818 - named for what the caller of the API catches
    """No grant has this id, and `[any_id]` doesn't admit it."""


class DurationTooLong(BorrowError):  # noqa: N818
    """More time was asked for than the grant, the role or the caller's kind of credentials allow."""


class DurationTooShort(BorrowError):  # noqa: N818
    """Less time was asked for than the 900 s that STS gives at least."""


class AccessTooWide(BorrowError):  # noqa: N818
    """A mode was asked for that allows what the grant doesn't."""


class PolicyTooLarge(BorrowError):  # noqa: N818
    """The session policy is larger than STS takes."""


class NotTrusted(BorrowError):  # noqa: N818
    """STS refuses to let this caller assume the role."""

    exit_code = 1


class MfaNeeded(BorrowError):  # noqa: N818
    """The role asks for MFA, and there is no code."""


class NoCredentials(BorrowError):  # noqa: N818
    """There are no base credentials, or they can't be used."""


class NotDeployed(BorrowError):  # noqa: N818
    """The role isn't found with what these credentials may read."""


class AuditFailed(BorrowError):  # noqa: N818
    """The audit log can't be written, so nothing is handed out."""


class StsUnavailable(BorrowError):  # noqa: N818
    """The service can't be reached or doesn't answer, after the retries of botocore's standard mode."""

    exit_code = 1


class StsRefused(BorrowError):  # noqa: N818
    """The service answered with an error that none of the others names; `code` is AWS's."""

    exit_code = 1

    def __init__(self, cause: str, remedy: str, *, code: str, details: str = "") -> None:
        self.code = code
        super().__init__(cause, remedy, details=details)
