"""What survives the end of the server, orderly or not."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from temp_access.files import is_held
from temp_access.local_aws.control import start, status, stop
from temp_access.local_aws.session import session
from temp_access.local_aws.state_dir import StateDir

pytestmark = pytest.mark.integration
STATEMENT = '{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}'
TRUST = f'{{"Version": "2012-10-17", "Statement": [{STATEMENT}]}}'
TEMPLATE = '{"Resources": {"Topic": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "from-a-stack"}}}}'


def make(instance: Any) -> dict[str, str]:
    """Make one of each thing that has to survive, and return the user's key."""
    deployer = instance.deployer
    iam, s3, cloudformation = (deployer.client(service) for service in ("iam", "s3", "cloudformation"))
    iam.create_user(UserName="bob")
    iam.create_role(RoleName="temp-role", AssumeRolePolicyDocument=TRUST)
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="bob/one", Body=b"kept")
    cloudformation.create_stack(StackName="kept", TemplateBody=TEMPLATE)
    cloudformation.get_waiter("stack_create_complete").wait(StackName="kept", WaiterConfig={"Delay": 1})
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    return {name: key[name] for name in ("AccessKeyId", "SecretAccessKey")}


def check(instance: Any, key: dict[str, str]) -> None:
    """Find all of it again."""
    deployer = instance.deployer
    assert deployer.client("iam").get_role(RoleName="temp-role")["Role"]["RoleName"] == "temp-role"
    assert deployer.client("s3").get_object(Bucket="kept", Key="bob/one")["Body"].read() == b"kept"
    assert deployer.client("s3").head_bucket(Bucket="from-a-stack")
    stacks = deployer.client("cloudformation").describe_stacks(StackName="kept")["Stacks"]
    assert [stack["StackStatus"] for stack in stacks] == ["CREATE_COMPLETE"]
    user = session(instance.environment, key).client("sts").get_caller_identity()
    assert user["Arn"] == "arn:aws:iam::123456789012:user/bob"


def saved(state_dir: Path, **last: str) -> None:
    """Wait until what was made last in each service is in its file: within a second, unless the machine is busy."""
    files = {StateDir.of(state_dir).services / f"{service}.json": text for service, text in last.items()}
    deadline = time.monotonic() + 30
    while not all(file.exists() and text in file.read_text("utf-8") for file, text in files.items()):
        assert time.monotonic() < deadline, f"not saved: {last}"
        time.sleep(0.01)


def kill(state_dir: Path) -> None:
    """End the server as kill -9 does."""
    pid = status(state_dir).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while is_held(StateDir.of(state_dir).server_lock):
        time.sleep(0.01)


def test_everything_survives_a_killed_server_and_an_orderly_stop(tmp_path: Path) -> None:
    """Stacks, users, keys, roles, buckets and objects are there after kill -9 and start, and the port is too."""
    first = start(tmp_path, port=0)
    try:
        key = make(first)
        saved(tmp_path, iam=key["AccessKeyId"], s3="from-a-stack", cloudformation="from-a-stack")
        kill(tmp_path)
        assert not status(tmp_path).running
        second = start(tmp_path)
        assert second.environment == first.environment
        check(second, key)
        assert stop(tmp_path)
        check(start(tmp_path), key)
        fresh = start(tmp_path, fresh=True)
        assert fresh.deployer.client("s3").list_buckets()["Buckets"] == []
        assert [user["UserName"] for user in fresh.deployer.client("iam").list_users()["Users"]] == ["deployer"]
    finally:
        stop(tmp_path)
    assert not stop(tmp_path)
