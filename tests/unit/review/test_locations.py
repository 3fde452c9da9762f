"""The locations of causes, and that the review guesses none."""

import json
import shutil
from pathlib import Path

import pytest

from temp_access.cli.main import main
from tests.unit.support.config_file import ROOT
from tests.unit.support.review_sample import PAIRS


def locations(folder: Path) -> set[str]:
    """Return the locations that the review of `folder`'s base and head names."""
    file = folder / "review.json"
    snapshots = [f"--{name}={folder / name / 'cdk.out'}" for name in ("base", "head")]
    assert main(["review", *snapshots, "--format=json", "--compare-only", f"--output={file}"]) == 1
    changes = json.loads(file.read_text(encoding="utf-8"))["changes"]
    return {location["text"] for change in changes for location in change["cause"]["places"]}


def edited(folder: Path, name: str, old: str, new: str) -> Path:
    """Return a copy of a pair with `new` instead of `old` in head's access template."""
    shutil.copytree(PAIRS / name, folder / name)
    file = folder / name / "head" / "cdk.out" / "TempAccess.template.json"
    template = file.read_text(encoding="utf-8")
    assert old in template
    file.write_text(template.replace(old, new), encoding="utf-8")
    return folder / name


def test_names_the_line_of_a_policy_in_access_toml(tmp_path: Path) -> None:
    """The location of an inline policy is its line, if the template has it as access.toml does."""
    assert locations(edited(tmp_path, "inline-policy", "price-list", "price-list")) == {
        "access.toml, line 4 (user.inline[0].name)"
    }


def test_names_the_construct_of_a_rewritten_policy(tmp_path: Path) -> None:
    """A policy that app.py changed differs from the line in access.toml."""
    assert locations(edited(tmp_path, "inline-policy", "price-list", "other")) == {
        "construct TempAccess/User/Resource/Resource"
    }


def test_names_the_construct_of_a_changed_session_duration(tmp_path: Path) -> None:
    """The location is the line of max_session_duration only if that line has the template's value."""
    named = locations(edited(tmp_path, "longer-session", ": 43200", ": 36000"))
    assert named == {"construct TempAccess/Role/Resource/Resource"}


def test_ignores_metadata_that_are_not_an_object(tmp_path: Path) -> None:
    """Other metadata are no error, and have no construct path."""
    named = locations(edited(tmp_path, "longer-session", ": 43200", ": 36000"))
    assert named == {"construct TempAccess/Role/Resource/Resource"}
    file = tmp_path / "longer-session" / "head" / "cdk.out" / "TempAccess.template.json"
    template = file.read_text(encoding="utf-8").replace('"Metadata": {', '"Metadata": [], "Other": {')
    file.write_text(template, encoding="utf-8")
    assert locations(tmp_path / "longer-session") == {"template TempAccess, Role11E5256C"}


@pytest.mark.parametrize("path", ["aws:cdk:path", "aws:cdk:other"])
def test_names_the_logical_id_without_a_construct_path(tmp_path: Path, path: str) -> None:
    """Without a construct path, the location is the template and the resource's logical id."""
    folder = edited(tmp_path, "longer-session", ": 43200", ": 36000")
    file = folder / "head" / "cdk.out" / "TempAccess.template.json"
    file.write_text(file.read_text(encoding="utf-8").replace('"aws:cdk:path"', f'"{path}"'), encoding="utf-8")
    role = (
        "construct TempAccess/Role/Resource/Resource" if path == "aws:cdk:path" else "template TempAccess, Role11E5256C"
    )
    assert locations(folder) == {role}


def test_a_change_of_the_role_names_the_grant_that_it_comes_from(tmp_path: Path) -> None:
    """The role's policy has the actions of all modes, so that the line of one grant is the cause of its change."""
    assert locations(edited(tmp_path, "new-action", "Metadata", "Metadata")) == {
        "access.toml, line 2 (grants.bob.access)"
    }
    other = edited(tmp_path / "other", "new-action", '"s3:DeleteObject"', '"s3:DeleteObject", "s3:PutObjectAcl"')
    assert "construct TempAccess/Role/Resource/Resource" in locations(other)


def test_names_the_line_of_a_construct_id(tmp_path: Path) -> None:
    """With the sources next to access.toml, the location includes the line with the construct's id."""
    folder = tmp_path / "session-named"
    shutil.copytree(PAIRS / "session-named", folder)
    shutil.copy(ROOT / "app.py", folder / "head")
    for room in ("stacks", "constructs"):
        shutil.copytree(ROOT / room, folder / "head" / room)
    [location] = locations(folder)
    source = (ROOT / "constructs" / "access_constructs" / "folder_bucket.py").read_text(encoding="utf-8")
    number = 1 + source[: source.index('"Resource"')].count("\n")
    assert location == (
        "construct TempAccessStorage/Folders/Resource/Policy/Resource "
        f'("Resource" in constructs/access_constructs/folder_bucket.py, line {number})'
    )
