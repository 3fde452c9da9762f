"""The two stacks are read only from templates of the same access.toml."""

from dataclasses import replace
from pathlib import Path

import pytest

from temp_access.config.model import Config
from temp_access.deployment.stacks import read_stacks
from temp_access.errors import UserError
from tests.unit.support.cloud_assembly import ACCESS, STORAGE, write_assembly
from tests.unit.support.config_file import BOB, config_of
from tests.unit.support.synthesis import synthesize


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


BORROWERS = """
[users.ann]
[identity_providers.own]
issuer = "https://login.example.com"
audience = "temp-access"
create = true
[grants.bob]
access = "read"
borrowers = ["user/ann"]
"""
POLICY = """[[users.ann.inline]]
name = "more"
document = '{"Statement":[{"Effect":"Allow","Action":"iam:GetUser","Resource":"arn:aws:iam::1:user/x"}]}'
"""
OTHERS = {
    "a policy of a user": BORROWERS + POLICY,
    "another policy of the same name": BORROWERS + POLICY.replace("GetUser", "ListUserTags"),
    "a permissions boundary": BORROWERS.replace(
        "[users.ann]", '[users.ann]\npermissions_boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"'
    ),
    "another user": BORROWERS + "[users.ben]\n",
    "another audience": BORROWERS.replace('"temp-access"', '"other"'),
    "a provider of the account": BORROWERS.replace("create = true", "create = false"),
    "another grant": BORROWERS.replace('"read"', '"write"'),
    "no grant": BORROWERS.replace('borrowers = ["user/ann"]', ""),
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_refuses_what_was_made_from_other_borrowers(tmp_path: Path, text: str) -> None:
    """Each part of the file that a template depends on is in a digest: also users' policies and providers."""
    made_from = config_of(tmp_path, BORROWERS)
    synthesize(made_from, outdir=tmp_path / "cdk.out")
    read_stacks(tmp_path / "cdk.out", config=made_from)

    with pytest.raises(UserError, match=r"was made from another access\.toml"):
        read_stacks(tmp_path / "cdk.out", config=config_of(tmp_path, text))
