"""`temp-access prove`: its output, its exit codes, and what it refuses."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from temp_access.access_file import load
from temp_access.cli.main import main
from temp_access.proofs import Claim, ClaimStatus
from tests.unit.support.config_file import ROOT
from tests.unit.support.synthesis import synthesize

CONFIG = ["--config", str(ROOT / "access.toml")]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the folder of the example's templates."""
    folder = tmp_path_factory.mktemp("synth") / "cdk.out"
    synthesize(load(ROOT / "access.toml"), outdir=folder)
    return str(folder)


def write_policy(path: Path, **objects: Any) -> str:
    """Return the path of a session policy that allows `objects`."""
    statement = {"Effect": "Allow", "Action": "s3:*", **objects}
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), encoding="utf-8")
    return str(path)


def test_prints_every_claim_with_its_status_and_time(out: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Then the counts, and what isn't modeled, with a reference; exit code 0."""
    code = main(["prove", "--template", out, "--base", out, *CONFIG])

    *claims, counts, missing = capsys.readouterr().out.splitlines()
    assert code == 0
    # A note on a claim is on a line of its own.
    proved = [line for line in claims if not line.startswith(" ")]
    assert all(line.startswith("proved ") and " s  " in line for line in proved)
    assert counts == f"{len(proved)} claims: {len(proved)} proved, 0 refuted, 0 unknown"
    assert missing.startswith("not modeled: ")
    assert "docs/proofs.md" in missing


def test_prints_the_witness_of_a_refuted_claim(out: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The principal, the call, its condition keys, and the evaluator's decision; exit code 1."""
    policy = write_policy(tmp_path / "wide.json", Resource="arn:aws:s3:::test/$id*")

    code = main(["prove", "--template", out, "--session-policy", policy, *CONFIG])

    lines = capsys.readouterr().out.splitlines()
    assert code == 1
    at = next(index for index, line in enumerate(lines) if line.startswith("refuted"))
    assert lines[at + 1].strip().startswith("a session with wide.json for bob/ can call s3:")
    assert lines[at + 1].endswith(", which is in bobby/")
    assert "evaluator: allowed" in lines[at + 3]


def test_json_has_the_same_content(out: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each claim with its witness, if it has one."""
    policy = write_policy(tmp_path / "one.json", Resource="arn:aws:s3:::test/$id")

    code = main(["prove", "--template", out, "--session-policy", policy, "--access", "write", "--json", *CONFIG])

    claims = json.loads(capsys.readouterr().out)["claims"]
    refuted = {claim["name"].partition(":")[0]: claim["witness"] for claim in claims if claim["status"] == "refuted"}
    assert code == 1
    assert refuted["usefulness"]["key"].startswith("bob/")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--access", "read"], "--session-policy"),
        (["--base", "nowhere"], "nowhere: there is no such folder"),
        (["--session-policy", "nowhere.json"], "nowhere.json: there is no such file"),
        (["--template", "nowhere"], "nowhere: there is no such folder"),
    ],
)
def test_reports_bad_usage(out: str, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and what to do."""
    assert main(["prove", "--template", out, *CONFIG, *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"Statement": []}', "Statement"),
        (
            '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}',
            "doesn't contain $id",
        ),
        (
            '{"Statement": {"Effect": "Allow", "Action": "s3:*", '
            '"Resource": ["arn:aws:s3:::a/$id/*", "arn:aws:s3:::b/$id/*"]}}',
            "a, b",
        ),
        (
            '{"Statement": {"Effect": "Allow", "Action": "s3:*", '
            '"Resource": ["arn:aws:s3:::a/$id/*", "arn:aws:s3:::a/«any-folder*?$»/*"]}}',
            "remove it",
        ),
    ],
)
def test_refuses_a_policy_that_cant_be_proved(
    out: str, tmp_path: Path, content: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Malformed, without the folder's placeholder, or with two buckets."""
    path = tmp_path / "policy.json"
    path.write_text(content, encoding="utf-8")

    assert main(["prove", "--template", out, "--session-policy", str(path), *CONFIG]) == 2
    assert message in capsys.readouterr().err


def test_no_other_command_imports_the_solver(out: str) -> None:
    """Importing takes time, and the solver may not be installed."""
    code = "import sys; from temp_access.cli.main import main; main(sys.argv[1:]); assert 'cvc5' not in sys.modules"
    arguments = ["can", "bob", "s3:GetObject", "bob/x", "--template", out, *CONFIG]

    subprocess.run([sys.executable, "-c", code, *arguments], check=True, env=os.environ, capture_output=True)


def test_a_managed_policy_without_its_document_may_allow_everything(
    out: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it allows isn't known, so nothing is proved, and the policy is named; exit code 3."""
    folder = tmp_path / "cdk.out"
    shutil.copytree(out, folder)
    template = folder / "TempAccess.template.json"
    resources = json.loads(template.read_text(encoding="utf-8"))
    for resource in resources["Resources"].values():
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            resource["Properties"] = {"Roles": []}
    template.write_text(json.dumps(resources), encoding="utf-8")

    code = main(["prove", "--template", str(folder), *CONFIG])

    output = capsys.readouterr().out
    assert code == 3
    assert "nothing in PolicyDocument of TempAccess." in output
    assert " 0 proved, 0 refuted" in output


def test_ctrl_c_interrupts_the_solver(out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python itself would react only after the solver returns."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    during: list[object] = []

    def prove_all(*_: Any, **__: Any) -> tuple[Claim, ...]:
        during.extend(signal.getsignal(number) for number in numbers)
        return (Claim("c", ClaimStatus.PROVED),)

    monkeypatch.setattr("temp_access.proofs.prove_all", prove_all)

    assert main(["prove", "--template", out, *CONFIG]) == 0
    assert during == [signal.SIG_DFL] * 2
    assert [signal.getsignal(number) for number in numbers] == before
