"""The campaign's own checks: each sees what is planted for it, so that a campaign without problems says something."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.deploy.project import CDK, ROOT, USER, FinishedCommand
from tests.integration.faults.campaign import judge
from tests.integration.faults.campaign.commands import COMMANDS, Witnesses
from tests.integration.faults.campaign.judge import Observation, judge_output, judge_secrets
from tests.integration.faults.campaign.mutants import Mutant
from tests.integration.faults.campaign.plans import FaultPlan
from tests.integration.faults.campaign.runs import Campaign, ControlFailed
from tests.integration.faults.campaign.stand import Stand, open_stand

pytestmark = pytest.mark.integration
# Only its first process, which is the control, notices the defect.
_NOTICED_ONCE = "import os; f = os.open('noticed', os.O_CREAT | os.O_APPEND | os.O_RDWR); os.write(f, b'.'); "


@pytest.fixture(scope="module")
def stand(deployed_once: Path) -> Iterator[Stand]:
    """Run a copy of the shared deployment behind a campaign's proxy."""
    with open_stand(1, copy_of=deployed_once) as running:
        yield running


@pytest.fixture(scope="module")
def campaign(stand: Stand) -> Campaign:
    """Return a campaign whose control of `status` has ended well."""
    prepared = Campaign(stand, 1)
    assert prepared.run(0, COMMANDS["status"]).problems == []
    return prepared


def _kinds(run_problems: list[judge.Problem]) -> set[str]:
    return {problem.kind for problem in run_problems}


def test_a_planted_key_is_seen(campaign: Campaign, stand: Stand) -> None:
    """It is there after the clean run, so it counts as left behind; the stand then returns to the state before."""

    def plant(stand: Stand) -> Witnesses:
        stand.project.iam.create_access_key(UserName=USER)
        return Witnesses()

    run = campaign.run(1, replace(COMMANDS["status"], prepare=plant))
    assert _kinds(run.problems) == {judge.LEFTOVER}
    assert any(f"+ user {USER}: access key" in problem.seen for problem in run.problems)
    assert stand.state() == stand.before


@pytest.mark.parametrize("kind", ["tag", "inline policy", "object", "upload", "journal", "lost object"])
def test_everything_else_that_is_planted_is_seen(campaign: Campaign, stand: Stand, kind: str) -> None:
    """Also what is gone and was somebody else's."""

    def plant(stand: Stand) -> Witnesses:
        project = stand.project
        s3, iam, bucket = project.s3, project.iam, project.bucket
        if kind == "tag":
            iam.tag_user(UserName=USER, Tags=[{"Key": "temp-access:verify/planted", "Value": "none"}])
        elif kind == "inline policy":
            document = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:ListRoles","Resource":"*"}}'
            iam.put_user_policy(UserName=USER, PolicyName="planted", PolicyDocument=document)
        elif kind == "object":
            s3.put_object(Bucket=bucket, Key="bob/planted", Body=b"")
        elif kind == "upload":
            s3.create_multipart_upload(Bucket=bucket, Key="bob/planted")
        elif kind == "journal":
            folder = project.folder / "xdg/temp-access/verify"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "planted.json").touch()
        else:
            (version,) = s3.list_object_versions(Bucket=bucket, Prefix="bob/of-a-person")["Versions"]
            s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
        return Witnesses()

    run = campaign.run(2, replace(COMMANDS["status"], prepare=plant))
    assert _kinds(run.problems) == {judge.LEFTOVER}
    assert stand.state() == stand.before


def test_a_planted_wrong_pass_is_seen(campaign: Campaign) -> None:
    """The mutant is caught without faults, and then passes."""
    mutant = Mutant("planted", before=f"{_NOTICED_ONCE} os._exit(1 if os.fstat(f).st_size == 1 else 0)")
    command = replace(COMMANDS["status"], mutants=(mutant,))
    broken = next(run for number in range(20) if (run := campaign.run(number, command)).mutant)
    assert _kinds(broken.problems) == {judge.WRONG_PASS}


def test_a_mutant_that_is_never_caught_ends_the_campaign(campaign: Campaign) -> None:
    """A run on such a deployment would say nothing."""
    command = replace(COMMANDS["status"], mutants=(Mutant("harmless"),))

    def run_until_broken() -> None:
        for number in range(20):
            campaign.run(number, command)

    with pytest.raises(ControlFailed, match="harmless isn't caught"):
        run_until_broken()


@pytest.mark.parametrize(
    ("ended", "seconds", "kind"),
    [
        (FinishedCommand(1, "", "refused"), 1, judge.WRONG_FAIL),
        (FinishedCommand(2, "", "isn't deployed, run `make deploy`"), 1, judge.WRONG_FAIL),
        (FinishedCommand(3, "", "Traceback (most recent call last):\n  …\nKeyError: 'x'"), 1, judge.TRACEBACK),
        (FinishedCommand(3, "", "status ended at an error that nobody expected"), 1, judge.TRACEBACK),
        (FinishedCommand(-11, "", ""), 1, judge.BAD_CODE),
        (FinishedCommand(130, "", "interrupted"), 1, judge.BAD_CODE),
        (FinishedCommand(3, "", ""), 200, judge.HANG),
        (None, 200, judge.HANG),
        (FinishedCommand(0, "role: can't be assumed", ""), 1, judge.UNTRUE),
    ],
)
def test_each_wrong_result_is_seen(
    campaign: Campaign, stand: Stand, ended: FinishedCommand | None, seconds: float, kind: str
) -> None:
    """On a healthy deployment, without a kill."""
    observed = Observation(COMMANDS["status"], FaultPlan("none"), ended, False, seconds)
    assert _kinds(judge_output(observed, stand, Witnesses())) == {kind}


def test_a_secret_in_the_output_is_seen(campaign: Campaign, stand: Stand) -> None:
    """Of the sessions that the command got, and of the keys on this machine; `credentials` hands its own out."""
    handed_out = stand.run("credentials", "bob", *stand.local)
    session = json.loads(stand.run("credentials", "bobby", *stand.local, "--format", "json").out)["Credentials"]
    secrets = stand.secrets()
    assert {session["SecretAccessKey"], session["SessionToken"]} < secrets
    assert judge_secrets(handed_out, secrets, hands_out=True) == []
    for secret in secrets:
        (problem,) = judge_secrets(FinishedCommand(0, "", f"with {secret}"), secrets, hands_out=True)
        assert problem.kind == judge.SECRET


def test_a_revocation_that_isnt_there_is_seen(campaign: Campaign, stand: Stand) -> None:
    """The sessions of before are tried."""
    command = COMMANDS["revoke"]
    witnesses = command.prepare(stand)
    untrue = command.untrue(stand, FinishedCommand(0, "revoked and proved: …", ""), witnesses)
    assert untrue == [
        "bob's session still works",
        "the proof has no session that the revocation doesn't match",
        "success without a revocation",
    ]


def _start(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    if not CDK.exists():
        pytest.skip("the CDK CLI isn't installed; run `make setup`")
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integration.faults.campaign", *arguments],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_a_short_campaign(tmp_path: Path) -> None:
    """It ends with 0, counts its faults, and leaves no folder."""
    report = tmp_path / "campaign.json"
    process = _start(tmp_path, "--runs", "3", "--kills", "1", "--commands", "credentials", "--json", str(report))
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, out + err
    document = json.loads(report.read_text())
    assert (document["runs"], document["kills"], set(document["problems"].values())) == (4, 1, {0})
    assert document["faults"] == sum(document["faults_by_kind"].values()) > 0
    assert list(tmp_path.iterdir()) == [report]


def test_ctrl_c_ends_a_campaign_and_removes_everything(tmp_path: Path) -> None:
    """The local AWS ends too."""
    process = _start(tmp_path)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("*/project/aws/server.json")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    (server,) = tmp_path.glob("*/project/aws/server.json")
    pid = json.loads(server.read_text())["pid"]
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
