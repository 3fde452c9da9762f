"""The key that a request names, taken literally, and what a caller learns of a missing one."""

import socket
import ssl
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config

pytestmark = pytest.mark.integration
_READS = ("s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectAcl", "s3:GetObjectAttributes", "s3:PutObjectTagging")


def session(account: Any, bucket: str, *, lists: bool) -> Any:
    """Return a client of a session for `bob/`, which may list that prefix or nothing."""
    objects = f"arn:aws:s3:::{bucket}/bob/*"
    listing = account.allow("s3:ListBucket", Condition={"StringLike": {"s3:prefix": "bob/*"}})
    statements = [account.allow([*_READS, "s3:PutObject", "s3:DeleteObject"], objects), *([listing] if lists else [])]
    return account.client(account.role_session(*statements), "s3")


@pytest.mark.parametrize("lists", [True, False])
def test_a_missing_key_is_missing_only_to_a_caller_that_may_list_it(account: Any, lists: bool) -> None:
    """S3 asks s3:ListBucket with the key as s3:prefix, and answers 404 where that is allowed, else 403.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    https://github.com/ceph/s3-tests/pull/741 (test_head_object_404_with_policy_prefix)
    https://github.com/kopia/kopia/pull/3072 (tried on AWS)
    """
    bucket = account.bucket("bob/one", "eve/one")
    s3 = session(account, bucket, lists=lists)
    missing, source = {"Bucket": bucket, "Key": "bob/nope"}, f"{bucket}/bob/nope"
    upload = {"Bucket": bucket, "Key": "bob/parts"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    expected = "NoSuchKey" if lists else "AccessDenied"
    assert account.outcome(s3.head_object, **missing) == ("404" if lists else "403")
    assert account.outcome(s3.get_object, **missing) == expected
    assert account.outcome(s3.get_object_tagging, **missing) == expected
    assert account.outcome(s3.put_object_tagging, **missing, Tagging={"TagSet": []}) == expected
    assert account.outcome(s3.get_object_acl, **missing) == expected
    assert account.outcome(s3.get_object_attributes, **missing, ObjectAttributes=["ETag"]) == expected
    assert account.outcome(s3.copy_object, Bucket=bucket, Key="bob/two", CopySource=source) == expected
    assert account.outcome(s3.upload_part_copy, **upload, PartNumber=1, CopySource=source) == expected
    assert account.outcome(s3.get_object, Bucket=bucket, Key="bob/one") == "allowed"
    # A key that can't be read isn't missing to anybody, whatever may be listed.
    assert account.outcome(s3.get_object, Bucket=bucket, Key="eve/nope") == "AccessDenied"
    assert account.outcome(s3.head_object, Bucket=bucket, Key="eve/nope") == "403"
    assert account.outcome(s3.head_object, Bucket=bucket, Key="bob") == "403"


def test_deleting_a_missing_key_works(account: Any) -> None:
    """DeleteObject doesn't say whether the key was there. https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html"""
    bucket = account.bucket()
    s3 = session(account, bucket, lists=False)
    assert account.outcome(s3.delete_object, Bucket=bucket, Key="bob/nope") == "allowed"
    assert account.outcome(s3.delete_object, Bucket=bucket, Key="eve/nope") == "AccessDenied"


def test_a_missing_upload_is_missing_to_every_caller_of_the_action(account: Any) -> None:
    """An upload isn't an object: NoSuchUpload doesn't depend on ListBucket."""
    bucket = account.bucket()
    s3 = session(account, bucket, lists=False)
    part = {"Bucket": bucket, "Key": "bob/x", "UploadId": "no-such", "PartNumber": 1}
    assert account.outcome(s3.upload_part, **part, Body=b"x") == "NoSuchUpload"


def test_a_missing_bucket_is_missing_to_every_caller(account: Any) -> None:
    """The rule is about objects; a bucket that doesn't exist answers NoSuchBucket."""
    s3 = account.client(account.role_session(account.allow("s3:GetObject")), "s3")
    assert account.outcome(s3.get_object, Bucket="no-such-bucket-here", Key="bob/x") == "NoSuchBucket"


def test_a_condition_on_the_present_etag_needs_permission_to_read(account: Any) -> None:
    """Without GetObject, If-Match would tell a writer what the object is."""
    bucket = account.bucket("bob/one")
    writer = account.client(account.role_session(account.allow("s3:PutObject")), "s3")
    put = {"Bucket": bucket, "Key": "bob/one", "Body": b"x"}
    assert account.outcome(writer.put_object, **put, IfMatch='"0"') == "AccessDenied"
    assert account.outcome(writer.put_object, **put, IfNoneMatch="*") == "PreconditionFailed"


@pytest.mark.parametrize("style", ["path", "virtual"])
def test_the_key_is_all_that_follows_the_bucket(account: Any, style: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty and dotted segments belong to it, in both styles of addressing; a marker ends in a slash."""
    # Not every system resolves the names below localhost.
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *args, **kw: resolve("127.0.0.1", *args, **kw))
    bucket = account.bucket()
    credentials = account.role_session(account.allow("s3:*Object", f"arn:aws:s3:::{bucket}/bob/*"))
    s3 = credentials.client(
        "s3",
        endpoint_url=f"https://localhost:{account.instance.port}",
        config=Config(s3={"addressing_style": style}, retries={"total_max_attempts": 1}),
    )
    inside = (
        "bob/",
        "bob//",
        "bob//x",
        "bob/d/",
        "bob/d//",
        "bob/./x",
        "bob/../eve/x",
        "bob/x y+z%2F",
        "bob/ä",
        "bob/?#",
    )
    for key in inside:
        for call, body in ((s3.put_object, {"Body": b"x"}), (s3.get_object, {}), (s3.head_object, {})):
            assert account.outcome(call, Bucket=bucket, Key=key, **body) == "allowed", (key, call)
    listed = [item["Key"] for item in account.s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert listed == sorted(inside)
    for key in ("/bob/x", "//bob/x", "./bob/x", "x/../bob/x", "bob", "bob%2Fx", "/", "//"):
        assert account.outcome(s3.put_object, Bucket=bucket, Key=key, Body=b"x") == "AccessDenied", key
        assert account.outcome(s3.delete_object, Bucket=bucket, Key=key) == "AccessDenied", key
    for key in inside:
        assert account.outcome(s3.delete_object, Bucket=bucket, Key=key) == "allowed", key


def test_a_key_of_slashes_is_not_the_bucket(account: Any) -> None:
    """A permission on the bucket alone gives nothing on its objects, nor the other way round."""
    bucket = account.bucket("/", "//")
    only_bucket = account.client(account.role_session(account.allow("s3:*", f"arn:aws:s3:::{bucket}")), "s3")
    only_objects = account.client(account.role_session(account.allow("s3:*", f"arn:aws:s3:::{bucket}/*")), "s3")
    for key in ("/", "//"):
        for name, body in (("put_object", {"Body": b"x"}), ("get_object", {}), ("delete_object", {})):
            target = {"Bucket": bucket, "Key": key, **body}
            assert account.outcome(getattr(only_bucket, name), **target) == "AccessDenied", (name, key)
            assert account.outcome(getattr(only_objects, name), **target) == "allowed", (name, key)


def test_nothing_stands_before_the_bucket(account: Any) -> None:
    """`//bucket/key` isn't another spelling of `/bucket/key`."""
    bucket = account.bucket("bob/one")
    tls_context = ssl.create_default_context(cafile=account.instance.environment["AWS_CA_BUNDLE"])
    for path, expected in ((f"/{bucket}/bob/one", 200), (f"//{bucket}/bob/one", 400)):
        url = account.instance.url + path
        request = AWSRequest("GET", url)
        S3SigV4Auth(account.instance.deployer.get_credentials(), "s3", "us-east-1").add_auth(request)
        signed = urllib.request.Request(url, headers=dict(request.headers))  # noqa: S310
        try:
            with urllib.request.urlopen(signed, context=tls_context) as response:  # noqa: S310
                status = response.status
        except urllib.error.HTTPError as error:
            status = error.code
        assert status == expected, path
