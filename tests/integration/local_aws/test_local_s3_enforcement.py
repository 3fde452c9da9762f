"""The permissions that S3 calls need: each action on its resource, for every kind of call."""

import ssl
import urllib.error
import urllib.request
from typing import Any

import pytest

pytestmark = pytest.mark.integration


def objects(bucket: str, folder: str) -> str:
    """Return the ARN pattern of a folder's objects."""
    return f"arn:aws:s3:::{bucket}/{folder}/*"


def test_a_permissions_boundary_limits_a_role(account: Any) -> None:
    """A session is allowed what both the role's policies and its boundary allow."""
    boundary = account.iam.create_policy(
        PolicyName=account.name("boundary"), PolicyDocument=account.document(account.allow("s3:GetObject"))
    )["Policy"]["Arn"]
    arn, caller = account.user()
    role = account.role(arn, account.allow("s3:*"), PermissionsBoundary=boundary)
    bucket = account.bucket("bob/one")
    s3 = account.client(account.assume(caller, role), "s3")
    assert account.outcome(s3.get_object, Bucket=bucket, Key="bob/one") == "allowed"
    assert account.outcome(s3.put_object, Bucket=bucket, Key="bob/one") == "AccessDenied"


@pytest.mark.parametrize("call", ["list_objects", "list_objects_v2", "list_object_versions"])
def test_a_prefix_condition_limits_every_listing(account: Any, call: str) -> None:
    """A listing without a prefix, or with another one, is denied."""
    bucket = account.bucket("bob/one", "bobby/one")
    condition = {"StringLike": {"s3:prefix": ["bob/*", "bob/"]}}
    actions = ["s3:ListBucket", "s3:ListBucketVersions"]
    session = account.role_session(
        account.allow("s3:*"), policy=account.document(account.allow(actions, Condition=condition))
    )
    listing = getattr(account.client(session, "s3"), call)
    assert account.outcome(listing, Bucket=bucket, Prefix="bob/") == "allowed"
    assert account.outcome(listing, Bucket=bucket, Prefix="bob/deeper") == "allowed"
    for parameters in ({}, {"Prefix": ""}, {"Prefix": "bob"}, {"Prefix": "bobby/"}, {"Delimiter": "/"}):
        assert account.outcome(listing, Bucket=bucket, **parameters) == "AccessDenied", parameters


def test_a_prefix_condition_denies_calls_without_a_prefix(account: Any) -> None:
    """HeadBucket and GetBucketLocation have no s3:prefix."""
    bucket = account.bucket()
    condition = {"StringLike": {"s3:prefix": "bob/*"}}
    s3 = account.client(
        account.role_session(account.allow(["s3:ListBucket", "s3:GetBucketLocation"], Condition=condition)), "s3"
    )
    assert account.outcome(s3.head_bucket, Bucket=bucket) == "403"
    assert account.outcome(s3.get_bucket_location, Bucket=bucket) == "AccessDenied"


def test_versions_need_actions_of_their_own(account: Any) -> None:
    """ListBucket, GetObject and DeleteObject don't allow listing, reading and deleting versions."""
    bucket = account.bucket()
    account.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = account.s3.put_object(Bucket=bucket, Key="bob/one", Body=b"1")["VersionId"]
    unversioned = account.client(
        account.role_session(account.allow(["s3:ListBucket", "s3:GetObject", "s3:DeleteObject"])), "s3"
    )
    object_version = {"Bucket": bucket, "Key": "bob/one", "VersionId": version}
    assert account.outcome(unversioned.list_object_versions, Bucket=bucket) == "AccessDenied"
    assert account.outcome(unversioned.get_object, **object_version) == "AccessDenied"
    assert account.outcome(unversioned.delete_object, **object_version) == "AccessDenied"
    actions = ["s3:ListBucketVersions", "s3:GetObjectVersion", "s3:DeleteObjectVersion"]
    versioned = account.client(account.role_session(account.allow(actions)), "s3")
    assert account.outcome(versioned.list_object_versions, Bucket=bucket) == "allowed"
    assert account.outcome(versioned.get_object, **object_version) == "allowed"
    assert account.outcome(versioned.delete_object, **object_version) == "allowed"


def test_a_copy_needs_permission_on_its_source(account: Any) -> None:
    """CopyObject and UploadPartCopy need GetObject on the source and PutObject on the target."""
    bucket = account.bucket("bob/one", "eve/one")
    policy = account.allow(["s3:GetObject", "s3:PutObject"], objects(bucket, "bob"))
    s3 = account.client(account.role_session(policy), "s3")
    copy = {"Bucket": bucket, "Key": "bob/two", "CopySource": f"{bucket}/bob/one"}
    assert account.outcome(s3.copy_object, **copy) == "allowed"
    assert account.outcome(s3.copy_object, **{**copy, "CopySource": f"{bucket}/eve/one"}) == "AccessDenied"
    assert account.outcome(s3.copy_object, **{**copy, "Key": "eve/two"}) == "AccessDenied"
    upload = s3.create_multipart_upload(Bucket=bucket, Key="bob/three")["UploadId"]
    part = {"Bucket": bucket, "Key": "bob/three", "UploadId": upload, "PartNumber": 1}
    assert account.outcome(s3.upload_part_copy, **part, CopySource=f"{bucket}/eve/one") == "AccessDenied"
    assert account.outcome(s3.upload_part_copy, **part, CopySource=f"{bucket}/bob/one") == "allowed"


def test_each_call_of_a_multipart_upload_needs_its_permission(account: Any) -> None:
    """PutObject allows create, upload and complete; listing parts and aborting need actions of their own."""
    bucket = account.bucket()
    writer = account.client(account.role_session(account.allow("s3:PutObject", objects(bucket, "bob"))), "s3")
    assert account.outcome(writer.create_multipart_upload, Bucket=bucket, Key="eve/one") == "AccessDenied"
    upload = {"Bucket": bucket, "Key": "bob/one"}
    upload["UploadId"] = writer.create_multipart_upload(**upload)["UploadId"]
    etag = writer.upload_part(**upload, PartNumber=1, Body=b"1")["ETag"]
    assert account.outcome(writer.list_parts, **upload) == "AccessDenied"
    assert account.outcome(writer.abort_multipart_upload, **upload) == "AccessDenied"
    assert account.outcome(writer.list_multipart_uploads, Bucket=bucket) == "AccessDenied"
    reader = account.client(account.role_session(account.allow("s3:ListMultipartUploadParts")), "s3")
    assert account.outcome(reader.list_parts, **upload) == "allowed"
    assert account.outcome(reader.upload_part, **upload, PartNumber=2, Body=b"2") == "AccessDenied"
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    assert account.outcome(reader.complete_multipart_upload, **upload, MultipartUpload=parts) == "AccessDenied"
    assert account.outcome(writer.complete_multipart_upload, **upload, MultipartUpload=parts) == "allowed"
    second = {"Bucket": bucket, "Key": "bob/two"}
    second["UploadId"] = writer.create_multipart_upload(**second)["UploadId"]
    aborter = account.client(account.role_session(account.allow("s3:AbortMultipartUpload")), "s3")
    assert account.outcome(aborter.abort_multipart_upload, **second) == "allowed"


def test_a_batch_delete_needs_permission_for_every_key(account: Any) -> None:
    """DeleteObjects deletes the keys that the caller may delete, and returns AccessDenied for each other key."""
    bucket = account.bucket("bob/<one>", "bob/two", "bob/three", "eve/one", "eve/two")
    s3 = account.client(account.role_session(account.allow("s3:DeleteObject", objects(bucket, "bob"))), "s3")

    def delete(*keys: str, **version: Any) -> tuple[list[str], list[str]]:
        objects_to_delete = {"Objects": [{"Key": key, **version} for key in keys]}
        response = s3.delete_objects(Bucket=bucket, Delete=objects_to_delete)
        errors = response.get("Errors", [])
        assert {error["Code"] for error in errors} <= {"AccessDenied"}
        return [item["Key"] for item in response.get("Deleted", [])], [error["Key"] for error in errors]

    assert delete("bob/<one>", "eve/one") == (["bob/<one>"], ["eve/one"])
    assert delete("eve/one", "bob/two") == (["bob/two"], ["eve/one"])
    assert delete("eve/one", "eve/two") == ([], ["eve/one", "eve/two"])
    assert delete("bob/three", VersionId="null") == ([], ["bob/three"])
    assert delete("bob/three") == (["bob/three"], [])
    remaining = [item["Key"] for item in account.s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert remaining == ["eve/one", "eve/two"]


def test_a_presigned_url_has_the_permissions_of_its_signer(account: Any) -> None:
    """A URL with another method, key or access key than the signed one is denied."""
    bucket = account.bucket("bob/one", "eve/one")
    s3 = account.client(account.role_session(account.allow("s3:GetObject", objects(bucket, "bob"))), "s3")
    tls_context = ssl.create_default_context(cafile=account.instance.environment["AWS_CA_BUNDLE"])

    def status(url: str, method: str = "GET") -> int:
        request = urllib.request.Request(url, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, context=tls_context) as answer:  # noqa: S310
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


def test_a_bucket_policy_can_deny_and_allow(account: Any) -> None:
    """A bucket policy that names the user is enough; its Deny overrides every Allow."""
    bucket = account.bucket("bob/one")
    arn, session = account.user()
    s3 = account.client(session, "s3")
    get = {"Bucket": bucket, "Key": "bob/one"}
    assert account.outcome(s3.get_object, **get) == "AccessDenied"
    statement = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "s3:GetObject"}
    statement["Resource"] = objects(bucket, "bob")
    account.s3.put_bucket_policy(Bucket=bucket, Policy=account.document(statement))
    assert account.outcome(s3.get_object, **get) == "allowed"
    deny = {**statement, "Effect": "Deny", "Principal": "*"}
    account.s3.put_bucket_policy(Bucket=bucket, Policy=account.document(statement, deny))
    assert account.outcome(s3.get_object, **get) == "AccessDenied"
    assert account.outcome(account.s3.get_object, **get) == "AccessDenied"


def test_a_bucket_policy_naming_the_session_bypasses_the_session_policy(account: Any) -> None:
    """The session policy limits a bucket policy that names the role's ARN, but not one that names the session's."""
    bucket = account.bucket("bob/one")
    arn, caller = account.user()
    role = account.role(arn)
    session = account.assume(caller, role, account.document(account.allow("s3:ListBucket")))
    s3 = account.client(session, "s3")
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": objects(bucket, "bob")}
    named_role = account.document({**statement, "Principal": {"AWS": role}})
    account.s3.put_bucket_policy(Bucket=bucket, Policy=named_role)
    assert account.outcome(s3.get_object, Bucket=bucket, Key="bob/one") == "AccessDenied"
    unlimited = account.client(account.assume(caller, role), "s3")
    assert account.outcome(unlimited.get_object, Bucket=bucket, Key="bob/one") == "allowed"
    session_arn = account.client(session, "sts").get_caller_identity()["Arn"]
    named_session = account.document({**statement, "Principal": {"AWS": session_arn}})
    account.s3.put_bucket_policy(Bucket=bucket, Policy=named_session)
    assert account.outcome(s3.get_object, Bucket=bucket, Key="bob/one") == "allowed"


def test_a_deny_with_not_principal_denies_the_principals_it_does_not_name(account: Any) -> None:
    """It exempts a user that it names, and a role session that it names together with its role."""
    bucket = account.bucket("bob/one")
    arn, exempt = account.user(account.allow("s3:*"))
    _, other = account.user(account.allow("s3:*"))
    role = account.role(arn, account.allow("s3:*"))
    session = account.assume(exempt, role)
    session_arn = account.client(session, "sts").get_caller_identity()["Arn"]
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": objects(bucket, "bob")}
    get = {"Bucket": bucket, "Key": "bob/one"}
    for named, expected in (([arn, role], "AccessDenied"), ([arn, role, session_arn], "allowed")):
        policy = account.document({**deny, "NotPrincipal": {"AWS": named}})
        account.s3.put_bucket_policy(Bucket=bucket, Policy=policy)
        assert account.outcome(account.client(exempt, "s3").get_object, **get) == "allowed"
        assert account.outcome(account.client(other, "s3").get_object, **get) == "AccessDenied"
        assert account.outcome(account.client(session, "s3").get_object, **get) == expected


def test_a_write_with_tags_or_an_acl_needs_more_than_put_object(account: Any) -> None:
    """It also needs PutObjectTagging, PutObjectAcl or the actions of the object lock."""
    bucket = account.bucket()
    key = {"Bucket": bucket, "Key": "bob/one"}
    s3 = account.client(account.role_session(account.allow("s3:PutObject")), "s3")
    assert account.outcome(s3.put_object, **key) == "allowed"
    for extra in ({"Tagging": "a=b"}, {"ACL": "public-read"}, {"ObjectLockLegalHoldStatus": "ON"}):
        assert account.outcome(s3.put_object, **key, **extra) == "AccessDenied", extra
    assert account.outcome(s3.create_multipart_upload, **key, Tagging="a=b") == "AccessDenied"
    tagging = account.client(account.role_session(account.allow(["s3:PutObject", "s3:PutObjectTagging"])), "s3")
    assert account.outcome(tagging.put_object, **key, Tagging="a=b") == "allowed"


def test_reading_and_writing_objects_allows_no_other_action(account: Any) -> None:
    """GetObject and PutObject don't allow tags, ACLs, attributes, deletion or bucket settings."""
    bucket = account.bucket("bob/one")
    s3 = account.client(account.role_session(account.allow(["s3:GetObject", "s3:PutObject"])), "s3")
    key = {"Bucket": bucket, "Key": "bob/one"}
    assert account.outcome(s3.get_object_tagging, **key) == "AccessDenied"
    assert account.outcome(s3.put_object_tagging, **key, Tagging={"TagSet": []}) == "AccessDenied"
    assert account.outcome(s3.get_object_acl, **key) == "AccessDenied"
    assert account.outcome(s3.delete_object, **key) == "AccessDenied"
    assert account.outcome(s3.get_object_attributes, **key, ObjectAttributes=["ETag"]) == "AccessDenied"
    assert account.outcome(s3.get_bucket_policy, Bucket=bucket) == "AccessDenied"
    assert account.outcome(s3.delete_bucket, Bucket=bucket) == "AccessDenied"
    assert account.outcome(s3.list_buckets) == "AccessDenied"


def test_conditions_on_source_ip_and_secure_transport_apply(account: Any) -> None:
    """aws:SourceIp and aws:SecureTransport have the values of the connection."""
    bucket = account.bucket("bob/one")
    matching = {"IpAddress": {"aws:SourceIp": "127.0.0.1/32"}, "Bool": {"aws:SecureTransport": "true"}}
    other_address = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
    without_tls = {"Bool": {"aws:SecureTransport": "false"}}
    for condition, expected in ((matching, "allowed"), (other_address, "AccessDenied"), (without_tls, "AccessDenied")):
        s3 = account.client(account.role_session(account.allow("s3:GetObject", Condition=condition)), "s3")
        assert account.outcome(s3.get_object, Bucket=bucket, Key="bob/one") == expected
