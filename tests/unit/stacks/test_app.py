"""app.py, as the CDK CLI runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.support.config_file import BOB, ROOT


def run(folder: Path, access_toml: str, **context: str) -> "subprocess.CompletedProcess[str]":
    """Run app.py as the CDK CLI does, with the given access.toml and further context."""
    path = folder / "access.toml"
    path.write_text(access_toml)
    with_context = {"CDK_CONTEXT_JSON": json.dumps({"config": str(path), **context}), "CDK_OUTDIR": str(folder / "out")}
    # aws-cdk-lib doesn't print validation reports if it detects pytest.
    unset = (f"--unset={name}" for name in os.environ if name.startswith("PYTEST"))
    assignments = (f"{name}={value}" for name, value in with_context.items())
    command = ["env", *unset, *assignments, sys.executable, str(ROOT / "app.py")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def test_a_bad_access_toml_exits_with_2_and_all_findings(tmp_path: Path) -> None:
    """No template is written, and no traceback is shown."""
    ended = run(tmp_path, BOB + "duration = '13h'\n[bucket]\nname = 'B'\n[environments]\n", env="prod")
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        "access.toml: grants.bob.duration: 13h exceeds the role's maximum session duration of 12h; use 12h or less",
        "access.toml: bucket.name: 'B' isn't a bucket name; use 3 to 63 lower-case letters, digits and inner hyphens",
        "access.toml: environments: there is no environment 'prod'; add [environments.<name>]",
    ]
    assert not list(tmp_path.rglob("*.template.json"))


def test_a_finding_of_cdk_nag_exits_with_1_and_a_report(tmp_path: Path) -> None:
    """The report names the rule, and there is no traceback."""
    document = {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}
    policy = f"[[user.customer_managed]]\nname = 'reads-all'\ndocument = '{json.dumps(document)}'\n"
    ended = run(tmp_path, policy + BOB)
    assert ended.returncode == 1
    output = ended.stdout + ended.stderr
    assert "AwsSolutions-IAM5" in output
    assert "Traceback" not in output


def test_a_warning_is_shown_and_the_templates_are_written(tmp_path: Path) -> None:
    """An AWS managed policy that isn't in the bundled list doesn't stop the synthesis; AWS may have added it since."""
    ended = run(tmp_path, "[[user.aws_managed]]\nname = 'AmazonS3FulAccess'\nreason = 'because'\n" + BOB)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert {name for name, artifact in manifest["artifacts"].items() if "stack" in artifact["type"]} == {
        "TempAccess",
        "TempAccessStorage",
    }
    reports = "".join(path.read_text() for path in (tmp_path / "out").glob("*.json"))
    assert "did you mean 'AmazonS3FullAccess'?" in reports + ended.stdout + ended.stderr


BEFORE = ROOT / "tests/data/before_borrowers"


@pytest.mark.parametrize(
    ("name", "file", "context"),
    [("demo", "demo", {}), ("full", "full", {}), ("full-prod", "full", {"env": "prod"})],
)
def test_a_file_without_borrowers_gives_the_same_bytes_as_before(
    tmp_path: Path, name: str, file: str, context: dict[str, str]
) -> None:
    """The templates were made when grants couldn't have borrowers; the files have all keys of that time."""
    ended = run(tmp_path, (BEFORE / f"{file}.toml").read_text(encoding="utf-8"), **context)
    assert ended.returncode == 0, ended.stdout + ended.stderr

    made = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "out").glob("*.template.json")}
    before = {path.name.removeprefix(f"{name}."): path for path in BEFORE.glob(f"{name}.*.template.json")}
    assert len(before) == 2
    assert made == {key: path.read_text(encoding="utf-8") for key, path in before.items()}
