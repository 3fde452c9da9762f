"""The server's memory doesn't grow with the requests that it has answered.

100 runs of `verify` on the example take too long for each run of the tests; docs/local-aws.md has their numbers.
"""

import json
import ssl
import sys
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import pytest

from temp_access.local_aws.control import Instance, status
from temp_access.local_aws.session import session
from temp_access.local_aws.testing import running

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc"),
]
MB = 1024 * 1024
POLICY = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})


@pytest.fixture(name="instance")
def _instance(tmp_path: Path) -> Iterator[Instance]:
    """A server of its own, because memory that one request needed stays with the process."""
    with running(tmp_path) as instance:
        yield instance


def resident(instance: Instance) -> int:
    """Return the server's memory in bytes."""
    statm = Path(f"/proc/{status(instance.state_dir).pid}/statm")
    return int(statm.read_text().split()[1]) * 4096


def test_a_closed_connection_does_not_stay(instance: Instance) -> None:
    """Each is of about 200 KB; after more of them than may be open at once, another one is served."""
    context = ssl.create_default_context(cafile=instance.environment["AWS_CA_BUNDLE"])

    def connect() -> int:
        connection = HTTPSConnection("127.0.0.1", instance.port, context=context, timeout=30)
        connection.request("GET", "/")
        code = connection.getresponse().status
        connection.close()
        return code

    assert {connect() for _ in range(20)} == {403}
    before = resident(instance)
    assert {connect() for _ in range(700)} == {403}
    assert resident(instance) - before < 15 * MB


def test_memory_is_bounded_over_many_sessions(instance: Instance) -> None:
    """Sessions, connections, objects and uploads: ten times the requests need at most a quarter more."""
    iam, sts, s3 = instance.deployer.client("iam"), instance.deployer.client("sts"), instance.deployer.client("s3")
    s3.create_bucket(Bucket="memory")
    s3.put_bucket_versioning(Bucket="memory", VersioningConfiguration={"Status": "Enabled"})
    trust = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    role = iam.create_role(RoleName="role", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.put_role_policy(RoleName="role", PolicyName="own", PolicyDocument=POLICY)

    def batch() -> None:
        for _ in range(10):
            credentials = sts.assume_role(RoleArn=role, RoleSessionName="bob", Policy=POLICY)["Credentials"]
            use(session(instance.environment, credentials).client("s3"))

    def use(client: Any) -> None:
        for number in range(5):
            key = {"Bucket": "memory", "Key": f"bob/{number}"}
            version = client.put_object(**key, Body=b"x" * 1000)["VersionId"]
            client.get_object(**key)["Body"].read()
            client.delete_object(**key, VersionId=version)
        upload = client.create_multipart_upload(**key)["UploadId"]
        part = client.upload_part(**key, UploadId=upload, PartNumber=1, Body=b"x")
        parts = [{"ETag": part["ETag"], "PartNumber": 1}]
        client.complete_multipart_upload(**key, UploadId=upload, MultipartUpload={"Parts": parts})

    batch()
    after_one = resident(instance)
    for _ in range(9):
        batch()
    assert resident(instance) < 1.25 * after_one
