"""A cloud assembly is read, or refused with what to do next."""

from pathlib import Path
from typing import Any

import pytest

from temp_access.cfn.assembly import read_assembly
from temp_access.errors import UserError
from tests.unit.support.cloud_assembly import ACCESS, STORAGE, manifest, stack, write_assembly

STACKS = ("TempAccessStorage", "TempAccess")


def test_reads_both_templates_by_stack_name(tmp_path: Path) -> None:
    """The stack's name is the artifact's id."""
    assembly = read_assembly(write_assembly(tmp_path), STACKS)

    assert assembly.templates == {"TempAccessStorage": STORAGE, "TempAccess": ACCESS}


def test_prefers_the_stack_name_to_the_artifact_id(tmp_path: Path) -> None:
    """A stack with `stack_name` has another artifact id."""
    named = manifest(TempAccess={}, Other=stack("a.json", stackName="TempAccess"))

    assert read_assembly(write_assembly(tmp_path, manifest=named), STACKS).templates["TempAccess"] == ACCESS


def test_keeps_the_templates_of_other_stacks_apart(tmp_path: Path) -> None:
    """They are read if possible; a stage is an assembly of its own."""
    more = manifest(More=stack("a.json"), Gone=stack("gone.json"), Stage={"type": "cdk:cloud-assembly"})

    assembly = read_assembly(write_assembly(tmp_path, manifest=more), STACKS)

    assert set(assembly.templates) == {"TempAccessStorage", "TempAccess"}
    assert assembly.others == {"More": ACCESS, "Gone": None, "Stage": None}


def test_an_assembly_for_any_account_has_neither_account_nor_region(tmp_path: Path) -> None:
    """`unknown-account` means the caller's account."""
    assembly = read_assembly(write_assembly(tmp_path), STACKS)

    assert (assembly.account, assembly.region) == (None, None)


def test_an_assembly_for_one_account_has_its_account_and_region(tmp_path: Path) -> None:
    """An environment in access.toml fixes account and Region."""
    fixed = {**stack("a.json"), "environment": "aws://111122223333/eu-central-1"}

    assembly = read_assembly(write_assembly(tmp_path, manifest=manifest(TempAccess=fixed)), STACKS)

    assert (assembly.account, assembly.region) == ("111122223333", "eu-central-1")


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"manifest": "{"}, r"manifest\.json: can't be read"),
        ({"manifest": "[]"}, r"manifest\.json: isn't a JSON object"),
        ({"manifest": {}}, "has no stack TempAccessStorage and no stack TempAccess;"),
        ({"manifest": {"artifacts": [1]}}, "has no stack"),
        ({"manifest": manifest(TempAccess=5)}, "has no stack TempAccess;"),
        ({"manifest": manifest(TempAccess={"type": "aws:cloudformation:stack"})}, "None isn't the name of a file"),
        ({"manifest": manifest(TempAccess=stack("../a.json"))}, r"'\.\./a\.json' isn't the name of a file"),
        ({"manifest": manifest(TempAccess=stack("gone.json"))}, r"gone\.json: there is no such file"),
        ({"a": "[" * 100_000}, r"a\.json: can't be read"),
        ({"a": '{"Resources": {"A": 5}}'}, r"a\.json: isn't a CloudFormation template"),
        ({"a": '{"Resources": {"A": {"Type": "T", "Properties": []}}}'}, "isn't a CloudFormation template"),
        ({"a": "{}"}, "isn't a CloudFormation template"),
    ],
)
def test_refuses_a_corrupt_folder(tmp_path: Path, files: dict[str, Any], why: str) -> None:
    """The error says to synthesize again."""
    with pytest.raises(UserError, match=why) as caught:
        read_assembly(write_assembly(tmp_path, **files), STACKS)

    assert "run `make synth`" in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\x00"])
def test_refuses_a_template_that_isnt_text(tmp_path: Path, content: bytes) -> None:
    """Neither UTF-16 nor zeros are JSON."""
    write_assembly(tmp_path)
    (tmp_path / "a.json").write_bytes(content)

    with pytest.raises(UserError, match="can't be read"):
        read_assembly(tmp_path, STACKS)


def test_refuses_a_missing_folder(tmp_path: Path) -> None:
    """The templates haven't been synthesized."""
    with pytest.raises(UserError, match="there is no such folder; run `make synth`"):
        read_assembly(tmp_path / "cdk.out", STACKS)


def test_refuses_a_folder_without_a_manifest(tmp_path: Path) -> None:
    """The folder isn't a cloud assembly."""
    with pytest.raises(UserError, match=r"manifest\.json: there is no such file"):
        read_assembly(tmp_path, STACKS)
