"""What is refused before ministack sees it."""

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


@pytest.fixture(name="ask", scope="module")
def asker(world: Any) -> Any:
    """Return a function that sends one plain HTTPS request, and returns its status and body."""
    trusted = ssl.create_default_context(cafile=world.instance.environment["AWS_CA_BUNDLE"])

    def send(path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(world.instance.url + path, body, named, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, context=trusted) as answer:  # noqa: S310
                return int(answer.status), answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    return send


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
def test_the_back_doors_of_ministack_are_closed(world: Any, ask: Any, method: str, path: str) -> None:
    """Its reset, configuration and inspection aren't AWS, for nobody, signed or not."""
    users = len(world.iam.list_users()["Users"])
    assert ask(path, method, b"{}" if method == "POST" else None)[0] == 403
    environment = world.instance.environment
    request = AWSRequest(method, world.instance.url + path, data=b"{}" if method == "POST" else b"")
    credentials = world.instance.deployer.get_credentials()
    SigV4Auth(credentials, "s3", environment["AWS_REGION"]).add_auth(request)
    headers = {name.replace("-", "_"): value for name, value in request.headers.items()}
    assert ask(path, method, b"{}" if method == "POST" else None, **headers)[0] == 403
    assert len(world.iam.list_users()["Users"]) == users


def test_anonymous_requests_to_s3_are_denied(world: Any, ask: Any) -> None:
    """Without a signature S3 answers AccessDenied, whether or not there is such a bucket or key."""
    bucket = world.bucket("bob/one")
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
        status, body = ask(path, method, b"x" if method == "PUT" else None)
        assert status == 403, (method, path)
        assert method == "HEAD" or "<Code>AccessDenied</Code>" in body
    form = "multipart/form-data; boundary=x"
    assert ask(f"/{bucket}", "POST", b"--x--", Content_Type=form)[0] == 403
    assert world.outcome(world.s3.head_object, Bucket=bucket, Key="bob/one") == "allowed"


def test_a_public_bucket_policy_does_not_make_a_bucket_public(world: Any, ask: Any) -> None:
    """Public access stays blocked, as it is for every new bucket of AWS."""
    bucket = world.bucket("bob/one")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    world.outcome(world.s3.put_bucket_policy, Bucket=bucket, Policy=world.document(statement))
    assert ask(f"/{bucket}/bob/one")[0] == 403


@pytest.mark.parametrize("action", ["GetCallerIdentity", "AssumeRole", "AssumeRoleWithWebIdentity", "ListUsers"])
def test_other_services_ask_for_a_token(ask: Any, action: str) -> None:
    """An unsigned call of STS or IAM is MissingAuthenticationToken."""
    body = urllib.parse.urlencode({"Action": action, "Version": "2011-06-15"}).encode()
    status, text = ask("/", "POST", body, Content_Type="application/x-www-form-urlencoded")
    assert status == 403
    assert "<Code>MissingAuthenticationToken</Code>" in text


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
def test_a_made_up_signature_opens_nothing(world: Any, ask: Any, authorization: str) -> None:
    """A header that only looks like a signature is refused for listing, reading and writing."""
    bucket = world.bucket("bob/one")
    for method, path in (("GET", "/"), ("GET", f"/{bucket}/bob/one"), ("PUT", f"/{bucket}/bob/two")):
        status, _ = ask(path, method, b"x" if method == "PUT" else None, Authorization=authorization)
        assert status in (400, 403), (method, path)
    assert world.outcome(world.s3.head_object, Bucket=bucket, Key="bob/two") == "404"


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
def test_a_made_up_signature_in_the_query_opens_nothing(world: Any, ask: Any, query: str) -> None:
    """The same for what only looks like a presigned URL."""
    bucket = world.bucket("bob/one")
    for path in ("/", f"/{bucket}", f"/{bucket}/bob/one"):
        assert ask(f"{path}?{query}")[0] in (400, 403), path


def test_one_request_names_one_operation(world: Any) -> None:
    """Two places that name an action are refused: one could be authorized and the other done."""
    _, session = world.user()
    credentials = session.get_credentials().get_frozen_credentials()
    url = f"{world.instance.url}/?Action=GetCallerIdentity&Version=2011-06-15"
    body = "Action=AssumeRole&Version=2011-06-15&RoleSessionName=bob&RoleArn=" + world.role("*")
    request = AWSRequest("POST", url, {"Content-Type": "application/x-www-form-urlencoded"}, body)
    SigV4Auth(credentials, "sts", "us-east-1").add_auth(request)
    trusted = ssl.create_default_context(cafile=world.instance.environment["AWS_CA_BUNDLE"])
    sent = urllib.request.Request(url, body.encode(), dict(request.headers), method="POST")  # noqa: S310
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(sent, context=trusted)  # noqa: S310
    assert caught.value.code == 400


def test_the_access_log_counts_calls_and_holds_no_secret(world: Any) -> None:
    """Each request is one JSON line with time, action and status."""
    session = world.borrower(world.allow("s3:*"))
    keys = session.get_credentials().get_frozen_credentials()
    world.client(session, "s3").list_buckets()
    text = world.instance.access_log.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert all(set(line) == {"time", "action", "status"} for line in lines)
    assert {"action": "s3:ListAllMyBuckets", "status": 200}.items() <= lines[-1].items()
    assert any(line["action"] == "sts:AssumeRole" and line["status"] == 200 for line in lines)
    for secret in (keys.access_key, keys.secret_key, keys.token):
        assert secret not in text
