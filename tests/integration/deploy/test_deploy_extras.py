"""The Region of the bucket and the extras of grants, deployed and called with the sessions of real grants."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.integration.deploy.project import Project

pytestmark = pytest.mark.integration
TOML = """
[grants.bob]
access = "read-write"
extras = ["tags", "versions", "acl", "uploads"]
[grants.bobby]
access = "read"
extras = ["versions", "uploads"]
[grants.inbox]
access = "write"
extras = ["tags"]
[grants.plain]
access = "read-write"
[any_id]
pattern = "t-[0-9]"
access = "read"
extras = ["tags"]
"""


@pytest.fixture(scope="module", autouse=True)
def _extras(deployed: Project) -> None:
    deployed.update(TOML)


def session(project: Project, id_: str, *options: str) -> Any:
    """Return an S3 client with the credentials that a borrower of the grant gets."""
    ended = project.local("credentials", id_, *options, "--format", "json")
    assert ended.code == 0, ended.output
    credentials = json.loads(ended.out)["Credentials"]
    environment = project.aws.environment
    return boto3.client(
        "s3",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        region_name=environment["AWS_REGION"],
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        verify=environment["AWS_CA_BUNDLE"],
    )


def outcome(call: Any, **parameters: Any) -> str:
    """Return `allowed`, or the code of the error."""
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "allowed"


def test_every_probe_passes_live_and_offline(deployed: Project) -> None:
    """The probes of the Region and of extras are among them."""
    ended = deployed.verify()
    assert ended.code == 0, ended.output
    expected = {id_: deployed.probe(f"grants.{id_}/listing/location")["expected"] for id_ in ("bob", "inbox")}
    assert expected == {"bob": "allowed", "inbox": "denied"}
    for id_ in ("inside/delete-version", "inside/get-version-acl", "inside/put-version-tagging", "listing/versions"):
        assert deployed.probe(f"grants.bob/{id_}")["expected"] == "allowed"
        assert deployed.probe(f"grants.plain/{id_}")["expected"] == "denied"
    offline = deployed.run("verify", "--offline")
    assert offline.code == 0, offline.output
    deployed.assert_clean()


def test_the_self_test_catches_every_defect(deployed: Project) -> None:
    """Also those of extras."""
    ended = deployed.verify("--self-test")
    assert ended.code == 0, ended.output
    assert "an action of an extra" in ended.output


def test_sessions_have_their_extras_in_their_folder_only(deployed: Project) -> None:
    """What AWS CLI v2, rclone, s3cmd and a clean-up call, for a grant with the extra, one without, and outside."""
    bucket, admin = deployed.bucket, deployed.s3
    old = {
        folder: admin.put_object(Bucket=bucket, Key=f"{folder}/x", Body=b"1", Tagging="a=b")["VersionId"]
        for folder in ("bob", "bobby", "plain", "inbox", "t-1")
    }
    bob, bobby, inbox, plain, any_ = (session(deployed, id_) for id_ in ("bob", "bobby", "inbox", "plain", "t-1"))

    def on(s3: Any, folder: str) -> dict[str, str]:
        key: dict[str, Any] = {"Bucket": bucket, "Key": f"{folder}/x"}
        version = {**key, "VersionId": old[folder]}
        tags = {"TagSet": [{"Key": "a", "Value": "c"}]}
        return {
            "region": outcome(s3.get_bucket_location, Bucket=bucket),
            "versions": outcome(s3.list_object_versions, Bucket=bucket, Prefix=f"{folder}/"),
            "get version": outcome(s3.get_object, **version),
            "get tags": outcome(s3.get_object_tagging, **key),
            "set tags": outcome(s3.put_object_tagging, **key, Tagging=tags),
            "get ACL": outcome(s3.get_object_acl, **key),
            "set ACL": outcome(s3.put_object_acl, **key, ACL="public-read"),
        }

    def allowed(s3: Any, folder: str) -> set[str]:
        outcomes = on(s3, folder)
        assert set(outcomes.values()) <= {"allowed", "AccessDenied"}, outcomes
        return {name for name, each in outcomes.items() if each == "allowed"}

    everything = {"region", "versions", "get version", "get tags", "set tags", "get ACL"}
    assert allowed(bob, "bob") == everything
    assert allowed(bob, "bobby") == allowed(bob, "plain") == {"region"}
    assert allowed(bobby, "bobby") == {"region", "versions", "get version"}
    assert allowed(inbox, "inbox") == {"set tags"}
    assert allowed(plain, "plain") == {"region"}
    assert allowed(any_, "t-1") == {"region", "get tags"}
    for parameters in ({}, {"Prefix": ""}, {"Prefix": "bob"}, {"Prefix": "bobby/"}):
        assert outcome(bob.list_object_versions, Bucket=bucket, **parameters) == "AccessDenied"
    assert outcome(bob.list_multipart_uploads, Bucket=bucket, Prefix="bob/") == "AccessDenied"
    assert outcome(bob.head_bucket, Bucket=bucket) == "403"
    upload = bob.create_multipart_upload(Bucket=bucket, Key="bob/parts")["UploadId"]
    assert outcome(bob.abort_multipart_upload, Bucket=bucket, Key="bob/parts", UploadId=upload) == "allowed"
    for s3, result in ((plain, "AccessDenied"), (bob, "allowed")):
        assert outcome(s3.delete_object, Bucket=bucket, Key="bob/x", VersionId=old["bob"]) == result


def test_narrower_access_keeps_what_fits_it(deployed: Project) -> None:
    """`--access read` of a grant that writes has the reading half of its extras."""
    deployed.s3.put_object(Bucket=deployed.bucket, Key="bob/y", Body=b"1")
    s3, key = session(deployed, "bob", "--access", "read"), {"Bucket": deployed.bucket, "Key": "bob/y"}
    assert outcome(s3.get_object_tagging, **key) == "allowed"
    assert outcome(s3.put_object_tagging, **key, Tagging={"TagSet": []}) == "AccessDenied"
    assert outcome(s3.delete_object, **key, VersionId="null") == "AccessDenied"


def test_unfinished_uploads_end_after_a_week(deployed: Project) -> None:
    """CloudFormation sets the life cycle of the bucket."""
    rules: Any = deployed.s3.get_bucket_lifecycle_configuration(Bucket=deployed.bucket)["Rules"]
    assert [rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] for rule in rules] == [7]


def test_can_answers_for_the_extras(deployed: Project) -> None:
    """From the deployed policies and from the templates."""
    for source in (("--deployed",), ()):
        run = deployed.local if source else deployed.run
        assert run("can", "bob", "s3:GetObjectTagging", "bob/x", *source).code == 0
        assert run("can", "plain", "s3:GetObjectTagging", "plain/x", *source).code == 1
        assert run("can", "bob", "s3:ListBucketVersions", "bob/", *source).code == 0
        ended = run("can", "bob", "s3:ListBucketVersions", "bobby/", *source)
        assert (ended.code, "bob (read-write with tags, versions, acl and uploads in bob/)" in ended.out) == (1, True)
