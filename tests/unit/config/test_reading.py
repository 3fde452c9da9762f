"""What a valid access.toml means: defaults, warnings, environments, and the project's own file."""

import json
import re
from pathlib import Path

import pytest

from temp_access.access_file import load
from temp_access.cli.completion import grant_ids
from temp_access.config.model import Bucket, Conditions, Config, Environment, Grant, Role, TrustedPrincipal, User
from temp_access.iam.aws_managed import _bundle
from tests.unit.support.config_file import BOB, ROOT, config_of

OWN = ROOT / "access.toml"
# The one finding that an example can't do without: its policy file isn't part of the project.
PRICE_LIST = '{"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::price-list/today"}}'


def test_the_shortest_file_has_the_defaults(tmp_path: Path) -> None:
    """One grant is enough: temp-user can assume temp-role for 12h, and the bucket outlives the stack."""
    config = config_of(tmp_path, BOB)
    assert config == Config(
        path=tmp_path / "access.toml",
        user=User("temp-user", (), (), (), None),
        role=Role("temp-role", 43200, (), Conditions(False, (), None, None)),
        bucket=Bucket(None, True, "retain"),
        grants={"bob": Grant("bob", "read", "bob", None, False)},
        any_id=None,
        environments={},
        environment=Environment(None, None, None, None, False),
        digest=config.digest,
    )
    assert (config.warnings, config.modes, config.bucket_name) == ((), ("read",), None)


def test_the_projects_own_file_loads_without_a_warning() -> None:
    """The example to start from has bob, bobby and alice, a person with a user of their own, and a pipeline."""
    config = load(OWN)
    assert config.warnings == ()
    assert [*config.own_role_grants] == ["ann", "releases"]
    assert config.shared_role_grants == {
        "bob": Grant("bob", "read-write", "bob"),
        "bobby": Grant("bobby", "read", "bobby", 4 * 3600),
        "alice": Grant("alice", "write", "inbox/alice", 3600),
    }
    assert config.modes == ("read", "read-write", "write")


def test_reads_extras_in_their_usual_order_and_each_once(tmp_path: Path) -> None:
    """Two grants with the same extras have the same access, however they are written."""
    text = """
        [grants.bob]
        access = "read"
        extras = ["acl", "tags", "acl"]
        [grants.eve]
        access = "read"
        extras = ["tags", "acl"]
        [any_id]
        pattern = "t-[0-9]"
        access = "list"
        extras = ["versions"]
    """
    config = config_of(tmp_path, text)
    assert config.accesses == (("list", ("versions",)), ("read", ("tags", "acl")))
    assert config.grants["bob"].extras == ("tags", "acl")
    assert config.grant_for("t-1") == Grant("t-1", "list", "t-1", extras=("versions",))


def _uncommented(text: str) -> str:
    """Return `text` with every commented-out table, key and value turned on."""
    return re.sub(r"^# (?=\[|[a-z_]+ = )", "", text, flags=re.MULTILINE)


def test_all_commented_out_examples_are_valid_together(tmp_path: Path) -> None:
    """Removing the `#` of the examples is enough to use them."""
    text = OWN.read_text(encoding="utf-8")
    examples = _uncommented(text)
    assert examples.count("\n# [") == examples.count("\n# name =") == 0
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "price-list.json").write_text(PRICE_LIST)
    config = config_of(tmp_path, examples, "prod")
    assert [policy.name for policy in config.user.aws_managed] == ["AmazonS3FullAccess", "IAMFullAccess"]
    assert [policy.name for policy in (*config.user.customer_managed, *config.user.inline)] == [
        "read-the-price-list",
        "see-own-account",
    ]
    assert config.user.permissions_boundary == "arn:aws:iam::aws:policy/PowerUserAccess"
    assert config.role.trusted == (
        TrustedPrincipal(None, "role/build", None),
        TrustedPrincipal("222233334444", "root", "the-partner-7f3a"),
    )
    assert config.role.conditions == Conditions(True, ("203.0.113.0/24",), "*@example.com", "*-${aws:username}")
    assert config.any_id is not None
    assert (config.any_id.pattern.source, config.any_id.folder) == ("tenant-[0-9]{1,6}", "tenants/{id}")
    assert config.environment == Environment("prod", "111122223333", "eu-central-1", "example-temp-access-prod", True)
    assert config.warnings == ()


# A commented-out table with its keys, or a key of a table that is there.
_EXAMPLE = re.compile(r"^# \[.*\n(?:# [a-z_]+ = .*\n)*|^# [a-z_]+ = .*\n", re.MULTILINE)


@pytest.mark.parametrize(
    "example", list(_EXAMPLE.finditer(OWN.read_text(encoding="utf-8"))), ids=lambda match: match[0][2:30]
)
def test_each_commented_out_example_is_valid_alone(tmp_path: Path, example: re.Match[str]) -> None:
    """An example can be used while the others are commented out."""
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "price-list.json").write_text(PRICE_LIST)
    text = example.string
    assert config_of(tmp_path, text[: example.start()] + _uncommented(example[0]) + text[example.end() :])


@pytest.mark.parametrize(
    ("name", "warning"),
    [
        ("AmazonS3FulAccess", " (did you mean 'AmazonS3FullAccess'?)"),
        ("Billing", " (did you mean 'job-function/Billing'?)"),
        ("0", ""),
    ],
)
def test_an_unknown_aws_managed_policy_is_a_warning_with_a_suggestion(tmp_path: Path, name: str, warning: str) -> None:
    """AWS keeps adding policies, so a name that isn't bundled is only warned about."""
    config = config_of(tmp_path, f"[[user.aws_managed]]\nname = '{name}'\nreason = 'because'\n{BOB}")
    assert [text.partition(" (AWS managed policies as of ")[0] for text in config.warnings] == [
        f"access.toml: user.aws_managed[0].name: {name!r} isn't a known AWS managed policy{warning}; "
        "check the name and its path"
    ]
    assert re.search(r" \(AWS managed policies as of 20\d\d-\d\d-\d\d", config.warnings[0])


def test_the_bundled_policies_are_read_only_where_access_toml_names_one(tmp_path: Path) -> None:
    """A file without user.aws_managed doesn't pay for decompressing them."""
    _bundle.cache_clear()
    config_of(tmp_path, BOB)
    assert _bundle.cache_info().currsize == 0
    config_of(tmp_path, f"[[user.aws_managed]]\nname = 'IAMReadOnlyAccess'\nreason = 'because'\n{BOB}")
    assert _bundle.cache_info().currsize == 1


def test_a_principal_of_the_environments_account_needs_no_external_id(tmp_path: Path) -> None:
    """Whether an account is another one depends on the environment."""
    text = (
        "[environments.prod]\naccount = '111122223333'\nregion = 'eu-central-1'\nbucket = 'the-bucket'\n"
        "[[role.trusted]]\nprincipal = 'arn:aws:iam::111122223333:role/path/build'\n" + BOB
    )
    config = config_of(tmp_path, text, "prod")
    assert config.role.trusted == (TrustedPrincipal(None, "role/path/build", None),)
    assert (config.environment.name, config.bucket_name) == ("prod", "the-bucket")


def test_the_digest_depends_on_values_only(tmp_path: Path) -> None:
    """Comments and the order of keys don't change it."""
    one = config_of(tmp_path, "[grants.bob]\naccess = 'read'\nduration = '1h'\n").digest
    assert config_of(tmp_path, "# hello\n[grants.bob]\nduration = '1h'\naccess = 'read'\n").digest == one
    assert config_of(tmp_path, "[grants.bob]\naccess = 'read'\nduration = '2h'\n").digest != one
    assert re.fullmatch("[0-9a-f]{64}", one)


def test_the_digest_includes_the_content_of_policy_files(tmp_path: Path) -> None:
    """The deployment depends on them, and access.toml has only their names."""
    text = f"[[user.customer_managed]]\nname = 'own'\nfile = 'own.json'\n{BOB}"
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/k"}
    digests = set()
    for effect in ("Allow", "Deny"):
        (tmp_path / "own.json").write_text(json.dumps({"Statement": [{**statement, "Effect": effect}]}))
        digests.add(config_of(tmp_path, text).digest)
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("text", "shared"),
    [
        ("[grants.a]\naccess='read'\nfolder='x'\n[grants.b]\naccess='read'\nfolder='x/y'\nshared=true\n", ["b"]),
        (
            "[grants.a]\naccess='read'\nfolder='x'\nshared=true\n[grants.b]\naccess='read'\nfolder='x'\nshared=true\n",
            ["a", "b"],
        ),
    ],
)
def test_a_shared_folder_can_overlap_with_another(tmp_path: Path, text: str, shared: list[str]) -> None:
    """`shared = true` allows the overlap: in the inner grant, or in both for the same folder."""
    grants = config_of(tmp_path, text).grants.values()
    assert [grant.id for grant in grants if grant.shared] == shared


def test_a_common_prefix_of_names_is_no_overlap(tmp_path: Path) -> None:
    """bob and bobby are two folders, and so are x/y and x/yz."""
    ids = ("bob", "bobby", "bob-2", "b")
    config = config_of(tmp_path, "".join(f"[grants.{id_}]\naccess = 'read'\n" for id_ in ids))
    assert tuple(config.grants) == ids


def test_accepts_a_byte_order_mark(tmp_path: Path) -> None:
    """It can be in access.toml and in policy files; neither the digest nor the completed ids change."""
    text = BOB + "[[user.inline]]\nname = 'own'\nfile = 'own.json'\nreason = 'why'\n"
    (tmp_path / "own.json").write_text(PRICE_LIST)
    plain = config_of(tmp_path, text)
    (tmp_path / "own.json").write_text(PRICE_LIST, encoding="utf-8-sig")
    marked = config_of(tmp_path, "\ufeff" + text.replace("\n", "\r\n"))
    assert marked.digest == plain.digest
    assert grant_ids(marked.path) == ["bob"]
