"""That what S3 calls need is really asked for: each action, on the right resource, by every way in."""

import ssl
import urllib.error
import urllib.request
from typing import Any

import pytest

pytestmark = pytest.mark.integration


def objects(bucket: str, folder: str) -> str:
    """Return the ARN of a folder's objects."""
    return f"arn:aws:s3:::{bucket}/{folder}/*"


def test_a_permissions_boundary_limits_a_role(world: Any) -> None:
    """A session may do what its role's policies and the boundary both allow."""
    boundary = world.iam.create_policy(
        PolicyName=world.name("boundary"), PolicyDocument=world.document(world.allow("s3:GetObject"))
    )["Policy"]["Arn"]
    arn, caller = world.user()
    role = world.role(arn, world.allow("s3:*"), PermissionsBoundary=boundary)
    bucket = world.bucket("bob/one")
    s3 = world.client(world.assume(caller, role), "s3")
    assert world.outcome(s3.get_object, Bucket=bucket, Key="bob/one") == "allowed"
    assert world.outcome(s3.put_object, Bucket=bucket, Key="bob/one") == "AccessDenied"


@pytest.mark.parametrize("call", ["list_objects", "list_objects_v2", "list_object_versions"])
def test_a_prefix_condition_holds_for_every_listing(world: Any, call: str) -> None:
    """s3:prefix is what the request sends; without one, or with another, the listing is denied."""
    bucket = world.bucket("bob/one", "bobby/one")
    condition = {"StringLike": {"s3:prefix": ["bob/*", "bob/"]}}
    actions = ["s3:ListBucket", "s3:ListBucketVersions"]
    session = world.borrower(world.allow("s3:*"), policy=world.document(world.allow(actions, Condition=condition)))
    listing = getattr(world.client(session, "s3"), call)
    assert world.outcome(listing, Bucket=bucket, Prefix="bob/") == "allowed"
    assert world.outcome(listing, Bucket=bucket, Prefix="bob/deeper") == "allowed"
    for parameters in ({}, {"Prefix": ""}, {"Prefix": "bob"}, {"Prefix": "bobby/"}, {"Delimiter": "/"}):
        assert world.outcome(listing, Bucket=bucket, **parameters) == "AccessDenied", parameters


def test_listing_buckets_and_the_bucket_itself_have_no_prefix(world: Any) -> None:
    """HeadBucket and GetBucketLocation fail under a prefix condition."""
    bucket = world.bucket()
    condition = {"StringLike": {"s3:prefix": "bob/*"}}
    s3 = world.client(world.borrower(world.allow(["s3:ListBucket", "s3:GetBucketLocation"], Condition=condition)), "s3")
    assert world.outcome(s3.head_bucket, Bucket=bucket) == "403"
    assert world.outcome(s3.get_bucket_location, Bucket=bucket) == "AccessDenied"


def test_versions_need_actions_of_their_own(world: Any) -> None:
    """Listing, reading and deleting a version aren't ListBucket, GetObject and DeleteObject."""
    bucket = world.bucket()
    world.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = world.s3.put_object(Bucket=bucket, Key="bob/one", Body=b"1")["VersionId"]
    plain = world.client(world.borrower(world.allow(["s3:ListBucket", "s3:GetObject", "s3:DeleteObject"])), "s3")
    named = {"Bucket": bucket, "Key": "bob/one", "VersionId": version}
    assert world.outcome(plain.list_object_versions, Bucket=bucket) == "AccessDenied"
    assert world.outcome(plain.get_object, **named) == "AccessDenied"
    assert world.outcome(plain.delete_object, **named) == "AccessDenied"
    actions = ["s3:ListBucketVersions", "s3:GetObjectVersion", "s3:DeleteObjectVersion"]
    able = world.client(world.borrower(world.allow(actions)), "s3")
    assert world.outcome(able.list_object_versions, Bucket=bucket) == "allowed"
    assert world.outcome(able.get_object, **named) == "allowed"
    assert world.outcome(able.delete_object, **named) == "allowed"


def test_a_copy_reads_its_source(world: Any) -> None:
    """CopyObject and UploadPartCopy need GetObject on the source and PutObject on the target."""
    bucket = world.bucket("bob/one", "eve/one")
    policy = world.allow(["s3:GetObject", "s3:PutObject"], objects(bucket, "bob"))
    s3 = world.client(world.borrower(policy), "s3")
    own = {"Bucket": bucket, "Key": "bob/two", "CopySource": f"{bucket}/bob/one"}
    assert world.outcome(s3.copy_object, **own) == "allowed"
    assert world.outcome(s3.copy_object, **{**own, "CopySource": f"{bucket}/eve/one"}) == "AccessDenied"
    assert world.outcome(s3.copy_object, **{**own, "Key": "eve/two"}) == "AccessDenied"
    upload = s3.create_multipart_upload(Bucket=bucket, Key="bob/three")["UploadId"]
    part = {"Bucket": bucket, "Key": "bob/three", "UploadId": upload, "PartNumber": 1}
    assert world.outcome(s3.upload_part_copy, **part, CopySource=f"{bucket}/eve/one") == "AccessDenied"
    assert world.outcome(s3.upload_part_copy, **part, CopySource=f"{bucket}/bob/one") == "allowed"


def test_a_multipart_upload_needs_put_list_and_abort(world: Any) -> None:
    """PutObject creates, uploads and completes; listing parts and aborting have actions of their own."""
    bucket = world.bucket()
    writer = world.client(world.borrower(world.allow("s3:PutObject", objects(bucket, "bob"))), "s3")
    assert world.outcome(writer.create_multipart_upload, Bucket=bucket, Key="eve/one") == "AccessDenied"
    upload = {"Bucket": bucket, "Key": "bob/one"}
    upload["UploadId"] = writer.create_multipart_upload(**upload)["UploadId"]
    etag = writer.upload_part(**upload, PartNumber=1, Body=b"1")["ETag"]
    assert world.outcome(writer.list_parts, **upload) == "AccessDenied"
    assert world.outcome(writer.abort_multipart_upload, **upload) == "AccessDenied"
    assert world.outcome(writer.list_multipart_uploads, Bucket=bucket) == "AccessDenied"
    reader = world.client(world.borrower(world.allow("s3:ListMultipartUploadParts")), "s3")
    assert world.outcome(reader.list_parts, **upload) == "allowed"
    assert world.outcome(reader.upload_part, **upload, PartNumber=2, Body=b"2") == "AccessDenied"
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    assert world.outcome(reader.complete_multipart_upload, **upload, MultipartUpload=parts) == "AccessDenied"
    assert world.outcome(writer.complete_multipart_upload, **upload, MultipartUpload=parts) == "allowed"
    again = {"Bucket": bucket, "Key": "bob/two"}
    again["UploadId"] = writer.create_multipart_upload(**again)["UploadId"]
    ender = world.client(world.borrower(world.allow("s3:AbortMultipartUpload")), "s3")
    assert world.outcome(ender.abort_multipart_upload, **again) == "allowed"


def test_a_batch_delete_asks_for_every_key(world: Any) -> None:
    """DeleteObjects deletes what the caller may delete, and answers AccessDenied for each of the other keys."""
    bucket = world.bucket("bob/<one>", "bob/two", "bob/three", "eve/one", "eve/two")
    s3 = world.client(world.borrower(world.allow("s3:DeleteObject", objects(bucket, "bob"))), "s3")

    def delete(*keys: str, **more: Any) -> tuple[list[str], list[str]]:
        wanted = {"Objects": [{"Key": key, **more} for key in keys]}
        answer = s3.delete_objects(Bucket=bucket, Delete=wanted)
        errors = answer.get("Errors", [])
        assert {error["Code"] for error in errors} <= {"AccessDenied"}
        return [one["Key"] for one in answer.get("Deleted", [])], [error["Key"] for error in errors]

    assert delete("bob/<one>", "eve/one") == (["bob/<one>"], ["eve/one"])
    assert delete("eve/one", "bob/two") == (["bob/two"], ["eve/one"])
    assert delete("eve/one", "eve/two") == ([], ["eve/one", "eve/two"])
    assert delete("bob/three", VersionId="null") == ([], ["bob/three"])
    assert delete("bob/three") == (["bob/three"], [])
    left = [item["Key"] for item in world.s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert left == ["eve/one", "eve/two"]


def test_a_presigned_url_can_do_what_its_signer_can(world: Any) -> None:
    """A URL carries its signer's permissions, and nothing of it may be changed."""
    bucket = world.bucket("bob/one", "eve/one")
    s3 = world.client(world.borrower(world.allow("s3:GetObject", objects(bucket, "bob"))), "s3")
    trusted = ssl.create_default_context(cafile=world.instance.environment["AWS_CA_BUNDLE"])

    def status(url: str, method: str = "GET") -> int:
        request = urllib.request.Request(url, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, context=trusted) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def signed(key: str, call: str = "get_object") -> str:
        return str(s3.generate_presigned_url(call, Params={"Bucket": bucket, "Key": key}))

    assert status(signed("bob/one")) == 200
    assert status(signed("eve/one")) == 403
    assert status(signed("bob/one").replace("/bob/", "/eve/")) == 403
    assert status(signed("bob/one"), "DELETE") == 403
    assert status(signed("bob/two", "put_object"), "PUT") == 403
    key = s3._request_signer._credentials.access_key
    assert status(signed("bob/one").replace(key, "test")) == 403
    assert status(signed("bob/one").partition("?")[0]) == 403


def test_a_bucket_policy_can_deny_and_allow(world: Any) -> None:
    """A bucket policy that names the user is enough; its Deny wins over everything."""
    bucket = world.bucket("bob/one")
    arn, session = world.user()
    s3 = world.client(session, "s3")
    get = {"Bucket": bucket, "Key": "bob/one"}
    assert world.outcome(s3.get_object, **get) == "AccessDenied"
    statement = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "s3:GetObject"}
    statement["Resource"] = objects(bucket, "bob")
    world.s3.put_bucket_policy(Bucket=bucket, Policy=world.document(statement))
    assert world.outcome(s3.get_object, **get) == "allowed"
    deny = {**statement, "Effect": "Deny", "Principal": "*"}
    world.s3.put_bucket_policy(Bucket=bucket, Policy=world.document(statement, deny))
    assert world.outcome(s3.get_object, **get) == "AccessDenied"
    assert world.outcome(world.s3.get_object, **get) == "AccessDenied"


def test_a_bucket_policy_naming_the_session_bypasses_the_session_policy(world: Any) -> None:
    """Naming the session's ARN grants past the session policy; naming the role's ARN doesn't."""
    bucket = world.bucket("bob/one")
    arn, caller = world.user()
    role = world.role(arn)
    session = world.assume(caller, role, world.document(world.allow("s3:ListBucket")))
    s3 = world.client(session, "s3")
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": objects(bucket, "bob")}
    named_role = world.document({**statement, "Principal": {"AWS": role}})
    world.s3.put_bucket_policy(Bucket=bucket, Policy=named_role)
    assert world.outcome(s3.get_object, Bucket=bucket, Key="bob/one") == "AccessDenied"
    whole = world.client(world.assume(caller, role), "s3")
    assert world.outcome(whole.get_object, Bucket=bucket, Key="bob/one") == "allowed"
    session_arn = world.client(session, "sts").get_caller_identity()["Arn"]
    named_session = world.document({**statement, "Principal": {"AWS": session_arn}})
    world.s3.put_bucket_policy(Bucket=bucket, Policy=named_session)
    assert world.outcome(s3.get_object, Bucket=bucket, Key="bob/one") == "allowed"


def test_a_deny_for_all_but_named_principals_denies_the_others(world: Any) -> None:
    """NotPrincipal spares the user it names, and of a role's sessions only those named beside the role."""
    bucket = world.bucket("bob/one")
    arn, spared = world.user(world.allow("s3:*"))
    _, other = world.user(world.allow("s3:*"))
    role = world.role(arn, world.allow("s3:*"))
    session = world.assume(spared, role)
    session_arn = world.client(session, "sts").get_caller_identity()["Arn"]
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": objects(bucket, "bob")}
    get = {"Bucket": bucket, "Key": "bob/one"}
    for named, expected in (([arn, role], "AccessDenied"), ([arn, role, session_arn], "allowed")):
        policy = world.document({**deny, "NotPrincipal": {"AWS": named}})
        world.s3.put_bucket_policy(Bucket=bucket, Policy=policy)
        assert world.outcome(world.client(spared, "s3").get_object, **get) == "allowed"
        assert world.outcome(world.client(other, "s3").get_object, **get) == "AccessDenied"
        assert world.outcome(world.client(session, "s3").get_object, **get) == expected


def test_a_write_with_tags_or_an_acl_needs_more_than_put_object(world: Any) -> None:
    """PutObjectTagging, PutObjectAcl and the lock's actions are asked for beside PutObject."""
    bucket = world.bucket()
    key = {"Bucket": bucket, "Key": "bob/one"}
    s3 = world.client(world.borrower(world.allow("s3:PutObject")), "s3")
    assert world.outcome(s3.put_object, **key) == "allowed"
    for extra in ({"Tagging": "a=b"}, {"ACL": "public-read"}, {"ObjectLockLegalHoldStatus": "ON"}):
        assert world.outcome(s3.put_object, **key, **extra) == "AccessDenied", extra
    assert world.outcome(s3.create_multipart_upload, **key, Tagging="a=b") == "AccessDenied"
    able = world.client(world.borrower(world.allow(["s3:PutObject", "s3:PutObjectTagging"])), "s3")
    assert world.outcome(able.put_object, **key, Tagging="a=b") == "allowed"


def test_a_missing_key_is_forbidden_without_list_bucket(world: Any) -> None:
    """GetObject and HeadObject answer 404 only to a caller that may list the bucket."""
    bucket = world.bucket("bob/one")
    blind = world.client(world.borrower(world.allow("s3:GetObject")), "s3")
    seeing = world.client(world.borrower(world.allow(["s3:GetObject", "s3:ListBucket"])), "s3")
    condition = {"StringLike": {"s3:prefix": "bob/*"}}
    partly = world.client(
        world.borrower(world.allow("s3:GetObject"), world.allow("s3:ListBucket", Condition=condition)), "s3"
    )
    missing = {"Bucket": bucket, "Key": "bob/two"}
    assert world.outcome(seeing.get_object, **missing) == "NoSuchKey"
    assert world.outcome(seeing.head_object, **missing) == "404"
    for client in (blind, partly):
        assert world.outcome(client.get_object, **missing) == "AccessDenied"
        assert world.outcome(client.head_object, **missing) == "403"
        assert world.outcome(client.get_object, Bucket=bucket, Key="bob/one") == "allowed"
    copy = {"Bucket": bucket, "Key": "bob/three", "CopySource": f"{bucket}/bob/two"}
    copier = world.client(world.borrower(world.allow(["s3:GetObject", "s3:PutObject"])), "s3")
    assert world.outcome(copier.copy_object, **copy) == "AccessDenied"


def test_other_actions_on_objects_are_denied_too(world: Any) -> None:
    """Reading and writing allow no tags, ACLs, attributes, deletion or bucket settings."""
    bucket = world.bucket("bob/one")
    s3 = world.client(world.borrower(world.allow(["s3:GetObject", "s3:PutObject"])), "s3")
    key = {"Bucket": bucket, "Key": "bob/one"}
    assert world.outcome(s3.get_object_tagging, **key) == "AccessDenied"
    assert world.outcome(s3.put_object_tagging, **key, Tagging={"TagSet": []}) == "AccessDenied"
    assert world.outcome(s3.get_object_acl, **key) == "AccessDenied"
    assert world.outcome(s3.delete_object, **key) == "AccessDenied"
    assert world.outcome(s3.get_object_attributes, **key, ObjectAttributes=["ETag"]) == "AccessDenied"
    assert world.outcome(s3.get_bucket_policy, Bucket=bucket) == "AccessDenied"
    assert world.outcome(s3.delete_bucket, Bucket=bucket) == "AccessDenied"
    assert world.outcome(s3.list_buckets) == "AccessDenied"


def test_conditions_on_the_address_and_on_tls_hold(world: Any) -> None:
    """aws:SourceIp and aws:SecureTransport are those of the connection."""
    bucket = world.bucket("bob/one")
    here = {"IpAddress": {"aws:SourceIp": "127.0.0.1/32"}, "Bool": {"aws:SecureTransport": "true"}}
    away = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    for condition, expected in ((here, "allowed"), (away, "AccessDenied"), (plain, "AccessDenied")):
        s3 = world.client(world.borrower(world.allow("s3:GetObject", Condition=condition)), "s3")
        assert world.outcome(s3.get_object, Bucket=bucket, Key="bob/one") == expected
