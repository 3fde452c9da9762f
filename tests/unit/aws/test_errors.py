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
        ("Throttling", errors.StsUnavailable, 1),
        ("RequestLimitExceeded", errors.StsUnavailable, 1),
        ("SomethingNew", errors.StsRefused, 1),
    ],
)
def test_every_code_has_its_type(code: str, kind: type[errors.BorrowError], exit_code: int) -> None:
    """A program can catch the class; a person reads cause and remedy on one line."""
    error = refusal(code)
    assert type(error) is kind
    assert error.exit_code == exit_code
    assert str(error).splitlines()[0] == f"{error.cause}; {error.remedy}"


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
