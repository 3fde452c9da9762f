"""app.py: what the CDK CLI runs, and how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.unit.support.config_file import BOB, ROOT


def run(folder: Path, access_toml: str, **context: str) -> "subprocess.CompletedProcess[str]":
    """Run app.py as the CDK CLI does, with the given access.toml and further context."""
    path = folder / "access.toml"
    path.write_text(access_toml)
    with_context = {"CDK_CONTEXT_JSON": json.dumps({"config": str(path), **context}), "CDK_OUTDIR": str(folder / "out")}
    # Where pytest is at work, aws-cdk-lib doesn't print the report of a validation.
    unset = (f"--unset={name}" for name in os.environ if name.startswith("PYTEST"))
    assignments = (f"{name}={value}" for name, value in with_context.items())
    command = ["env", *unset, *assignments, sys.executable, str(ROOT / "app.py")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def test_a_bad_file_ends_with_2_and_every_finding_and_makes_nothing(tmp_path: Path) -> None:
    """No template is written, no traceback shown."""
    ended = run(tmp_path, BOB + "duration = '13h'\n[bucket]\nname = 'B'\n[environments]\n", env="prod")
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        "access.toml: grants.bob.duration: 13h exceeds the role's maximum session duration of 12h; use 12h or less",
        "access.toml: bucket.name: 'B' isn't a bucket name; use 3 to 63 lower-case letters, digits and inner hyphens",
        "access.toml: environments: there is no environment 'prod'; add [environments.<name>]",
    ]
    assert not list(tmp_path.rglob("*.template.json"))


def test_a_finding_of_cdk_nag_ends_with_1_and_its_report_instead_of_a_traceback(tmp_path: Path) -> None:
    """The reader sees which rule and which resource."""
    document = {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}
    policy = f"[[user.customer_managed]]\nname = 'reads-all'\ndocument = '{json.dumps(document)}'\n"
    ended = run(tmp_path, policy + BOB)
    assert ended.returncode == 1
    said = ended.stdout + ended.stderr
    assert "AwsSolutions-IAM5" in said
    assert "Traceback" not in said


def test_a_warning_is_said_and_the_templates_are_made(tmp_path: Path) -> None:
    """A policy that AWS made since isn't in the kept list, and that stops nothing."""
    ended = run(tmp_path, "[[user.aws_managed]]\nname = 'AmazonS3FulAccess'\nreason = 'because'\n" + BOB)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert {name for name, artifact in manifest["artifacts"].items() if "stack" in artifact["type"]} == {
        "TempAccess",
        "TempAccessStorage",
    }
    said = "".join(path.read_text() for path in (tmp_path / "out").glob("*.json"))
    assert "did you mean 'AmazonS3FullAccess'?" in said + ended.stdout + ended.stderr
