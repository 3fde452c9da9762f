"""Errors of deploy, verify and destroy: one clear sentence, the right exit code, and no changes."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from temp_access.local_aws.control import status
from temp_access.local_aws.testing import running as running_aws
from tests.integration.deploy.project import MARK, FinishedCommand, Project, run_project

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
# boto3 waits up to four seconds between two attempts.
_WITHOUT_PAUSES = """
from botocore.retries.standard import ExponentialBackoff
ExponentialBackoff.delay_amount = lambda self, context: 0
"""


def _assert_refused(ended: FinishedCommand, code: int, *message_parts: str) -> None:
    """Assert that a command ended with `code` and a message that contains the parts, without a traceback."""
    assert ended.code == code, ended.output
    assert "Traceback" not in ended.output
    assert [part for part in message_parts if part not in ended.err] == [], ended.err


@pytest.fixture
def unchanged(deployed: Project) -> Iterator[Project]:
    """Return the deployment, check that the test changes nothing in it, and restore access.toml and cdk.out."""
    content, called = deployed.toml.read_text(), len(deployed.actions())
    out, saved_out = deployed.folder / "cdk.out", deployed.folder / "cdk.out.saved"
    yield deployed
    if saved_out.exists():
        saved_out.rename(out)
    deployed.toml.write_text(content)
    actions = {action.split(":")[1] for action in deployed.actions()[called:]}
    assert not actions & {"CreateAccessKey", "CreateChangeSet", "PutObject", "TagUser"}


def test_a_stopped_local_aws_is_an_error(unchanged: Project) -> None:
    """deploy, verify and destroy with --local exit with 2 and name the command that starts it."""
    for command in ("deploy", "verify", "destroy"):
        ended = unchanged.run(command, "--local", "--state", "nowhere")
        _assert_refused(ended, 2, "no local AWS runs in", "temp-access local start")


def test_every_finding_in_access_toml_is_reported_at_once(unchanged: Project) -> None:
    """Each command exits with 2 and prints one line for each finding."""
    unchanged.toml.write_text(_BAD)
    for command in ("deploy", "verify", "destroy"):
        ended = unchanged.local(command)
        _assert_refused(
            ended, 2, "access.toml: role.max_session_duration: 13h", "access.toml: role.colour", "grants.bob.access"
        )
        assert len(ended.err.splitlines()) == 4, ended.err


def test_the_cdk_cli_reports_the_same_findings(unchanged: Project) -> None:
    """`cdk synth` prints the same lines and exits with 1."""
    unchanged.toml.write_text(_BAD)
    ended = unchanged.cdk("synth", "-c", f"config={unchanged.toml}")
    assert ended.code == 1, ended.output
    assert "access.toml: role.max_session_duration: 13h" in ended.err
    assert "Traceback" not in ended.err


def test_a_missing_cdk_out_is_an_error(unchanged: Project) -> None:
    """Without a cloud assembly, verify exits with 2 and names the command that makes one."""
    (unchanged.folder / "cdk.out").rename(unchanged.folder / "cdk.out.saved")
    _assert_refused(unchanged.verify(), 2, "cdk.out: there is no such folder; run `make synth`")


def test_a_cdk_out_of_another_access_toml_is_an_error(unchanged: Project) -> None:
    """If cdk.out was made from another access.toml, verify exits with 2."""
    unchanged.toml.write_text(unchanged.toml.read_text().replace('"12h"', '"11h"'))
    _assert_refused(unchanged.verify(), 2, "cdk.out: was made from another access.toml", "run `make")


def test_a_comment_in_access_toml_changes_nothing(unchanged: Project) -> None:
    """With a further comment, access.toml still counts as the deployed file."""
    unchanged.toml.write_text(unchanged.toml.read_text() + "# reviewed\n")
    assert unchanged.local("verify", "--grant", "nobody").code == 2
    _assert_refused(unchanged.local("verify", "--grant", "nobody"), 2, "no grant has the id 'nobody'")


def test_credentials_of_another_account_are_an_error(unchanged: Project) -> None:
    """If the credentials belong to another account than the environment of --env, every command exits with 2."""
    unchanged.toml.write_text(unchanged.toml.read_text() + _ENVIRONMENT)
    for command in ("deploy", "destroy"):
        _assert_refused(
            unchanged.local(command, "--env", "prod"), 2, "environments.prod is account 111122223333", "123456789012"
        )
    unchanged.synthesize(environment="prod", out="prod.out")
    _assert_refused(
        unchanged.verify("--env", "prod", "--template", "prod.out"),
        2,
        "environments.prod is account 111122223333",
        "123456789012",
    )


def test_a_report_that_can_t_be_written_is_an_error_before_any_call(unchanged: Project, tmp_path: Path) -> None:
    """verify exits with 2, names every path that it can't write to, and makes no call."""
    (tmp_path / "file").write_text("")
    called = len(unchanged.actions())
    bad = [str(tmp_path / "file" / name) for name in ("r.json", "r.xml")]
    _assert_refused(unchanged.local("verify", "--json", bad[0], "--junit", bad[1]), 2, *bad)
    assert unchanged.actions()[called:] == []


def test_missing_stacks_are_an_error(unchanged: Project, tmp_path: Path) -> None:
    """Without the stacks, verify exits with 2 and names the commands that deploy."""
    with running_aws(tmp_path / "empty") as empty:
        ended = unchanged.run("verify", "--local", "--state", str(empty.state_dir))
    _assert_refused(ended, 2, "the stack TempAccessStorage isn't deployed", "`make deploy`", "`make demo`")


def test_unknown_credentials_are_inconclusive(unchanged: Project) -> None:
    """If STS doesn't know the credentials, verify exits with 3 and one sentence."""
    wrong = {**unchanged.aws.environment, "AWS_ACCESS_KEY_ID": "AKIAAAAAAAAAAAAAAAAA"}
    _assert_refused(
        unchanged.run("verify", env=wrong), 3, "can't determine whose credentials these are", "InvalidClientTokenId"
    )


def test_a_server_that_dies_during_a_run_is_inconclusive(deployed_once: Path, tmp_path: Path) -> None:
    """Probes without a response don't fail: exit code 3, a report, no traceback; the next run cleans up."""
    with run_project(tmp_path / "dying", copy_of=deployed_once) as dying:
        running = dying.start_verify("--json", str(dying.report_file), before=_WITHOUT_PAUSES)
        running.pause_when(lambda: all(dying.run_objects().values()))
        os.kill(int(status(dying.aws.state_dir).pid or 0), signal.SIGKILL)
        running.resume()
        ended = running.wait(seconds=90)
        assert ended.code == 3, ended.output
        assert "Traceback" not in ended.err
        assert "couldn't clean up" in ended.err
        assert "run verify again" in ended.err
        summary = dying.report()["summary"]
        assert (summary["failed"], summary["inconclusive"] > 20) == (0, True)
        assert "not called: 8 calls in a row got no response" in dying.report_file.read_text()
        # One for temp-user, and one for each user for people whose key the run made.
        runs = {record.stem for record in dying.journal}
        assert len(runs) == 2
    with running_aws(tmp_path / "dying/aws") as instance:
        again = Project(tmp_path / "dying", instance)
        ended = again.verify("--grant", "bob")
        assert ended.code == 0, ended.output
        assert all(run in ended.err for run in runs)
        again.assert_clean()


def test_a_deployer_who_can_t_create_keys_is_inconclusive(deployed: Project) -> None:
    """If the deployer may not tag the user, verify exits with 3 and names the refused call, without a traceback."""
    deployed.iam.create_user(UserName="reader")
    deployed.iam.attach_user_policy(UserName="reader", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    key = deployed.iam.create_access_key(UserName="reader")["AccessKey"]
    reader = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    ended = deployed.run("verify", env={**deployed.aws.environment, **reader})
    _assert_refused(ended, 3, "the service refused a call", "TagUser")
    assert MARK not in str(deployed.run_objects())
    deployed.assert_clean()
