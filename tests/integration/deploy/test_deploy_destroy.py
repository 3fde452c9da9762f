"""`destroy` takes away whatever there is, half-made stacks and left-over keys included; two runs share a deployment."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.deploy.project import USER, Project, Running, project, until

pytestmark = pytest.mark.integration


@pytest.fixture
def own(deployed_once: Path, tmp_path: Path) -> Iterator[Project]:
    """A deployment of the test's own, that it may destroy; what is synthesized is there already."""
    with project(tmp_path / "own", like=deployed_once) as made:
        made.use_assembly()
        yield made


def _assert_gone(own: Project) -> None:
    stacks = own.stacks.describe_stacks()["Stacks"]
    assert [s["StackName"] for s in stacks if s["StackStatus"] != "DELETE_COMPLETE"] == ["CDKToolkit"]
    assert USER not in [user["UserName"] for user in own.iam.list_users()["Users"]]
    assert [b["Name"] for b in own.s3.list_buckets()["Buckets"]] == ["cdk-hnb659fds-assets-123456789012-us-east-1"]


def _two_with_keys(project: Project) -> list[Running]:
    """Start two runs, and hold each when it has minted its key."""
    both = []
    for number in (1, 2):
        both.append(project.begin_verify())
        both[-1].hold_when(lambda number=number: len(project.keys()) == number)  # type: ignore[misc]
    return both


def test_two_runs_at_once_both_pass(deployed: Project) -> None:
    """Two runs against one deployment mint a key each, never more than the two that there can be, and both pass."""
    both = _two_with_keys(deployed)
    for running in both:
        running.go_on()
    for running in both:
        found = running.end()
        assert found.code == 0, found.said
    deployed.assert_nothing_left()


def test_a_third_run_at_once_says_why_not(deployed: Project) -> None:
    """While two keys are in use there is no third: exit 3 with the reason, and the others aren't disturbed."""
    both = _two_with_keys(deployed)
    third = deployed.verify()
    for running in both:
        running.go_on()
    assert third.code == 3, third.said
    assert "temp-user has 2 access keys already" in third.err
    for running in both:
        found = running.end()
        assert found.code == 0, found.said
    deployed.assert_nothing_left()


def test_what_a_killed_run_left_is_destroyed_too(own: Project) -> None:
    """The minted key, objects, versions, markers and uploads of a run that was killed don't hinder destroy."""
    running = own.begin_verify()
    running.hold_when(lambda: all(own.left().values()))
    running.kill()
    ended = own.local("destroy")
    assert ended.code == 0, ended.said
    assert "cleaning up after the run" in ended.err
    assert own.journal == []
    _assert_gone(own)


def test_what_was_borrowed_is_dropped(own: Project) -> None:
    """A kept session of a role that has gone isn't handed out any more, and the user's key isn't tried again."""
    assert own.local("credentials", "bob").code == 0
    assert own.local("destroy").code == 0
    for command in (["credentials", "bob"], ["exec", "bob", "--", "true"]):
        ended = own.run(*command[:2], "--local", "--state", str(own.aws.state_dir), *command[2:])
        assert (ended.code, "the local AWS has no user 'temp-user'" in ended.err) == (2, True), ended.said
    status = own.local("status")
    assert "no user 'temp-user'" in status.out
    assert "no cached sessions" in status.out


def test_a_key_made_by_hand_stops_a_real_destroy_and_not_a_local_one(own: Project) -> None:
    """Without --local the key is named by its last four, and nothing is touched; with it the key goes as well."""
    id_ = own.iam.create_access_key(UserName=USER)["AccessKey"]["AccessKeyId"]
    own.s3.put_object(Bucket=own.bucket, Key="bob/own", Body=b"bob's")
    ended = own.run("destroy", "--yes", env=own.aws.environment)
    assert ended.code == 2, ended.said
    assert f"temp-user has an access key (…{id_[-4:]}), and IAM can't delete a user with keys" in ended.err
    assert "aws iam delete-access-key --user-name temp-user" in ended.err
    assert id_ not in ended.said
    assert own.keys() == [id_]
    assert own.s3.get_object(Bucket=own.bucket, Key="bob/own")["Body"].read() == b"bob's"
    ended = own.local("destroy")
    assert ended.code == 0, ended.said
    assert f"deleted the access key …{id_[-4:]} of temp-user" in ended.err
    _assert_gone(own)


def test_half_made_stacks_are_destroyed(own: Project) -> None:
    """With the bucket's stack alone, and the other only begun (a change set that was never run), destroy works."""
    template = own.stacks.get_template(StackName="TempAccess")["TemplateBody"]
    assert own.cdk("destroy", "TempAccess", "--force", "-c", f"config={own.toml}").code == 0
    own.stacks.create_change_set(
        StackName="TempAccess",
        ChangeSetName="interrupted",
        ChangeSetType="CREATE",
        TemplateBody=template if isinstance(template, str) else json.dumps(template),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    (begun,) = own.stacks.describe_stacks(StackName="TempAccess")["Stacks"]
    assert begun["StackStatus"] == "REVIEW_IN_PROGRESS"
    own.s3.put_object(Bucket=own.bucket, Key="bob/own", Body=b"bob's")
    ended = own.local("destroy")
    assert ended.code == 0, ended.said
    # CloudFormation doesn't delete a bucket that holds anything (the local one does).
    assert "removed 1 versions and uploads from" in ended.err
    _assert_gone(own)
    # And again, with nothing there at all.
    ended = own.local("destroy")
    assert ended.code == 0, ended.said
    assert "bucket (none)" in ended.err


def test_an_interrupted_deployment_is_deployed_and_destroyed(own: Project) -> None:
    """After a deployment was killed on its way, deploying again works, and so does destroying."""
    own.synthesize(own.toml.read_text() + '\n[grants.carol]\naccess = "list"\n')
    called = len(own.actions())
    running = own.begin("deploy", "--local", "--state", str(own.aws.state_dir))
    until(lambda: "cloudformation:CreateChangeSet" in own.actions()[called:], running)
    running.kill()
    own.deploy()
    assert own.local("destroy").code == 0
    _assert_gone(own)


def test_termination_protection_stops_a_destroy_before_it_empties_the_bucket(own: Project) -> None:
    """An environment with termination protection keeps its objects and stacks: exit 2."""
    protected = '\n[environments.here]\naccount = "123456789012"\nregion = "us-east-1"\ntermination_protection = true\n'
    own.toml.write_text(own.toml.read_text() + protected)
    own.s3.put_object(Bucket=own.bucket, Key="bob/own", Body=b"bob's")
    ended = own.local("destroy", "--env", "here")
    assert ended.code == 2, ended.said
    assert "environments.here has termination protection" in ended.err
    assert own.s3.get_object(Bucket=own.bucket, Key="bob/own")["Body"].read() == b"bob's"
