"""The table of error codes, compared with botocore's own data; and the signs of an answer that isn't AWS's."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from botocore.loaders import Loader
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker
from hypothesis import given
from hypothesis import strategies as st

from temp_access.aws.answers import (
    CREDENTIAL_CODES,
    DENIED,
    MISSING,
    REJECTED,
    AnswerType,
    answer_type,
    classify,
    defect,
    is_missing,
    lacks_code,
)

AWS, PAGE = {"x-amzn-requestid": "1"}, {"Content-Type": "text/html"}
DECIDING = DENIED | REJECTED | MISSING


def error(code: str, status: int = 400, headers: dict[str, str] | None = None, message: str = "") -> ClientError:
    """Return what boto3 raises for this answer."""
    metadata: Any = {"HTTPStatusCode": status, "HTTPHeaders": AWS if headers is None else headers}
    return ClientError({"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}, "Call")


def _retried() -> set[str]:
    """Return every code on which botocore repeats a call, in all its modes."""
    # The stubs know neither attribute.
    throttled: Any = ThrottledRetryableChecker
    transient: Any = TransientRetryableChecker
    codes = {*throttled._THROTTLED_ERROR_CODES, *transient._TRANSIENT_ERROR_CODES}
    text = json.dumps(Loader().load_data("_retry"))
    return codes | {part.split('"')[0] for part in text.split('"service_error_code": "')[1:]}


@pytest.mark.parametrize("code", sorted(_retried()))
def test_what_botocore_repeats_is_no_answer(code: str) -> None:
    """In every spelling of throttling that botocore knows."""
    assert answer_type(error(code)) is AnswerType.NO_ANSWER
    assert answer_type(error(code, 403)) is AnswerType.NO_ANSWER


def _modelled(service: str, operations: tuple[str, ...] = ()) -> dict[str, int]:
    """Return the codes of a service's errors with their HTTP status, from botocore's model."""
    model = Loader().load_service_model(service, "service-2")
    shapes = model["shapes"]
    names = {e["shape"] for o in operations for e in model["operations"][o].get("errors", ())} or set(shapes)
    errors = {name: shapes[name].get("error", {}) for name in names if shapes[name].get("exception")}
    return {e.get("code", name): int(e.get("httpStatusCode", 0)) for name, e in errors.items()}


def test_the_codes_of_assume_role_are_in_the_table() -> None:
    """Each is a rejection, or about the caller's credentials."""
    assert set(_modelled("sts", ("AssumeRole", "GetSessionToken"))) <= REJECTED | CREDENTIAL_CODES


def test_what_is_missing_has_status_404_in_botocores_models() -> None:
    """The models of IAM, S3 and CloudFormation are read for what this project asks for."""
    modelled = {
        code: status for service in ("iam", "s3", "cloudformation") for code, status in _modelled(service).items()
    }
    assert {code for code in MISSING if modelled.get(code, 404) != 404} == set()
    for code in ("NoSuchEntity", "NoSuchBucket", "NoSuchKey", "NoSuchUpload", "StackNotFoundException"):
        assert code in modelled


@given(code=st.text(max_size=30).filter(lambda code: code not in DECIDING), status=st.integers(200, 499))
def test_any_other_code_is_no_answer(code: str, status: int) -> None:
    """Also one that AWS invents tomorrow."""
    assert classify(code, "", {"HTTPStatusCode": status, "HTTPHeaders": AWS}) is AnswerType.NO_ANSWER


@pytest.mark.parametrize("code", sorted(DECIDING))
@pytest.mark.parametrize(("status", "headers"), [(500, AWS), (503, AWS), (429, AWS), (408, AWS), (403, PAGE)])
def test_a_servers_error_and_a_foreign_page_decide_nothing(code: str, status: int, headers: dict[str, str]) -> None:
    """Whatever code they have."""
    assert answer_type(error(code, status, headers)) is AnswerType.NO_ANSWER


@pytest.mark.parametrize("decide", [is_missing, lacks_code, answer_type])
def test_an_error_without_any_response_decides_nothing(decide: Any) -> None:
    """botocore's errors of a connection have the attribute, and it is None."""
    assert decide(ConnectionClosedError(endpoint_url="https://x", response=None)) in (False, AnswerType.NO_ANSWER)


def test_only_an_answer_to_head_has_no_code() -> None:
    """botocore makes a code of the status if it can't read the body of any other answer."""
    for operation, kind, without_code in (
        ("HeadObject", AnswerType.MISSING, True),
        ("GetObject", AnswerType.NO_ANSWER, False),
    ):
        missing, refused = error("404", 404), error("403", 403)
        missing.operation_name = refused.operation_name = operation
        assert (answer_type(missing), lacks_code(refused)) == (kind, without_code)


def test_an_expired_url_is_no_denial() -> None:
    """S3 calls it AccessDenied too."""
    assert answer_type(error("AccessDenied", 403, message="Request has expired")) is AnswerType.NO_ANSWER
    assert answer_type(error("AccessDenied", 403, message="Access Denied")) is AnswerType.DENIED


def test_cloudformation_says_in_words_that_a_stack_is_missing() -> None:
    """Its code is that of any invalid parameter."""
    assert is_missing(error("ValidationError", message="Stack with id TempAccess does not exist"))
    assert answer_type(error("ValidationError", message="1 validation error detected")) is AnswerType.REJECTED


@pytest.mark.parametrize(
    ("operation", "response", "problem"),
    [
        ("PutObject", {"ETag": "x"}, None),
        ("PutObject", {}, "it has no ETag"),
        ("AssumeRole", {"Credentials": {}}, "it has no AssumedRoleUser"),
        ("TagUser", {}, None),
    ],
)
def test_an_answer_is_whole(operation: str, response: dict[str, Any], problem: str | None) -> None:
    """Each operation has members that are in every answer."""
    assert defect(operation, {**response, "ResponseMetadata": {"HTTPHeaders": AWS}}) == problem


def test_an_answer_without_a_request_id_isnt_the_services() -> None:
    """A login page has status 200."""
    response = {"ETag": "x", "ResponseMetadata": {"HTTPHeaders": {"content-type": "text/html"}}}
    assert "has no request id" in str(defect("PutObject", response))
