"""Where a cause is written, and that no line is guessed."""

import json
import shutil
from pathlib import Path

import pytest

from temp_access.cli.main import main
from tests.unit.support.config_file import ROOT
from tests.unit.support.review_sample import PAIRS


def places(folder: Path) -> set[str]:
    """Return the places that the review of `folder`'s base and head names."""
    file = folder / "review.json"
    sides = [f"--{side}={folder / side / 'cdk.out'}" for side in ("base", "head")]
    assert main(["review", *sides, "--format=json", "--compare-only", f"--output={file}"]) == 1
    changes = json.loads(file.read_text(encoding="utf-8"))["changes"]
    return {place["text"] for change in changes for place in change["cause"]["places"]}


def edited(folder: Path, name: str, old: str, new: str) -> Path:
    """Return a copy of a pair in which head's access template says `new` instead of `old`."""
    shutil.copytree(PAIRS / name, folder / name)
    template = folder / name / "head" / "cdk.out" / "TempAccess.template.json"
    text = template.read_text(encoding="utf-8")
    assert old in text
    template.write_text(text.replace(old, new), encoding="utf-8")
    return folder / name


def test_a_policy_of_access_toml_has_its_line(tmp_path: Path) -> None:
    """An inline policy that is in the template as it is in access.toml is written there."""
    assert places(edited(tmp_path, "inline-policy", "price-list", "price-list")) == {
        "access.toml, line 4 (user.inline[0].name)"
    }


def test_a_policy_that_was_rewritten_has_its_construct(tmp_path: Path) -> None:
    """One that the app changed isn't what the line in access.toml says."""
    assert places(edited(tmp_path, "inline-policy", "price-list", "other")) == {
        "construct TempAccess/User/Resource/Resource"
    }


def test_a_session_that_the_app_lengthened_has_its_construct(tmp_path: Path) -> None:
    """The line of max_session_duration is named only for its own value."""
    found = places(edited(tmp_path, "longer-session", ": 43200", ": 36000"))
    assert found == {"construct TempAccess/Role/Resource/Resource"}


def test_metadata_of_another_form_are_no_path(tmp_path: Path) -> None:
    """Metadata that aren't an object are no error."""
    found = places(edited(tmp_path, "new-action", '"Metadata": {', '"Metadata": [], "Other": {'))
    assert "template TempAccess, Role11E5256C" in found


@pytest.mark.parametrize("path", ["aws:cdk:path", "aws:cdk:other"])
def test_without_a_path_it_is_the_logical_id(tmp_path: Path, path: str) -> None:
    """A template without paths is named with the resource's logical id."""
    found = places(edited(tmp_path, "new-action", '"aws:cdk:path"', f'"{path}"'))
    role = (
        "construct TempAccess/Role/Resource/Resource" if path == "aws:cdk:path" else "template TempAccess, Role11E5256C"
    )
    assert role in found
    assert "access.toml, line 2 (grants.bob.access)" in found


def test_a_construct_has_the_line_of_its_id(tmp_path: Path) -> None:
    """With the sources beside access.toml the line where the construct is made is named."""
    folder = tmp_path / "session-named"
    shutil.copytree(PAIRS / "session-named", folder)
    shutil.copy(ROOT / "app.py", folder / "head")
    for room in ("stacks", "constructs"):
        shutil.copytree(ROOT / room, folder / "head" / room)
    [place] = places(folder)
    source = (ROOT / "constructs" / "access_constructs" / "folder_bucket.py").read_text(encoding="utf-8")
    number = 1 + source[: source.index('"Resource"')].count("\n")
    assert place == (
        "construct TempAccessStorage/Folders/Resource/Policy/Resource "
        f'("Resource" in constructs/access_constructs/folder_bucket.py, line {number})'
    )
