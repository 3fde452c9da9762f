"""The code and message of pasted errors, in every form."""

import json
import time

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from temp_access.error_guide.parse import parse

MESSAGE = "User: arn:aws:iam::123456789012:user/temp-user is not authorized to perform: sts:AssumeRole"
ERROR = ClientError({"Error": {"Code": "AccessDenied", "Message": MESSAGE}}, "AssumeRole")
FORMS = {
    "botocore": str(ERROR),
    "a traceback": f"Traceback (most recent call last):\n  File x, line 1\nbotocore.exceptions.ClientError: {ERROR}",
    "the aws CLI": f"\naws: [ERROR]: {ERROR}\n",
    "after retries": "An error occurred (AccessDenied) when calling the AssumeRole operation (reached max retries: 4): "
    + MESSAGE,
    "STS's XML": f"<ErrorResponse><Error><Code>AccessDenied</Code><Message>{MESSAGE}</Message></Error></ErrorResponse>",
    "S3's XML": f'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code>\n<Message>{MESSAGE}</Message></Error>',
    "boto3's response": json.dumps({"Error": {"Code": "AccessDenied", "Message": MESSAGE}, "ResponseMetadata": {}}),
    "a JSON protocol": json.dumps({"__type": "com.amazon.coral.service#AccessDenied", "message": MESSAGE}),
    "CloudTrail": json.dumps({"eventName": "AssumeRole", "errorCode": "AccessDenied", "errorMessage": MESSAGE}),
    "a list of events": json.dumps({"Records": [{"errorCode": "AccessDenied", "errorMessage": MESSAGE}]}),
    "Go and Terraform": "operation error STS: AssumeRole, https response error StatusCode: 403, RequestID: 1, "
    f"api error AccessDenied: {MESSAGE}",
    "Go v1": f"AccessDenied: {MESSAGE}\n\tstatus code: 403, request id: 1",
    "JavaScript": f"Uncaught AccessDenied: {MESSAGE}\n    at throwDefaultError",
    "Ruby": f"Aws::STS::Errors::AccessDenied: {MESSAGE}",
    "Ruby's traceback": f"{MESSAGE} (Aws::STS::Errors::AccessDenied)",
    "PHP": 'Error executing "AssumeRole" on "https://sts.amazonaws.com"; AWS HTTP error: AccessDenied (client): '
    + MESSAGE,
    "the old AWS CLI": f"A client error (AccessDenied) occurred when calling the AssumeRole operation: {MESSAGE}",
    "Java": f"{MESSAGE} (Service: AWSSecurityTokenService; Status Code: 403; Error Code: AccessDenied; Request ID: 1)",
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_parses_code_and_message(form: str) -> None:
    """Every form has the code, the message without anything around it, and the call."""
    error = parse(FORMS[form])
    assert error.code == "AccessDenied"
    assert error.message == MESSAGE
    assert "sts:AssumeRole" in error.calls


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("AccessDenied", "AccessDenied"),
        ("  ExpiredToken\n", "ExpiredToken"),
        ("Unable to locate credentials. You can configure credentials by running", "MissingAuthenticationToken"),
        ("The security token included in the request is expired", "ExpiredToken"),
        ("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", "ValidationError"),
        ("fatal error: An error occurred (404) when calling the HeadObject operation: Key \"x\" does not exist", "404"),
        ("upload failed: ./x to s3://b/x An error occurred (InvalidAccessKeyId) when calling the PutObject operation:",
         "InvalidAccessKeyId"),
        ("Could not connect to the endpoint URL: \"https://sts.nowhere-1.amazonaws.com/\"", "ServiceUnavailable"),
        ("Role with name temp-role already exists. (Service: Iam, Status Code: 409, Req", "EntityAlreadyExists"),
        ("<Error><Code>NoSuchBucket</Code>", "NoSuchBucket"),
        ("OSError: When getting information for bucket 'b': AWS Error NETWORK_CONNECTION during HeadBucket operation: "
         "curlCode: 28, Timeout was reached", "NetworkConnection"),
        ("OSError: When initiating multiple part upload for key 'x' in bucket 'y': AWS Error UNKNOWN (HTTP status 400) "
         "during CreateMultipartUpload operation: Unable to parse ExceptionName: InvalidToken Message: The provided "
         "token is malformed or otherwise invalid.", "InvalidToken"),
        ("AWS Error UNKNOWN (HTTP status 301) during HeadObject operation: No response body.", "301"),
        ("PermissionError: [Errno 13] Permission denied: '/root'", ""),
        ("Connection reset", ""),
        ("", ""),
        ("{\"Code\": ", ""),
    ],
)  # fmt: skip
def test_parses_incomplete_errors(error: str, code: str) -> None:
    """A code alone, a message alone and a truncated error have a code, and other text has none."""
    assert parse(error)[0] == code


@pytest.mark.parametrize(
    ("trace", "call"),
    [
        ("at de_ListObjectsV2CommandError (/x/@aws-sdk/client-s3/dist-cjs/index.js:1:1)", "s3:ListObjectsV2"),
        ("at de_CommandError (/x/node_modules/@aws-sdk/client-s3/dist-cjs/index.js:1:1)", "s3:"),
        ("at deserializeAws_json1_1DescribeKeyCommandError (/x/@aws-sdk/client-kms/x.js:1:1)", "kms:DescribeKey"),
        ("at async client.send(new GetObjectCommand(x))", "s3:GetObject"),
        ("at de_AssumeRoleCommandError (/x/@aws-sdk/client-sts/dist-cjs/index.js:1:1)", "sts:AssumeRole"),
        ("at Request.extractError (/x/node_modules/aws-sdk/lib/services/s3.js:835:35)", "s3:"),
        ("ServiceError { err: HeadObjectError { kind: Unhandled(", "s3:HeadObject"),
        ("at SimpleCommand.run (x.js:1:1)\nSdkError { x }", ""),
        ("at de_ListObjectsV2CommandError (x)\n at de_AssumeRoleCommandError (/x/client-sts/x)", "s3:ListObjectsV2"),
    ],
)
def test_a_stack_trace_names_the_call(trace: str, call: str) -> None:
    assert parse(f"Error: AccessDenied: Access Denied\n    {trace}").call == call


def test_resolves_xml_entities() -> None:
    """The message contains the characters instead of their entities."""
    assert parse("<Code>X</Code><Message>a &lt; b</Message>") == ("X", "a < b", "")


@given(st.text())
def test_accepts_any_text(text: str) -> None:
    """No text makes the parser fail."""
    assert len(parse(text).code) <= len(text)


def test_handles_deep_and_long_texts() -> None:
    """A deeply nested or long text has no code, and the parser finishes soon."""
    assert parse("[{" * 50_000) == ("", ("[{" * 50_000)[:100_000], "")
    assert parse("An error occurred (" * 20_000)[0] == ""
    for text in (
        "x: ",
        "Forbidden: x\n\n",
        "HTTP GET error on ",
        "de_XCommand ",
        "code: None, message: None,",
        "AError {",
    ):
        started = time.process_time()
        parse(text * (100_000 // len(text)))
        assert time.process_time() - started < 2, text
