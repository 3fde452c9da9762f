"""A small cloud assembly of the project's two stacks."""

import json
from pathlib import Path
from typing import Any

ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"Tags": [{"Key": "temp-access:config", "Value": "d1gest"}]},
}
ACCESS = {"Resources": {"Role": ROLE}}
STORAGE = {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}}


def stack(file: str, **properties: str) -> dict[str, Any]:
    """Return the manifest's entry for a stack whose template is `file`."""
    return {
        "type": "aws:cloudformation:stack",
        "environment": "aws://unknown-account/unknown-region",
        "properties": {"templateFile": file, **properties},
    }


def manifest(**changes: Any) -> dict[str, Any]:
    """Return a manifest with both stacks and with `changes` to its artifacts."""
    artifacts = {"TempAccessStorage": stack("s.json"), "TempAccess": stack("a.json"), "Tree": {"type": "x"}}
    return {"version": "55.0.0", "artifacts": {**artifacts, **changes}}


def write_assembly(folder: Path, **files: Any) -> Path:
    """Write an assembly into `folder`, with `files` replacing the default ones, and return the folder."""
    for name, content in {"manifest": manifest(), "a": ACCESS, "s": STORAGE, **files}.items():
        body = content if isinstance(content, str) else json.dumps(content)
        (folder / f"{name}.json").write_text(body, encoding="utf-8")
    return folder
