"""The state that survives a stop or a kill of the server."""

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


def create_resources(instance: Any) -> dict[str, str]:
    """Create one resource of each kind, and return the user's access key."""
    deployer = instance.deployer
    iam, s3, cloudformation = (deployer.client(service) for service in ("iam", "s3", "cloudformation"))
    iam.create_user(UserName="bob")
    iam.create_role(RoleName="temp-role", AssumeRolePolicyDocument=TRUST)
    s3.create_bucket(Bucket="saved")
    s3.put_object(Bucket="saved", Key="bob/one", Body=b"saved")
    cloudformation.create_stack(StackName="saved", TemplateBody=TEMPLATE)
    cloudformation.get_waiter("stack_create_complete").wait(StackName="saved", WaiterConfig={"Delay": 1})
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    return {name: key[name] for name in ("AccessKeyId", "SecretAccessKey")}


def assert_resources_exist(instance: Any, key: dict[str, str]) -> None:
    """Assert that the resources of `create_resources` exist."""
    deployer = instance.deployer
    assert deployer.client("iam").get_role(RoleName="temp-role")["Role"]["RoleName"] == "temp-role"
    assert deployer.client("s3").get_object(Bucket="saved", Key="bob/one")["Body"].read() == b"saved"
    assert deployer.client("s3").head_bucket(Bucket="from-a-stack")
    stacks = deployer.client("cloudformation").describe_stacks(StackName="saved")["Stacks"]
    assert [stack["StackStatus"] for stack in stacks] == ["CREATE_COMPLETE"]
    user = session(instance.environment, key).client("sts").get_caller_identity()
    assert user["Arn"] == "arn:aws:iam::123456789012:user/bob"


def wait_until_saved(state_dir: Path, **content: str) -> None:
    """Wait until the file of each service has this content: within a second, unless the machine is busy."""
    files = {StateDir.of(state_dir).services / f"{service}.json": expected for service, expected in content.items()}
    deadline = time.monotonic() + 30
    while not all(file.exists() and expected in file.read_text("utf-8") for file, expected in files.items()):
        assert time.monotonic() < deadline, f"not saved: {content}"
        time.sleep(0.01)


def kill(state_dir: Path) -> None:
    """Kill the server with SIGKILL, and wait until its lock is free."""
    pid = status(state_dir).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while is_held(StateDir.of(state_dir).server_lock):
        time.sleep(0.01)


def test_the_state_survives_a_killed_server_and_a_stop(tmp_path: Path) -> None:
    """Stacks, users, access keys, roles, buckets, objects and the port are the same after SIGKILL and a start."""
    first = start(tmp_path, port=0)
    try:
        key = create_resources(first)
        wait_until_saved(tmp_path, iam=key["AccessKeyId"], s3="from-a-stack", cloudformation="from-a-stack")
        kill(tmp_path)
        assert not status(tmp_path).running
        second = start(tmp_path)
        assert second.environment == first.environment
        assert_resources_exist(second, key)
        assert stop(tmp_path)
        assert_resources_exist(start(tmp_path), key)
        fresh = start(tmp_path, fresh=True)
        assert fresh.deployer.client("s3").list_buckets()["Buckets"] == []
        assert [user["UserName"] for user in fresh.deployer.client("iam").list_users()["Users"]] == ["deployer"]
    finally:
        stop(tmp_path)
    assert not stop(tmp_path)
