"""Each refusal of the service becomes an error with its cause and its remedy."""

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
    """Return what is made of the service's answer."""
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return from_client_error(ClientError(answer, "AssumeRole"), CALLER, ROLE)  # type: ignore[arg-type]


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
    """A program can catch what it can handle; a person reads cause and remedy in one line."""
    error = refusal(code)
    assert type(error) is kind
    assert error.exit_code == exit_code
    assert str(error).splitlines()[0] == f"{error.cause}; {error.remedy}"


def test_a_duration_that_sts_refuses_is_one() -> None:
    """Where the role's maximum wasn't known, STS's ValidationError isn't shown raw."""
    message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    assert isinstance(refusal("ValidationError", message), errors.DurationTooLong)
    assert isinstance(refusal("ValidationError", "1 validation error detected"), errors.StsRefused)


def test_a_server_error_is_an_outage() -> None:
    """Whatever its code is."""
    assert isinstance(refusal("InternalFailure", status=500), errors.StsUnavailable)


@pytest.mark.parametrize(
    ("caller", "said"),
    [
        (CALLER.replace("123456789012", "222233334444"), True),
        (CALLER, False),
        ("profile temp-user", False),
    ],
)
def test_credentials_of_another_account_are_named(caller: str, said: bool) -> None:
    """A wrong --profile or --env is likelier than a wrong trust policy."""
    answer = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "AssumeRole")
    error = from_client_error(answer, caller, ROLE)
    assert ("belong to account 222233334444, the role to 123456789012" in str(error)) is said


def test_the_explanation_follows() -> None:
    """The likeliest cause and how to tell are printed below the sentence."""
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
def test_no_answer_is_said_in_one_line(error: BotoCoreError, kind: type[errors.BorrowError]) -> None:
    """botocore's own words, without their line ends."""
    found = from_connection_error(error)
    assert type(found) is kind
    assert len(str(found).splitlines()) == 1


@pytest.mark.parametrize("name", temp_access._MODULES)
def test_what_is_exported_is_there(name: str) -> None:
    """Each name is imported when it is used, and listed before."""
    assert getattr(temp_access, name) is not None
    assert name in dir(temp_access)


def test_other_names_are_refused_as_usual() -> None:
    """`hasattr` and a misspelt import work as with any module."""
    assert not hasattr(temp_access, "sessions")
