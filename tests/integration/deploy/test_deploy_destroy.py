"""`destroy` removes everything, including incomplete stacks and left-over keys; concurrent runs share a deployment."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.deploy.project import ROLE, USER, Project, RunningCommand, run_project, wait_until
from tests.integration.faults.proxy import Fault, proxied

pytestmark = pytest.mark.integration


@pytest.fixture
def own(deployed_once: Path, tmp_path: Path) -> Iterator[Project]:
    """Return a synthesized deployment that the test may destroy."""
    with run_project(tmp_path / "own", copy_of=deployed_once) as project:
        project.use_assembly()
        yield project


def _assert_gone(own: Project) -> None:
    stacks = own.stacks.describe_stacks()["Stacks"]
    assert [s["StackName"] for s in stacks if s["StackStatus"] != "DELETE_COMPLETE"] == ["CDKToolkit"]
    assert USER not in [user["UserName"] for user in own.iam.list_users()["Users"]]
    assert [b["Name"] for b in own.s3.list_buckets()["Buckets"]] == ["cdk-hnb659fds-assets-123456789012-us-east-1"]


def start_two_runs(project: Project) -> list[RunningCommand]:
    """Start two runs, and pause each one when it has created its access key."""
    runs = []
    for number in (1, 2):
        runs.append(project.start_verify())
        runs[-1].pause_when(lambda number=number: len(project.keys()) == number)  # type: ignore[misc]
    return runs


def test_two_concurrent_runs_pass(deployed: Project) -> None:
    """Two runs against one deployment create one access key each, which is IAM's maximum of two, and both pass."""
    runs = start_two_runs(deployed)
    for running in runs:
        running.resume()
    for running in runs:
        ended = running.wait()
        assert ended.code == 0, ended.output
    deployed.assert_clean()


def test_a_third_concurrent_run_is_inconclusive(deployed: Project) -> None:
    """IAM allows no third access key: the run exits with 3 and the reason, and the other two runs still pass."""
    runs = start_two_runs(deployed)
    third = deployed.verify()
    for running in runs:
        running.resume()
    assert third.code == 3, third.output
    assert "temp-user has 2 access keys already" in third.err
    for running in runs:
        ended = running.wait()
        assert ended.code == 0, ended.output
    deployed.assert_clean()


def test_destroy_removes_what_a_killed_run_left(own: Project) -> None:
    """destroy succeeds despite the access key, objects, versions, markers and uploads of a killed run."""
    running = own.start_verify()
    running.pause_when(lambda: all(own.run_objects().values()))
    running.kill()
    ended = own.local("destroy")
    assert ended.code == 0, ended.output
    assert "cleaning up after the run" in ended.err
    assert own.journal == []
    _assert_gone(own)


def test_what_was_revoked_stays_so_if_the_stacks_cant_be_deleted(own: Project) -> None:
    """The policies of revocations stop the deletion of the role, so they go before it, and return if it fails."""
    assert own.local("credentials", "bob").code == 0
    assert own.local("revoke", "bob", "--yes").code == 0
    revoked = own.iam.list_role_policies(RoleName=ROLE)["PolicyNames"]
    with proxied(own.aws) as proxy:
        proxy.make(Fault("AccessDenied", "cloudformation:DeleteStack$"))
        ended = own.local("destroy")
        assert ended.code != 0, ended.output
        assert proxy.operations("iam:DeleteRolePolicy$")
    assert own.iam.list_role_policies(RoleName=ROLE)["PolicyNames"] == revoked
    assert own.local("destroy").code == 0
    _assert_gone(own)


def test_destroy_deletes_cached_sessions(own: Project) -> None:
    """A cached session of the destroyed role isn't used any more, and neither is the user's stored key."""
    assert own.local("credentials", "bob").code == 0
    assert own.local("destroy").code == 0
    for command in (["credentials", "bob"], ["exec", "bob", "--", "true"]):
        ended = own.run(*command[:2], "--local", "--state", str(own.aws.state_dir), *command[2:])
        assert (ended.code, "the local AWS has no user 'temp-user'" in ended.err) == (2, True), ended.output
    status = own.local("status")
    assert "no user 'temp-user'" in status.out
    assert "no cached sessions" in status.out


def test_a_key_created_by_hand_stops_destroy_except_in_the_local_aws(own: Project) -> None:
    """Without --local, the error shows the end of the key's id and nothing changes; with it, the key is deleted."""
    id_ = own.iam.create_access_key(UserName=USER)["AccessKey"]["AccessKeyId"]
    own.s3.put_object(Bucket=own.bucket, Key="bob/own", Body=b"bob's")
    ended = own.run("destroy", "--yes", env=own.aws.environment)
    assert ended.code == 2, ended.output
    assert f"temp-user has an access key (…{id_[-4:]}), and IAM can't delete a user with keys" in ended.err
    assert "aws iam delete-access-key --user-name temp-user" in ended.err
    assert id_ not in ended.output
    assert own.keys() == [id_]
    assert own.s3.get_object(Bucket=own.bucket, Key="bob/own")["Body"].read() == b"bob's"
    ended = own.local("destroy")
    assert ended.code == 0, ended.output
    assert f"deleted the access key …{id_[-4:]} of temp-user" in ended.err
    _assert_gone(own)


def test_incomplete_stacks_are_destroyed(own: Project) -> None:
    """destroy works with one complete stack and one that has only a change set."""
    template = own.stacks.get_template(StackName="TempAccess")["TemplateBody"]
    assert own.cdk("destroy", "TempAccess", "--force", "-c", f"config={own.toml}").code == 0
    own.stacks.create_change_set(
        StackName="TempAccess",
        ChangeSetName="interrupted",
        ChangeSetType="CREATE",
        TemplateBody=template if isinstance(template, str) else json.dumps(template),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    (incomplete,) = own.stacks.describe_stacks(StackName="TempAccess")["Stacks"]
    assert incomplete["StackStatus"] == "REVIEW_IN_PROGRESS"
    own.s3.put_object(Bucket=own.bucket, Key="bob/own", Body=b"bob's")
    ended = own.local("destroy")
    assert ended.code == 0, ended.output
    # CloudFormation doesn't delete a bucket that contains anything; ministack's does.
    assert "removed 1 versions and uploads from" in ended.err
    _assert_gone(own)
    # A second run finds nothing to destroy.
    ended = own.local("destroy")
    assert ended.code == 0, ended.output
    assert "bucket (none)" in ended.err


def test_an_interrupted_deployment_can_be_repeated_and_destroyed(own: Project) -> None:
    """After a deployment is killed, deploying again works, and so does destroying."""
    own.synthesize(own.toml.read_text() + '\n[grants.carol]\naccess = "list"\n')
    called = len(own.actions())
    running = own.start("deploy", "--local", "--state", str(own.aws.state_dir))
    wait_until(lambda: "cloudformation:CreateChangeSet" in own.actions()[called:], running)
    running.kill()
    own.deploy()
    assert own.local("destroy").code == 0
    _assert_gone(own)


def test_termination_protection_stops_destroy_before_it_empties_the_bucket(own: Project) -> None:
    """destroy exits with 2 and keeps the objects and stacks of an environment with termination protection."""
    protected = '\n[environments.here]\naccount = "123456789012"\nregion = "us-east-1"\ntermination_protection = true\n'
    own.toml.write_text(own.toml.read_text() + protected)
    own.s3.put_object(Bucket=own.bucket, Key="bob/own", Body=b"bob's")
    ended = own.local("destroy", "--env", "here")
    assert ended.code == 2, ended.output
    assert "environments.here has termination protection" in ended.err
    assert own.s3.get_object(Bucket=own.bucket, Key="bob/own")["Body"].read() == b"bob's"
