"""Reviews of a prepared output with edited templates."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from temp_access.review.model import Review
from temp_access.review.report import review
from temp_access.review.snapshot import Snapshot, read_snapshot
from tests.unit.support.review_sample import PAIRS

Templates = dict[str, dict[str, Any]]
Edit = Callable[[Templates], None]


def unchanged(templates: Templates) -> None:
    """Leave the templates as they are."""


def properties(templates: Templates, kind: str) -> dict[str, Any]:
    """Return the properties of the only resource of a type."""
    resources = [resource for template in templates.values() for resource in template["Resources"].values()]
    [properties_] = [resource["Properties"] for resource in resources if resource["Type"] == kind]
    assert isinstance(properties_, dict)
    return properties_


def add(kind: str, stack: str = "TempAccess", **values: Any) -> Edit:
    """Return the edit that adds a resource."""

    def edit(templates: Templates) -> None:
        templates[stack]["Resources"]["More"] = {"Type": kind, "Properties": values}

    return edit


def change(kind: str, **values: Any) -> Edit:
    """Return the edit that sets properties of the only resource of a type."""
    return lambda templates: properties(templates, kind).update(values)


def add_inline_policy(*statements: dict[str, Any]) -> Edit:
    """Return the edit that gives the user an inline policy."""
    policy = {"PolicyName": "more", "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)}}
    return lambda templates: properties(templates, "AWS::IAM::User")["Policies"].append(policy)


def add_trust_statement(**statement: Any) -> Edit:
    """Return the edit that adds a statement to the trust policy."""
    return lambda templates: properties(templates, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"].append(
        statement
    )


def add_bucket_statement(key: str, **statement: Any) -> Edit:
    """Return the edit that adds a statement on the objects `key` to the bucket policy."""

    def edit(templates: Templates) -> None:
        document = properties(templates, "AWS::S3::BucketPolicy")["PolicyDocument"]
        arn = document["Statement"][0]["Resource"][0]
        document["Statement"].append({**statement, "Resource": {"Fn::Join": ["", [arn, f"/{key}"]]}})

    return edit


def add_role_statement(element: str, key: str, **statement: Any) -> Edit:
    """Return the edit that adds a statement whose `element` is the objects `key` to the role's policy."""

    def edit(templates: Templates) -> None:
        document = properties(templates, "AWS::IAM::Role")["Policies"][0]["PolicyDocument"]
        arn = document["Statement"][0]["Resource"]
        document["Statement"].append({**statement, element: {"Fn::Join": ["", [arn, f"/{key}"]]}})

    return edit


def review_edits(folder: Path, head: Edit, base: Edit = unchanged) -> Review:
    """Return the review of two copies of the prepared output `same`, each edited."""
    return review(*edited_snapshots(folder, head, base))


def edited_snapshots(folder: Path, head: Edit, base: Edit = unchanged) -> tuple[Snapshot, Snapshot]:
    """Return two copies of the prepared output `same`, each edited: base and head."""
    return edited_snapshot(folder, "base", base), edited_snapshot(folder, "head", head)


def descriptions(folder: Path, head: Edit, base: Edit = unchanged) -> list[str]:
    """Return the descriptions of the changes."""
    return [change.description for change in review_edits(folder, head, base).changes]


def edited_snapshot(folder: Path, name: str, edit: Edit, source: Path = PAIRS / "same") -> Snapshot:
    """Return the snapshot of a copy of a prepared output, by default of `same`, edited."""
    shutil.copytree(source / name if source.name == "same" else source, folder / name)
    out = folder / name / "cdk.out"
    edit_output(out, edit)
    return read_snapshot(name, out, None)


def edit_output(out: Path, edit: Edit) -> None:
    """Edit the templates of an output in place."""
    files = {file.name.partition(".")[0]: file for file in out.glob("*.template.json")}
    templates: Templates = {stack: json.loads(file.read_text(encoding="utf-8")) for stack, file in files.items()}
    edit(templates)
    for stack, file in files.items():
        file.write_text(json.dumps(templates[stack]), encoding="utf-8")
