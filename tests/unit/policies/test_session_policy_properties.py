"""For every id, the session policy matches no key and no prefix outside the folder, by an independent matcher."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from temp_access.config.grants import read_any_id
from temp_access.config.model import Bucket, Config, Environment, Grant, Role, User
from temp_access.config.table import TableReader
from temp_access.config.validation import folder_problem, id_problem
from temp_access.iam.policy_json import escape, minimal_json
from temp_access.policies.access_modes import ACCESS_MODES, EXTRAS, AccessMode, access_of, modes_with
from temp_access.policies.checks import quota_findings, session_policy_size
from temp_access.policies.session_policy import session_policy
from tests.unit.support.config_file import ROOT

BUCKET = "the-bucket"
CHARACTERS = st.sampled_from("ab*?${}-.") | st.characters(min_codepoint=0x20, max_codepoint=0xFF)
# What IAM takes for a wildcard, an escape or a variable comes up more often than by chance.
SPECIAL = st.sampled_from(["${*}", "${?}", "${$}", "${aws:username}", "${", "$", "*", "?", "}"])
IDS = (st.text(CHARACTERS, min_size=1, max_size=12) | st.lists(SPECIAL, min_size=1, max_size=3).map("".join)).filter(
    lambda id_: id_problem(id_) is None
)
FOLDERS = st.lists(IDS, min_size=1, max_size=3).map("/".join).filter(lambda folder: folder_problem(folder) is None)
ANYTHING = st.text(CHARACTERS | st.just("/"), max_size=20) | st.lists(SPECIAL, max_size=3).map("".join)
MODE = st.sampled_from(sorted(ACCESS_MODES))
CHOSEN = st.lists(st.sampled_from(sorted(EXTRAS)), max_size=4, unique=True).map(tuple)
ACCESS = st.builds(access_of, MODE, CHOSEN)


def matches(pattern: str, text: str) -> bool:
    """Whether IAM's pattern covers the text: `*`, `?`, and `${*}`, `${?}`, `${$}` for the characters."""
    tokens: list[tuple[str, str]] = []
    while pattern:
        if pattern[:2] == "${" and pattern[2:4] in ("*}", "?}", "$}"):
            tokens.append(("literal", pattern[2]))
            pattern = pattern[4:]
        else:
            assert pattern[:2] != "${", "another policy variable"
            tokens.append(({"*": "many", "?": "one"}.get(pattern[0], "literal"), pattern[0]))
            pattern = pattern[1:]

    @cache
    def rest(at: int, place: int) -> bool:
        if at == len(tokens):
            return place == len(text)
        kind, character = tokens[at]
        if kind == "many":
            return rest(at + 1, place) or (place < len(text) and rest(at, place + 1))
        return place < len(text) and (kind == "one" or text[place] == character) and rest(at + 1, place + 1)

    return rest(0, 0)


def statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the policy's statements, as what is sent is read again."""
    read = json.loads(minimal_json(policy))
    found: list[dict[str, Any]] = read["Statement"] if isinstance(read["Statement"], list) else [read["Statement"]]
    return found


def reaches(policy: dict[str, Any], key: str) -> bool:
    """Whether any statement is about this object."""
    return any(matches(s["Resource"], f"arn:aws:s3:::{BUCKET}/{key}") for s in statements(policy))


def lists(policy: dict[str, Any], prefix: str | None, action: str = "s3:ListBucket") -> bool:
    """Whether any statement lets the bucket be listed with this prefix, None for a listing without one."""

    def holds(statement: dict[str, Any]) -> bool:
        if "Condition" not in statement:
            return True
        assert list(statement["Condition"]) == ["StringLike"]
        patterns = statement["Condition"]["StringLike"]["s3:prefix"]
        all_of_them = [patterns] if isinstance(patterns, str) else patterns
        return prefix is not None and any(matches(pattern, prefix) for pattern in all_of_them)

    return any(
        matches(s["Resource"], f"arn:aws:s3:::{BUCKET}") and holds(s)
        for s in statements(policy)
        if action in ([s["Action"]] if isinstance(s["Action"], str) else s["Action"])
    )


def nearby(folder: str) -> st.SearchStrategy[str]:
    """Return keys that look like the folder's: mutated, extended, cut, with its wildcards filled in."""
    changes: list[Callable[[str], str]] = [
        lambda text: folder + text,
        lambda text: f"{folder}/{text}",
        lambda text: text + folder,
        lambda text: folder.replace("*", text).replace("?", "x") + "/" + text,
        lambda text: folder[: len(text)] + "/" + text,
        lambda text: folder[:-1] + text,
        lambda text: folder.swapcase() + "/" + text,
    ]
    return (
        ANYTHING
        | st.sampled_from(["", folder, f"{folder}/"])
        | st.tuples(st.sampled_from(changes), ANYTHING).map(lambda change: change[0](change[1]))
    )


@given(FOLDERS, ACCESS, st.data())
def test_matches_exactly_the_keys_and_prefixes_in_the_folder(
    folder: str, access: AccessMode, data: st.DataObject
) -> None:
    """A key or prefix matches if it begins with `<folder>/`, and never otherwise, for any id."""
    policy = session_policy(folder, access, bucket=BUCKET)
    key = data.draw(nearby(folder))
    inside = key.startswith(f"{folder}/")
    assert reaches(policy, key) == (inside and bool(access.object_actions))
    assert lists(policy, key) == (inside and access.allows_listing)
    assert lists(policy, key, "s3:ListBucketVersions") == (inside and access.lists_versions)


@given(FOLDERS, ACCESS, ANYTHING)
def test_allows_everything_inside_the_folder_and_nothing_beside_it(folder: str, access: AccessMode, name: str) -> None:
    """This includes the folder itself; not its bare name, a longer name or a listing without a prefix."""
    policy = session_policy(folder, access, bucket=BUCKET)
    assert reaches(policy, f"{folder}/{name}") == bool(access.object_actions)
    assert lists(policy, f"{folder}/{name}") == access.allows_listing
    for outside in (folder, f"{folder}by/{name}", f"/{folder}/{name}", folder[:-1], ""):
        assert not reaches(policy, outside)
        for action in ("s3:ListBucket", "s3:ListBucketVersions"):
            assert not lists(policy, outside, action)
            assert not lists(policy, None, action)


@given(FOLDERS, FOLDERS, CHOSEN)
def test_no_grant_allows_another_grants_folder(one: str, other: str, extras: tuple[str, ...]) -> None:
    """Two folders that don't overlap share no key, whatever wildcards are in their names."""
    assume(not f"{other}/".startswith(f"{one}/"))
    policy = session_policy(one, access_of("full", extras), bucket=BUCKET)
    assert not reaches(policy, f"{other}/key")
    assert not lists(policy, f"{other}/")
    assert not lists(policy, f"{other}/", "s3:ListBucketVersions")


@given(FOLDERS, ACCESS)
def test_no_statement_allows_another_bucket_or_action(folder: str, access: AccessMode) -> None:
    """The policy has only the mode's actions, only on this bucket, and only Allow."""
    allowed = {"s3:ListBucket", "s3:GetBucketLocation"} if access.allows_listing else set()
    allowed |= {"s3:ListBucketVersions"} if access.lists_versions else set()
    for statement in statements(session_policy(folder, access, bucket=BUCKET)):
        actions = statement["Action"]
        assert set([actions] if isinstance(actions, str) else actions) <= allowed | set(access.object_actions)
        assert statement["Effect"] == "Allow"
        assert statement["Resource"].split("/")[0] == f"arn:aws:s3:::{BUCKET}"


@given(ANYTHING, ANYTHING)
def test_escaping_is_injective_and_exact(one: str, other: str) -> None:
    """Two ids never have the same pattern, and a pattern matches its own id only."""
    assert matches(escape(one), one)
    assert (escape(one) == escape(other)) == (one == other)
    assert matches(escape(one), other) == (one == other)


@given(FOLDERS, MODE, CHOSEN, st.sampled_from(["aws", "aws-us-gov"]))
def test_checks_the_size_of_the_policy_that_is_sent(
    folder: str, mode: str, extras: tuple[str, ...], partition: str
) -> None:
    """The size is in characters, as STS counts them."""
    sent = minimal_json(session_policy(folder, access_of(mode, extras), bucket=BUCKET, partition=partition))
    grant = Grant("x", mode, folder, extras=extras)
    assert session_policy_size(grant, bucket=BUCKET, partition=partition) == len(sent)


# Up to a character that costs four, `${*}`, and around the 2048 that a session policy may have.
PATTERNS = st.tuples(
    st.sampled_from(["[a*]{1,%d}", r"\*{1,%d}", "[?b]{%d}", r"\${1,%d}", '["a]{1,%d}', "x{%d}"]), st.integers(180, 255)
)


@given(
    PATTERNS.map(lambda parts: parts[0] % parts[1]),
    MODE,
    CHOSEN,
    st.sampled_from(["{id}", "x/{id}", "$/{id}*"]),
    st.integers(3, 63),
)
def test_no_admitted_ids_policy_is_larger_than_the_bound_that_is_checked(
    pattern: str, mode: str, extras: tuple[str, ...], template: str, bucket_length: int
) -> None:
    """If the file is accepted, each admitted id's policy fits; if it is refused, the longest id's doesn't."""
    useful = [name for name in extras if mode in modes_with(name)]
    data = {"pattern": pattern, "access": mode, "folder": template, **({"extras": useful} if useful else {})}
    any_id = read_any_id(TableReader(data, "", []), (mode,), dict.fromkeys(useful, (mode,)), 43200, {})
    assert any_id is not None
    config = Config(
        path=ROOT,
        user=User(),
        role=Role(),
        bucket=Bucket("b" * bucket_length),
        grants={},
        any_id=any_id,
        environments={},
        environment=Environment(),
        digest="",
    )
    findings = [finding for finding in quota_findings(config) if finding.startswith("any_id")]
    longest = [character * any_id.pattern.longest for character in '*?$"ax']
    sizes = [
        len(
            minimal_json(
                session_policy(
                    grant.folder, access_of(mode, tuple(useful)), bucket="b" * bucket_length, partition="aws-us-gov"
                )
            )
        )
        for id_ in longest
        if any_id.admits(id_, {})
        for grant in [any_id.grant(id_)]
    ]
    assert (max(sizes) > 2048) == bool(findings)
