"""What can't be verified is said in a sentence, with the right exit code, and nothing was made for it."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from temp_access.local_aws.control import status
from temp_access.local_aws.testing import running as running_aws
from tests.integration.deploy.project import MARK, Ended, Project, project

pytestmark = pytest.mark.integration
_ENVIRONMENT = """
[environments.prod]
account = "111122223333"
region = "us-east-1"
"""
_BAD = """
[role]
max_session_duration = "13h"
colour = "red"

[grants.bob]
access = "readwrite"

[grants."a/b"]
access = "read"
"""
# Between two attempts boto3 waits for up to four seconds.
_WITHOUT_PAUSES = """
from botocore.retries.standard import ExponentialBackoff
ExponentialBackoff.delay_amount = lambda self, context: 0
"""


def _refused(ended: Ended, code: int, *words: str) -> None:
    """Assert that a command ended with `code` and a sentence that has `words`, not with a traceback."""
    assert ended.code == code, ended.said
    assert "Traceback" not in ended.said
    assert [word for word in words if word not in ended.err] == [], ended.err


@pytest.fixture
def unmade(deployed: Project) -> Iterator[Project]:
    """The deployment, in which a test must make nothing, nor leave access.toml and cdk.out changed."""
    text, called = deployed.toml.read_text(), len(deployed.actions())
    out, kept = deployed.folder / "cdk.out", deployed.folder / "cdk.out.kept"
    yield deployed
    if kept.exists():
        kept.rename(out)
    deployed.toml.write_text(text)
    actions = {action.split(":")[1] for action in deployed.actions()[called:]}
    assert not actions & {"CreateAccessKey", "CreateChangeSet", "PutObject", "TagUser"}


def test_a_local_aws_that_doesn_t_run_is_said(unmade: Project) -> None:
    """deploy, verify and destroy with --local name the command that starts it: exit 2."""
    for command in ("deploy", "verify", "destroy"):
        ended = unmade.run(command, "--local", "--state", "nowhere")
        _refused(ended, 2, "no local AWS runs in", "temp-access local start")


def test_every_finding_of_a_bad_file_is_said_at_once(unmade: Project) -> None:
    """Each command exits 2 with one line for each thing that is wrong in access.toml."""
    unmade.toml.write_text(_BAD)
    for command in ("deploy", "verify", "destroy"):
        ended = unmade.local(command)
        _refused(
            ended, 2, "access.toml: role.max_session_duration: 13h", "access.toml: role.colour", "grants.bob.access"
        )
        assert len(ended.err.splitlines()) == 4, ended.err


def test_the_cdk_cli_says_the_same_of_a_bad_file(unmade: Project) -> None:
    """`cdk synth` shows the same lines and exits 1."""
    unmade.toml.write_text(_BAD)
    ended = unmade.cdk("synth", "-c", f"config={unmade.toml}")
    assert ended.code == 1, ended.said
    assert "access.toml: role.max_session_duration: 13h" in ended.err
    assert "Traceback" not in ended.err


def test_a_missing_cdk_out_is_said(unmade: Project) -> None:
    """Without a cloud assembly verify says how to make one: exit 2."""
    (unmade.folder / "cdk.out").rename(unmade.folder / "cdk.out.kept")
    _refused(unmade.verify(), 2, "cdk.out: there is no such folder; run `make synth`")


def test_a_cdk_out_of_another_file_is_said(unmade: Project) -> None:
    """With another access.toml than cdk.out was made from, verify says so: exit 2."""
    unmade.toml.write_text(unmade.toml.read_text().replace('"12h"', '"11h"'))
    _refused(unmade.verify(), 2, "cdk.out: was made from another access.toml", "run `make")


def test_a_comment_in_the_file_changes_nothing(unmade: Project) -> None:
    """What counts is what access.toml says: with a comment more it is still the deployed one."""
    unmade.toml.write_text(unmade.toml.read_text() + "# reviewed\n")
    assert unmade.local("verify", "--grant", "nobody").code == 2
    _refused(unmade.local("verify", "--grant", "nobody"), 2, "no grant has the id 'nobody'")


def test_another_account_than_the_environment_s_is_said(unmade: Project) -> None:
    """With credentials of another account than --env names, every command stops: exit 2."""
    unmade.toml.write_text(unmade.toml.read_text() + _ENVIRONMENT)
    for command in ("deploy", "destroy"):
        _refused(unmade.local(command, "--env", "prod"), 2, "environments.prod is account 111122223333", "123456789012")
    unmade.synthesize(environment="prod", out="prod.out")
    _refused(
        unmade.verify("--env", "prod", "--template", "prod.out"),
        2,
        "environments.prod is account 111122223333",
        "123456789012",
    )


def test_a_report_that_can_t_be_written_is_said_first(unmade: Project, tmp_path: Path) -> None:
    """A path under a file can't be written: exit 2, all bad paths named, and no call was made."""
    (tmp_path / "file").write_text("")
    called = len(unmade.actions())
    bad = [str(tmp_path / "file" / name) for name in ("r.json", "r.xml")]
    _refused(unmade.local("verify", "--json", bad[0], "--junit", bad[1]), 2, *bad)
    assert unmade.actions()[called:] == []


def test_nothing_deployed_is_said_with_the_command(unmade: Project, tmp_path: Path) -> None:
    """Against an AWS without the stacks, verify says what to run: exit 2."""
    with running_aws(tmp_path / "empty") as empty:
        ended = unmade.run("verify", "--local", "--state", str(empty.state_dir))
    _refused(ended, 2, "the stack TempAccessStorage isn't deployed", "`make deploy`", "`make demo`")


def test_credentials_that_nobody_knows_are_said(unmade: Project) -> None:
    """Where even whose credentials these are can't be told, the run is inconclusive: exit 3, in a sentence."""
    wrong = {**unmade.aws.environment, "AWS_ACCESS_KEY_ID": "AKIAAAAAAAAAAAAAAAAA"}
    _refused(unmade.run("verify", env=wrong), 3, "can't determine whose credentials these are", "InvalidClientTokenId")


def test_a_server_that_dies_in_the_middle_is_inconclusive(deployed_once: Path, tmp_path: Path) -> None:
    """What couldn't be asked any more isn't failed: exit 3, a report, no traceback; the next run cleans up."""
    with project(tmp_path / "dying", like=deployed_once) as dying:
        running = dying.begin_verify("--json", str(dying.report_file), before=_WITHOUT_PAUSES)
        running.hold_when(lambda: all(dying.left().values()))
        os.kill(int(status(dying.aws.state_dir).pid or 0), signal.SIGKILL)
        running.go_on()
        ended = running.end(seconds=90)
        assert ended.code == 3, ended.said
        assert "Traceback" not in ended.err
        assert "couldn't clean up" in ended.err
        assert "run verify again" in ended.err
        summary = dying.report()["summary"]
        assert (summary["failed"], summary["inconclusive"] > 20) == (0, True)
        assert "not called: 8 calls in a row got no response" in dying.report_file.read_text()
        (record,) = dying.journal
    with running_aws(tmp_path / "dying/aws") as instance:
        again = Project(tmp_path / "dying", instance)
        ended = again.verify("--grant", "bob")
        assert ended.code == 0, ended.said
        assert f"cleaning up after the run {record.stem}" in ended.err
        again.assert_nothing_left()


def test_a_deployer_who_may_not_mint_is_told_which_call_was_refused(deployed: Project) -> None:
    """A deployer that may read everything and not tag the user: exit 3, naming the call, without a traceback."""
    deployed.iam.create_user(UserName="reader")
    deployed.iam.attach_user_policy(UserName="reader", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    key = deployed.iam.create_access_key(UserName="reader")["AccessKey"]
    reader = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    ended = deployed.run("verify", env={**deployed.aws.environment, **reader})
    _refused(ended, 3, "the service refused a call", "TagUser")
    assert MARK not in str(deployed.left())
    deployed.assert_nothing_left()
