"""The two stacks are read only from templates of the same access.toml."""

from dataclasses import replace
from pathlib import Path

import pytest

from temp_access.config.model import Config
from temp_access.deployment.stacks import read_stacks
from temp_access.errors import UserError
from tests.unit.support.cloud_assembly import ACCESS, STORAGE, write_assembly
from tests.unit.support.config_file import BOB, config_of


def config_with(tmp_path: Path, digest: str) -> Config:
    """Return a configuration with this digest."""
    return replace(config_of(tmp_path, BOB), digest=digest)


def test_reads_both_templates_of_this_access_toml(tmp_path: Path) -> None:
    """The digest in the role's tag is the file's own."""
    assembly = read_stacks(write_assembly(tmp_path), config=config_with(tmp_path, "d1gest"))

    assert assembly.templates == {"TempAccessStorage": STORAGE, "TempAccess": ACCESS}


def test_refuses_a_folder_that_was_made_from_another_access_toml(tmp_path: Path) -> None:
    """The role's tag holds the digest of the access.toml that the templates come from."""
    with pytest.raises(UserError, match=r"made from another access\.toml .*d1gest.*0ther\); run `make deploy`"):
        read_stacks(write_assembly(tmp_path), config=config_with(tmp_path, "0ther"))


def test_refuses_a_folder_whose_role_has_no_digest(tmp_path: Path) -> None:
    """Without the tag, nothing says which access.toml it was."""
    with pytest.raises(UserError, match="is missing"):
        read_stacks(write_assembly(tmp_path, a=STORAGE), config=config_with(tmp_path, "d1gest"))


def test_refuses_tags_that_are_no_list(tmp_path: Path) -> None:
    """Such tags hold no digest."""
    role = {"Type": "AWS::IAM::Role", "Properties": {"Tags": 5}}

    with pytest.raises(UserError, match="is missing"):
        read_stacks(write_assembly(tmp_path, a={"Resources": {"Role": role}}), config=config_with(tmp_path, "d1gest"))
