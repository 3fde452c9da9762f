"""Commands on a small project, whose templates a test changes."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from temp_access.access_file import load
from temp_access.cli.main import main
from tests.unit.support.review_edits import Edit, Templates, properties
from tests.unit.support.synthesis import synthesize

Ask = Callable[..., tuple[int, str]]


def make_project(folder: Path, text: str) -> Path:
    """Write an access.toml and the templates made from it, and return the folder."""
    (folder / "access.toml").write_text(text, encoding="utf-8")
    synthesize(load(folder / "access.toml"), outdir=folder / "cdk.out")
    return folder


def make_ask(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Return the function that runs a command on the templates after an edit.

    `statement` is added to the bucket policy: a Deny of all actions of S3, unless it says otherwise.
    """

    def ask(*arguments: str, edit: Edit | None = None, statement: dict[str, Any] | None = None) -> tuple[int, str]:
        folder = tmp_path / "cdk.out"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(project / "cdk.out", folder)
        files = {name: folder / f"{name}.template.json" for name in ("TempAccess", "TempAccessStorage")}
        templates: Templates = {name: json.loads(file.read_text(encoding="utf-8")) for name, file in files.items()}
        if statement:
            _add_statement(templates, statement)
        if edit:
            edit(templates)
        for name, file in files.items():
            file.write_text(json.dumps(templates[name]), encoding="utf-8")
        code = main([*arguments, "--config", str(project / "access.toml"), "--template", str(folder)])
        out, err = capsys.readouterr()
        return code, out + err

    return ask


def _add_statement(templates: Templates, statement: dict[str, Any]) -> None:
    statements = properties(templates, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    everything = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": statements[0]["Resource"]}
    statements.append(everything | statement)
