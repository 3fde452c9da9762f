"""Whoever has no access key can do nothing, on any path: the signature is verified before anything else is read."""

import contextlib
import http.client
import itertools
import json
import ssl
import time
import urllib.parse
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from temp_access.local_aws.control import status

pytestmark = pytest.mark.integration
SCOPE = "20260101/us-east-1/s3/aws4_request"
PATHS = (
    *("/", "/v2/", "/v2/x/blobs/uploads/", "/v2/x/manifests/latest", "/v2/_catalog", "/v2/x/tags/list"),
    *("/v2/email/identities", "/v2/apis", "/graphql", "/oauth2/token", "/.well-known/jwks.json", "/login"),
    *("/iceberg/v1/config", "/v20180820/mrap/instances", "/environments", "/key-value-stores/x", "/restapi/x"),
    *("/WriteGetObjectResponse", "/2015-03-31/functions", "/Execute", "/ready", "/federation/x", "/_ministack/reset"),
)
QUERIES = ("", "Signature=x", "AWSAccessKeyId=x&Signature=x&Expires=99999999999", f"X-Amz-Credential=x/{SCOPE}")
MADE_UP = f"AWS4-HMAC-SHA256 Credential=x/{SCOPE}, SignedHeaders=host, Signature=0"
AUTHORIZATIONS = ("", "AWS x:y", "Basic eDp5", MADE_UP)


class Stranger:
    """Sends requests that no access key signed."""

    def __init__(self, account: Any) -> None:
        environment = account.instance.environment
        self._port = account.instance.port
        self._tls_context = ssl.create_default_context(cafile=environment["AWS_CA_BUNDLE"])

    def connect(self) -> http.client.HTTPSConnection:
        """Return a new connection."""
        return http.client.HTTPSConnection("127.0.0.1", self._port, context=self._tls_context, timeout=30)

    def send(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """Return the status and body of the response."""
        connection = self.connect()
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()


@pytest.fixture(name="stranger")
def _stranger(account: Any) -> Stranger:
    return Stranger(account)


def resident_bytes(account: Any) -> int:
    """Return the server's memory."""
    statm = Path(f"/proc/{status(account.instance.state_dir).pid}/statm")
    if not statm.exists():
        pytest.skip("this system has no /proc")
    return int(statm.read_text().split()[1]) * 4096


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"])
def test_a_request_without_a_right_signature_is_refused_on_every_path(stranger: Stranger, method: str) -> None:
    """A made-up signature opens nothing, such as ministack's container registry, and the answer tells nothing."""
    connection = stranger.connect()
    for path, query, authorization in itertools.product(PATHS, QUERIES, AUTHORIZATIONS):
        headers = {"Authorization": authorization} if authorization else {}
        connection.request(method, f"{path}?{query}", b"{}" if method in ("PUT", "POST") else None, headers)
        response = connection.getresponse()
        text = response.read().decode()
        assert response.status in (400, 403), (path, query, authorization)
        assert "ministack" not in text.lower()
        assert "hypercorn" not in str(response.headers).lower()
    connection.close()


def test_a_refusal_is_dated_and_named(stranger: Stranger) -> None:
    """As each answer of AWS: clients compare their clocks with the date, and tell it from a proxy's by the id."""
    connection = stranger.connect()
    connection.request("GET", "/bucket/key", headers={"Authorization": MADE_UP})
    headers = connection.getresponse().headers
    connection.close()
    assert abs(parsedate_to_datetime(headers["Date"]).timestamp() - time.time()) < 60
    assert headers["x-amz-request-id"] == headers["x-amzn-requestid"] != ""


@pytest.mark.parametrize("path", ["/v2/", "/v2/x/blobs/uploads/", "/v2/x/manifests/latest", "/v2/_catalog"])
def test_nobody_reaches_the_container_registry(account: Any, stranger: Stranger, path: str) -> None:
    """ministack asks IAM nothing about it, so that a key without any permission would do."""
    _, session = account.user()
    request = AWSRequest("POST", account.instance.url + path, data=b"x")
    SigV4Auth(session.get_credentials(), "ecr", "us-east-1").add_auth(request)
    assert stranger.send("POST", path, b"x", dict(request.headers.items()))[0] == 403


def test_a_body_that_was_not_signed_is_refused(account: Any, stranger: Stranger) -> None:
    """The hash in the head is the one of the body, and without it the signature covers the body itself."""
    credentials = account.instance.deployer.get_credentials()
    url, body = account.instance.url + "/", b"Action=GetCallerIdentity&Version=2011-06-15"
    for hashed in (False, True):
        request = AWSRequest("POST", url, {"Content-Type": "application/x-www-form-urlencoded"}, body)
        if hashed:
            signer = SigV4Auth(credentials, "sts", "us-east-1")
            request.headers["X-Amz-Content-SHA256"] = signer.payload(request)
        SigV4Auth(credentials, "sts", "us-east-1").add_auth(request)
        headers = dict(request.headers.items())
        assert stranger.send("POST", "/", body, headers)[0] == 200
        code, text = stranger.send("POST", "/", body.replace(b"GetCallerIdentity", b"GetSessionToken"), headers)
        assert code in (400, 403)
        assert ("XAmzContentSHA256Mismatch" if hashed else "SignatureDoesNotMatch") in text


def test_a_signature_header_sent_twice_is_refused(account: Any, stranger: Stranger) -> None:
    """One value could be verified and the other one used."""
    connection = stranger.connect()
    request = AWSRequest("GET", account.instance.url + "/")
    SigV4Auth(account.instance.deployer.get_credentials(), "s3", "us-east-1").add_auth(request)
    connection.putrequest("GET", "/")
    for name, value in (*request.headers.items(), ("Authorization", request.headers["Authorization"])):
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == 400
    connection.close()


@pytest.mark.parametrize(
    ("query", "authorization"),
    [
        ("", "AWS4-HMAC-SHA256 Credential=////, SignedHeaders=;;, Signature="),
        ("", "AWS4-HMAC-SHA256 Credential=\xe9/20260101/us-east-1/s3/aws4_request, SignedHeaders=\xe9, Signature=\xe9"),
        ("", "AWS4-HMAC-SHA256 " + "=" * 5000),
        ("", "AWS4-HMAC-SHA256 " + "," * 5000),
        ("", "AWS"),
        ("", "AWS4-"),
        ("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=&X-Amz-Signature=&X-Amz-Date=x&X-Amz-Expires=x", ""),
        (f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=x/{SCOPE}&X-Amz-Date=x&X-Amz-Expires=-1"
         "&X-Amz-SignedHeaders=host&X-Amz-Signature=\xe9", ""),
        ("X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&X-Amz-Credential=x/20260101/s3/aws4_request&X-Amz-Signature=0", ""),
        ("AWSAccessKeyId=x&Signature=x&Expires=" + "9" * 5000, ""),
        ("AWSAccessKeyId=x&Signature=x&Expires=²", ""),
    ],
)  # fmt: skip
def test_a_garbled_signature_is_a_plain_refusal(stranger: Stranger, query: str, authorization: str) -> None:
    """The server's own errors would be 500."""
    headers = {"Authorization": authorization} if authorization else {}
    code, _ = stranger.send("GET", "/x/y?" + urllib.parse.quote(query, safe="=&/"), headers=headers)
    assert code in (400, 403)


@pytest.mark.parametrize("path", ["/bucket/%", "/bucket/%zz", "/bucket/%ff", "/bucket/%00", "*", "x", "http://x/y"])
def test_a_target_that_is_no_path_is_refused(stranger: Stranger, path: str) -> None:
    """A path begins with a slash, and encodes UTF-8."""
    assert stranger.send("GET", path)[0] == 400


def test_a_key_with_too_many_relative_segments_is_refused(account: Any) -> None:
    """Read from the left, it never has more of them than other segments."""
    bucket = account.bucket()
    for key in ("a/../b", "a/b/../../c", "a/.."):
        assert account.outcome(account.s3.put_object, Bucket=bucket, Key=key, Body=b"x") == "allowed", key
    for key in ("../b", "a/../../b", "a/../b/../../c", "..", "./../b"):
        assert account.outcome(account.s3.put_object, Bucket=bucket, Key=key, Body=b"x") == "InvalidURI", key


def test_the_body_of_a_stranger_is_not_kept(account: Any, stranger: Stranger) -> None:
    """Bodies of 100 MB reach the server's socket, and never its memory."""
    before = resident_bytes(account)
    for _ in range(3):
        connection = stranger.connect()
        connection.putrequest("PUT", "/v2/x/blobs/uploads/1?Signature=x")
        connection.putheader("Content-Length", str(100 * 1024 * 1024))
        connection.endheaders()
        with contextlib.suppress(OSError):
            for _ in range(100):
                connection.send(bytes(1024 * 1024))
        connection.close()
    assert resident_bytes(account) - before < 30 * 1024 * 1024
    assert account.outcome(account.s3.list_buckets) == "allowed"


def test_a_known_key_id_alone_gives_no_large_body(account: Any, stranger: Stranger) -> None:
    """Until the signature is known to be right, at most 8 MB are read."""
    key = account.instance.environment["AWS_ACCESS_KEY_ID"]
    request = AWSRequest("POST", account.instance.url + "/", {"Content-Type": "text/plain"}, b"x")
    SigV4Auth(Credentials(key, "wrong"), "sts", "us-east-1").add_auth(request)
    headers = dict(request.headers.items())
    assert "SignatureDoesNotMatch" in stranger.send("POST", "/", bytes(7 * 1024 * 1024), headers)[1]
    assert "EntityTooLarge" in stranger.send("POST", "/", bytes(8 * 1024 * 1024 + 1), headers)[1]


def test_json_that_is_nested_deeply_is_refused(account: Any, stranger: Stranger) -> None:
    """It is an error of the caller, at the sign-in endpoint and in policies."""
    for deep in ("[" * 6000, '{"a":' * 3000, "[" * 3000 + "]" * 3000):
        form = urllib.parse.urlencode({"Action": "getSigninToken", "Session": deep})
        assert stranger.send("GET", f"/federation?{form}")[0] in (400, 431)
        assert stranger.send("POST", "/federation", form.encode())[0] == 400
    for deep in ("[" * 1100, '{"Statement":' * 150):
        user, caller = account.user()
        arn = account.role(user)
        assert account.outcome(account.assume, caller=caller, role=arn, policy=deep) == "MalformedPolicyDocument"
        name = arn.rpartition("/")[2]
        put = {"RoleName": name, "PolicyName": "own", "PolicyDocument": deep}
        assert account.outcome(account.iam.put_role_policy, **put) == "MalformedPolicyDocument"
        update = {"RoleName": name, "PolicyDocument": deep}
        assert account.outcome(account.iam.update_assume_role_policy, **update) == "MalformedPolicyDocument"
        bucket = account.bucket()
        assert account.outcome(account.s3.put_bucket_policy, Bucket=bucket, Policy=deep) == "MalformedPolicy"


def test_a_sign_in_form_is_small(stranger: Stranger) -> None:
    """More than 64 KB are refused."""
    assert stranger.send("POST", "/federation", b"Action=login&x=" + b"x" * 70_000)[0] == 400


def test_the_head_of_a_request_is_small(account: Any, stranger: Stranger) -> None:
    """More than 16 KB are refused, whether they come at once or in pieces, and the server serves the next request."""
    for headers in ({"X-Long": "x" * 20_000}, {f"X-{n}": "x" * 30 for n in range(1000)}):
        # 431 if the limit is met before the head has come as a whole.
        assert stranger.send("GET", "/", headers=headers)[0] in (400, 431)
    connection = stranger.connect()
    connection.connect()
    with contextlib.suppress(OSError):
        connection.sock.sendall(b"GET / HTTP/1.1\r\n")
        for _ in range(1000):
            connection.sock.sendall(b"X: y\r\n" * 100)
    with contextlib.suppress(OSError):
        assert connection.sock.recv(100).startswith(b"HTTP/1.1 4")
    assert account.outcome(account.s3.list_buckets) == "allowed"


def test_a_head_that_does_not_come_ends_the_connection(account: Any, stranger: Stranger) -> None:
    """A new connection has ten seconds for its first request, however slowly the bytes come."""
    connection = stranger.connect()
    connection.connect()
    connection.sock.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
    began = time.monotonic()
    with contextlib.suppress(OSError):
        while time.monotonic() - began < 25:
            connection.sock.sendall(b"x")
            time.sleep(0.2)
    assert 8 < time.monotonic() - began < 20
    assert account.outcome(account.s3.list_buckets) == "allowed"


def test_the_health_answer_names_the_process_only(account: Any, stranger: Stranger) -> None:
    """`start` compares it with the process that it started."""
    code, text = stranger.send("GET", "/_local_aws/health")
    assert (code, set(json.loads(text))) == (200, {"pid", "port"})
