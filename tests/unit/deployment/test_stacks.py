"""The two stacks are read only from templates of the same access.toml."""

from pathlib import Path

import pytest

from temp_access.deployment.stacks import read_stacks
from temp_access.errors import UserError
from tests.unit.support.cloud_assembly import ACCESS, STORAGE, write_assembly


def test_reads_both_templates_of_this_access_toml(tmp_path: Path) -> None:
    """The digest in the role's tag is the file's own."""
    assembly = read_stacks(write_assembly(tmp_path), digest="d1gest")

    assert assembly.templates == {"TempAccessStorage": STORAGE, "TempAccess": ACCESS}


def test_refuses_a_folder_that_was_made_from_another_access_toml(tmp_path: Path) -> None:
    """The role's tag holds the digest of the access.toml that the templates come from."""
    with pytest.raises(UserError, match=r"made from another access\.toml .*d1gest.*0ther\); run `make deploy`"):
        read_stacks(write_assembly(tmp_path), digest="0ther")


def test_refuses_a_folder_whose_role_has_no_digest(tmp_path: Path) -> None:
    """Without the tag, nothing says which access.toml it was."""
    with pytest.raises(UserError, match="is missing"):
        read_stacks(write_assembly(tmp_path, a=STORAGE), digest="d1gest")


def test_refuses_tags_that_are_no_list(tmp_path: Path) -> None:
    """Such tags hold no digest."""
    role = {"Type": "AWS::IAM::Role", "Properties": {"Tags": 5}}

    with pytest.raises(UserError, match="is missing"):
        read_stacks(write_assembly(tmp_path, a={"Resources": {"Role": role}}), digest="d1gest")
