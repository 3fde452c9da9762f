"""Each error of the service becomes a BorrowError with cause and remedy."""

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    ParamValidationError,
    SSLError,
)

import temp_access
from temp_access.aws import errors
from temp_access.aws.errors import from_client_error, from_connection_error
from temp_access.error_guide.guide import explain
from temp_access.error_guide.parse import parse

ROLE, CALLER = "arn:aws:iam::123456789012:role/temp-role", "arn:aws:iam::123456789012:user/temp-user"


def refusal(code: str, message: str = "no", status: int = 400) -> errors.BorrowError:
    """Return the error that the service's response becomes."""
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return from_client_error(ClientError(response, "AssumeRole"), CALLER, ROLE)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "kind", "exit_code"),
    [
        ("AccessDenied", errors.NotTrusted, 1),
        ("ExpiredToken", errors.NoCredentials, 2),
        ("ExpiredTokenException", errors.NoCredentials, 2),
        ("InvalidClientTokenId", errors.NoCredentials, 2),
        ("SignatureDoesNotMatch", errors.NoCredentials, 2),
        ("PackedPolicyTooLarge", errors.PolicyTooLarge, 2),
        ("RegionDisabledException", errors.StsRefused, 1),
        ("MalformedPolicyDocument", errors.StsRefused, 1),
        ("Throttling", errors.StsUnavailable, 3),
        ("RequestLimitExceeded", errors.StsUnavailable, 3),
        ("SomethingNew", errors.StsUnavailable, 3),
    ],
)
def test_every_code_has_its_type(code: str, kind: type[errors.BorrowError], exit_code: int) -> None:
    """A program can catch the class; a person reads cause and remedy on one line."""
    error = refusal(code)
    assert type(error) is kind
    assert error.exit_code == exit_code
    assert str(error).splitlines()[0] == f"{error.cause}; {error.remedy}"


# The operation and the error of a refused call, its class, a part of the remedy, and a part that must not be there.
REFUSALS = [
    ("AssumeRole", "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
     errors.MfaRefused, "next code", "trusted"),
    ("GetSessionToken", "AccessDenied", "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify "
     "your MFA serial number is valid and associated with this user.", errors.MfaRefused, "--mfa-serial", "trusted"),
    ("AssumeRole", "ValidationError", "MultiFactorAuthentication failed with invalid MFA one time pass code.",
     errors.MfaRefused, "next code", "--duration"),
    ("AssumeRole", "AccessDenied", "Roles may not be assumed by root accounts.", errors.NotTrusted, "IAM user",
     "trusted"),
    ("AssumeRole", "PackedPolicyTooLarge", "Packed size of session tags consumes 112% of allotted space.",
     errors.PolicyTooLarge, "shorter tags", "folder"),
    ("AssumeRole", "PackedPolicyTooLargeException", "Packed policy consumes 118% of allotted space",
     errors.PolicyTooLarge, "shorten the folder", "tags"),
    ("AssumeRole", "AccessDenied", f"User: {CALLER} is not authorized to perform: sts:AssumeRole on resource: {ROLE} "
     "with an explicit deny in a service control policy", errors.NotTrusted, "organization", "trusted"),
    ("AssumeRole", "AccessDenied", f"User: {CALLER} is not authorized to perform: sts:AssumeRole on resource: {ROLE} "
     "because no identity-based policy allows the sts:AssumeRole action", errors.NotTrusted, "allow the caller",
     "trust"),
    ("AssumeRole", "AccessDenied", f"User: {CALLER} is not authorized to perform: sts:TagSession on resource: {ROLE}",
     errors.NotTrusted, "send no tags", "trusted"),
    ("AssumeRole", "AccessDenied", f"User: {CALLER} is not authorized to perform: sts:AssumeRole on resource: {ROLE}",
     errors.NotTrusted, "both sides", "organization"),
    ("AssumeRole", "AccessDenied", f"User: {CALLER} is not authorized to perform: sts:AssumeRole on resource: {ROLE} "
     "because no resource-based policy allows the sts:AssumeRole action", errors.NotTrusted, "trusted principals",
     "organization"),
    ("AssumeRole", "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles "
     "assumed by role chaining.", errors.DurationTooLong, "--duration", "MFA"),
    ("AssumeRole", "ValidationError", "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy "
     "constraint", errors.StsRefused, "2 to 64 letters", "--duration"),
    ("GetRole", "AccessDenied", f"User: {CALLER} is not authorized to perform: iam:GetRole on resource: role temp-role "
     "because no identity-based policy allows the iam:GetRole action", errors.NotTrusted, "deployer's profile",
     "assume "),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "code", "message", "kind", "remedy", "other"), REFUSALS)
def test_the_remedy_is_the_error_guides(
    operation: str, code: str, message: str, kind: type[errors.BorrowError], remedy: str, other: str
) -> None:
    """A refused call and `explain` of its text look the cause up in one place.

    Sources: aws/containers-roadmap#2413 (tags), kubernetes/kubectl#1243 (root), step-security/wait-for-secrets#216.
    """
    client_error = ClientError({"Error": {"Code": code, "Message": message}}, operation)
    error = from_client_error(client_error, CALLER, ROLE)
    assert type(error) is kind
    assert remedy in error.remedy
    assert other not in error.remedy
    explained = explain(*parse(str(client_error))).causes[0]
    assert error.remedy.endswith(explained.fix)
    assert error.details.startswith(f"likely: {explained.what}\nfix: as above; to tell")
    assert isinstance(error, errors.MfaNeeded) is (kind is errors.MfaRefused)


def test_a_refused_duration_is_duration_too_long() -> None:
    """If the role's maximum wasn't known, STS returns a ValidationError."""
    message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    assert isinstance(refusal("ValidationError", message), errors.DurationTooLong)
    assert isinstance(refusal("ValidationError", "1 validation error detected"), errors.StsRefused)


def test_a_server_error_is_sts_unavailable() -> None:
    """With any error code."""
    assert isinstance(refusal("InternalFailure", status=500), errors.StsUnavailable)


@pytest.mark.parametrize(
    ("caller", "named"),
    [
        (CALLER.replace("123456789012", "222233334444"), True),
        (CALLER, False),
        ("profile temp-user", False),
    ],
)
def test_names_the_accounts_if_they_differ(caller: str, named: bool) -> None:
    """A wrong --profile or --env is more likely than a wrong trust policy."""
    response = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "AssumeRole")
    error = from_client_error(response, caller, ROLE)
    assert ("belong to account 222233334444, the role to 123456789012" in str(error)) is named


def test_the_details_explain_the_error() -> None:
    """The likeliest cause and its fix follow the message."""
    assert "temp-access explain AccessDenied" in refusal("AccessDenied").details
    assert refusal("SomethingNew").details == ""


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (EndpointConnectionError(endpoint_url="https://sts"), errors.StsUnavailable),
        (SSLError(endpoint_url="https://sts", error=ValueError("self-signed")), errors.StsUnavailable),
        (CredentialRetrievalError(provider="custom-process", error_msg="a\nb"), errors.NoCredentials),
        (ParamValidationError(report="SerialNumber:\nshort"), errors.BorrowError),
    ],
)
def test_a_connection_error_is_one_line(error: BotoCoreError, kind: type[errors.BorrowError]) -> None:
    """botocore's message, without its line breaks."""
    converted = from_connection_error(error)
    assert type(converted) is kind
    assert len(str(converted).splitlines()) == 1


@pytest.mark.parametrize("name", temp_access._MODULES)
def test_every_exported_name_exists(name: str) -> None:
    """Each name is imported when it is first used, and listed before."""
    assert getattr(temp_access, name) is not None
    assert name in dir(temp_access)


def test_other_names_raise_attribute_error() -> None:
    """`hasattr` and a misspelt import work as with any module."""
    assert not hasattr(temp_access, "sessions")
