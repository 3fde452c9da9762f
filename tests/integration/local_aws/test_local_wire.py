"""The requests that are refused before they reach ministack, and the access log."""

import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

pytestmark = pytest.mark.integration


@pytest.fixture(name="send", scope="module")
def _send(account: Any) -> Any:
    """Return a function that sends one unsigned HTTPS request, and returns the status and body of the response."""
    tls_context = ssl.create_default_context(cafile=account.instance.environment["AWS_CA_BUNDLE"])

    def send_request(path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, str]:
        http_headers = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(account.instance.url + path, body, http_headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, context=tls_context) as response:  # noqa: S310
                return int(response.status), response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    return send_request


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_ministack/reset"),
        ("POST", "/%5Fministack/reset"),
        ("POST", "/_ministack/config"),
        ("GET", "/_ministack/health"),
        ("GET", "/_ministack/ses/messages"),
        ("GET", "/_localstack/health"),
        ("GET", "/_aws/lambda-url/x/"),
        ("GET", "/health"),
    ],
)
def test_the_internal_paths_of_ministack_are_refused(account: Any, send: Any, method: str, path: str) -> None:
    """Its reset, configuration and inspection aren't part of AWS; signed requests to them are refused too."""
    users = len(account.iam.list_users()["Users"])
    assert send(path, method, b"{}" if method == "POST" else None)[0] == 403
    environment = account.instance.environment
    request = AWSRequest(method, account.instance.url + path, data=b"{}" if method == "POST" else b"")
    credentials = account.instance.deployer.get_credentials()
    SigV4Auth(credentials, "s3", environment["AWS_REGION"]).add_auth(request)
    headers = {name.replace("-", "_"): value for name, value in request.headers.items()}
    assert send(path, method, b"{}" if method == "POST" else None, **headers)[0] == 403
    assert len(account.iam.list_users()["Users"]) == users


def test_anonymous_requests_to_s3_are_denied(account: Any, send: Any) -> None:
    """S3 returns AccessDenied, whether or not the bucket and the key exist."""
    bucket = account.bucket("bob/one")
    for method, path in (
        ("GET", "/"),
        ("GET", f"/{bucket}"),
        ("GET", f"/{bucket}/bob/one"),
        ("HEAD", f"/{bucket}/bob/one"),
        ("GET", "/no-such-bucket/x"),
        ("PUT", f"/{bucket}/bob/two"),
        ("DELETE", f"/{bucket}/bob/one"),
        ("OPTIONS", f"/{bucket}/bob/one"),
    ):
        status, body = send(path, method, b"x" if method == "PUT" else None)
        assert status == 403, (method, path)
        assert method == "HEAD" or "<Code>AccessDenied</Code>" in body
    form = "multipart/form-data; boundary=x"
    assert send(f"/{bucket}", "POST", b"--x--", Content_Type=form)[0] == 403
    assert account.outcome(account.s3.head_object, Bucket=bucket, Key="bob/one") == "allowed"


def test_a_bucket_policy_does_not_make_a_bucket_public(account: Any, send: Any) -> None:
    """Public access stays blocked, as for every new bucket on AWS."""
    bucket = account.bucket("bob/one")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    account.outcome(account.s3.put_bucket_policy, Bucket=bucket, Policy=account.document(statement))
    assert send(f"/{bucket}/bob/one")[0] == 403


@pytest.mark.parametrize("action", ["GetCallerIdentity", "AssumeRole", "AssumeRoleWithSAML", "ListUsers"])
def test_anonymous_requests_to_sts_and_iam_are_refused(send: Any, action: str) -> None:
    """The error is MissingAuthenticationToken."""
    body = urllib.parse.urlencode({"Action": action, "Version": "2011-06-15"}).encode()
    status, response = send("/", "POST", body, Content_Type="application/x-www-form-urlencoded")
    assert status == 403
    assert "<Code>MissingAuthenticationToken</Code>" in response


@pytest.mark.parametrize(
    "authorization",
    [
        "AWS4-HMAC-SHA256 Credential=/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00",
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 nothing",
        "AWS4-ECDSA-P256-SHA256 Credential=test/20260101/s3/aws4_request, SignedHeaders=host, Signature=00",
        "AWS test:signature",
        "AWS :signature",
        "Bearer test",
    ],
)
def test_a_made_up_authorization_header_is_refused(account: Any, send: Any, authorization: str) -> None:
    """A header that only looks like a signature allows no listing, reading or writing."""
    bucket = account.bucket("bob/one")
    for method, path in (("GET", "/"), ("GET", f"/{bucket}/bob/one"), ("PUT", f"/{bucket}/bob/two")):
        status, _ = send(path, method, b"x" if method == "PUT" else None, Authorization=authorization)
        assert status in (400, 403), (method, path)
    assert account.outcome(account.s3.head_object, Bucket=bucket, Key="bob/two") == "404"


@pytest.mark.parametrize(
    "query",
    [
        "X-Amz-Credential=test/20260101/us-east-1/s3/aws4_request",
        "AWSAccessKeyId=test&Signature=x&Expires=99999999999",
        "AWSAccessKeyId=&Signature=x&Expires=99999999999",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=test/20260101/us-east-1/s3/aws4_request"
        "&X-Amz-Date=20260101T000000Z&X-Amz-Expires=604800&X-Amz-SignedHeaders=host&X-Amz-Signature=00",
        "x-amz-credential=123456789012/20260101/us-east-1/s3/aws4_request",
    ],
)
def test_a_made_up_signature_in_the_query_is_refused(account: Any, send: Any, query: str) -> None:
    """A query that only looks like that of a presigned URL allows no listing or reading."""
    bucket = account.bucket("bob/one")
    for path in ("/", f"/{bucket}", f"/{bucket}/bob/one"):
        assert send(f"{path}?{query}")[0] in (400, 403), path


def test_a_request_that_names_two_operations_is_refused(account: Any) -> None:
    """ministack could authorize one operation and perform the other."""
    _, session = account.user()
    credentials = session.get_credentials().get_frozen_credentials()
    url = f"{account.instance.url}/?Action=GetCallerIdentity&Version=2011-06-15"
    body = "Action=AssumeRole&Version=2011-06-15&RoleSessionName=bob&RoleArn=" + account.role("*")
    request = AWSRequest("POST", url, {"Content-Type": "application/x-www-form-urlencoded"}, body)
    SigV4Auth(credentials, "sts", "us-east-1").add_auth(request)
    tls_context = ssl.create_default_context(cafile=account.instance.environment["AWS_CA_BUNDLE"])
    signed_request = urllib.request.Request(url, body.encode(), dict(request.headers), method="POST")  # noqa: S310
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(signed_request, context=tls_context)  # noqa: S310
    assert caught.value.code == 400


def test_the_access_log_has_every_request_and_no_secret(account: Any) -> None:
    """Each request is one JSON line with time, action and status."""
    session = account.role_session(account.allow("s3:*"))
    keys = session.get_credentials().get_frozen_credentials()
    account.client(session, "s3").list_buckets()
    access_log = account.instance.access_log.read_text()
    lines = [json.loads(line) for line in access_log.splitlines()]
    assert all(set(line) == {"time", "action", "status"} for line in lines)
    assert {"action": "s3:ListAllMyBuckets", "status": 200}.items() <= lines[-1].items()
    assert any(line["action"] == "sts:AssumeRole" and line["status"] == 200 for line in lines)
    for secret in (keys.access_key, keys.secret_key, keys.token):
        assert secret not in access_log
