"""Reading any access.toml ends with a Config or with one-line findings."""

import datetime
import re
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st

from temp_access.access_file import read
from temp_access.config.folders import overlaps
from temp_access.config.grants import read_any_id
from temp_access.config.model import Grant
from temp_access.config.table import TableReader
from temp_access.config.validation import folder_problem, id_problem
from temp_access.policies.access_modes import ACCESS_MODES, EXTRAS

KNOWN = re.findall(
    r"\w+",
    "user role bucket grants any_id environments name aws_managed customer_managed inline permissions_boundary "
    "reason file document max_session_duration trusted principal external_id conditions mfa source_ip "
    "source_identity session_name versioning on_destroy access folder duration shared pattern account region "
    "termination_protection bob Statement Effect Action Resource Condition Version ",
)
# TOML has no lone surrogates.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.one_of(
    TEXTS,
    st.sampled_from(
        [
            "read",
            "full",
            "1h",
            "13h",
            "bob",
            "bob/in",
            "{id}",
            "a/{id}",
            "[a-z]{2}",
            "[a",
            "222233334444",
            "user/x",
            "arn:aws:iam::222233334444:root",
            "203.0.113.0/24",
            "Allow",
            "s3:*",
            "*",
            '{"Statement": []}',
            "foo/",
            "/",
            "IAMFullAccess",
            "eu-central-1",
            "x" * 700,
            "${aws:username}-*",
            '{"Statement": [{"Action": 5}]}',
            "\0",
        ]
    ),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.times(),
    st.datetimes(timezones=st.just(datetime.UTC)),
)
KEYS = st.sampled_from(KNOWN) | TEXTS
NESTED = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=20
)


def _mostly(known: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Return tables that have these keys, though not always all of them, nor always with fitting values."""
    return st.fixed_dictionaries({}, optional={key: value | NESTED for key, value in known.items()})


DOCUMENT = _mostly(
    {
        "name": st.just("own"),
        "reason": TEXTS,
        "document": _mostly({"Statement": st.lists(st.dictionaries(KEYS, NESTED, max_size=4), max_size=2)}),
        "file": st.sampled_from(["access.toml", ".", "\0", "", "x" * 300, "no/such"]),
    }
)
GRANT = _mostly(
    {
        "access": st.sampled_from(list(ACCESS_MODES)),
        "extras": st.lists(st.sampled_from(list(EXTRAS)) | TEXTS, max_size=3),
        "folder": TEXTS,
        "duration": TEXTS,
        "shared": st.booleans(),
    }
)
FILES = _mostly(
    {
        "user": _mostly(
            {
                "name": TEXTS,
                "aws_managed": st.lists(_mostly({"name": TEXTS, "reason": TEXTS}), max_size=2),
                "customer_managed": st.lists(DOCUMENT, max_size=2),
                "inline": st.lists(DOCUMENT, max_size=2),
            }
        ),
        "role": _mostly(
            {
                "trusted": st.lists(_mostly({"principal": TEXTS, "external_id": TEXTS}), max_size=2),
                "conditions": _mostly({"source_ip": st.lists(TEXTS, max_size=2), "session_name": TEXTS}),
            }
        ),
        "bucket": _mostly({"name": TEXTS}),
        "grants": st.dictionaries(TEXTS, GRANT, max_size=4),
        "any_id": _mostly({"pattern": TEXTS, "access": st.sampled_from(list(ACCESS_MODES)), "folder": TEXTS}),
        "environments": st.dictionaries(TEXTS, _mostly({"account": TEXTS, "region": TEXTS}), max_size=2),
    }
)


@given(data=FILES, environment=st.none() | TEXTS)
@example(data={"user": {"aws_managed": [{"name": "foo/", "reason": "x"}]}}, environment=None)
@example(data={"user": {"inline": [{"name": "x", "file": "\0"}]}}, environment=None)
@example(
    data={"user": {"inline": [{"name": "x", "document": {"Statement": [], "a": datetime.date.max}}]}}, environment=""
)
@example(data={"environments": {"a\nb": {"account": "1"}, "c": {"account": "1"}}}, environment="x")
def test_any_file_gives_a_config_or_findings(data: dict[str, Any], environment: str | None) -> None:
    """No data leads to another error, and no finding breaks a line or controls a terminal."""
    config, findings = read(Path("access.toml"), data, environment)
    for line in (*findings, *config.warnings):
        assert line.isprintable(), line


SEGMENTS = st.text("ab", min_size=1, max_size=2)
FOLDERS = st.lists(SEGMENTS, min_size=1, max_size=3).map("/".join)


@given(st.lists(FOLDERS, max_size=6))
def test_overlaps_are_exact(folders: list[str]) -> None:
    """Each folder inside another, or equal to it, is paired with the nearest one; no other is paired."""
    grants = [Grant(str(index), "read", folder) for index, folder in enumerate(folders)]
    found = {inner.id: outer for outer, inner in overlaps(grants)}
    for grant in grants:
        around = [
            other
            for other in grants
            if f"{grant.folder}/".startswith(f"{other.folder}/")
            and (len(other.folder), other.id) < (len(grant.folder), grant.id)
        ]
        nearest = max(around, key=lambda other: (len(other.folder), other.id), default=None)
        assert found.get(grant.id) == nearest


PIECES = st.sampled_from(["a", "b", "[ab]", "a?", "b{1,2}", "(ab|ba)", "(a|bb)?", r"\.", "[b.]{1,2}"])
PATTERNS = st.lists(PIECES, min_size=1, max_size=3).map("".join)
TEMPLATES = st.sampled_from(["{id}", "x/{id}", "{id}/x", "a{id}", "{id}b", "x/{id}/y", "a/{id}b/b", ".{id}"])
LISTED_FOLDERS = st.lists(st.sampled_from(["a", "b", "ab", "ba", "x", "aab", "y", "a.b"]), min_size=1, max_size=4)
WORDS = [("".join(letters)) for size in range(1, 7) for letters in product("ab.", repeat=size)]


@given(PATTERNS, TEMPLATES, st.lists(LISTED_FOLDERS.map("/".join), max_size=3, unique=True))
@example("a", "{id}", ["a/b"])
@example("a", "x/{id}", ["x"])
@example("[ab]{1,2}", "{id}/x", ["ab"])
@example("a", "{id}/x", ["a/y"])
def test_conflicts_of_any_id_are_exact(pattern: str, template: str, folders: list[str]) -> None:
    """Compared with all ids of a small language, each conflict is found and no other."""
    grants = {f"listed-{n}": Grant(f"listed-{n}", "read", folder) for n, folder in enumerate(folders)}
    findings: list[str] = []
    table = TableReader({"pattern": pattern, "access": "read", "folder": template}, "any_id", findings)
    any_id = read_any_id(table, tuple(ACCESS_MODES), {}, 43200, grants)
    assume(any_id is not None)
    assert any_id is not None
    given_out = [any_id.grant(word).folder for word in WORDS if any_id.admits(word, grants)]
    assume(given_out)
    assert len(set(given_out)) == len(given_out)
    assert not any(_meet(one, other) for one in given_out for other in given_out if one != other)
    assert bool(findings) == any(_meet(one, folder) for one in given_out for folder in folders)


def _meet(one: str, other: str) -> bool:
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


@given(PATTERNS, st.lists(st.sampled_from(WORDS), max_size=3, unique=True), st.sampled_from(WORDS))
def test_any_id_admits_unlisted_ids_only(pattern: str, listed: list[str], word: str) -> None:
    """An unlisted id is admitted if the pattern matches all of it, and S3 and STS accept it."""
    grants = {id_: Grant(id_, "read", f"elsewhere/{n}") for n, id_ in enumerate(listed)}
    any_id = read_any_id(
        TableReader({"pattern": pattern, "access": "list"}, "any_id", []), tuple(ACCESS_MODES), {}, 43200, grants
    )
    assume(any_id is not None)
    assert any_id is not None
    expected = word not in listed and any_id.pattern.matches(word) and not id_problem(word) and not folder_problem(word)
    assert any_id.admits(word, grants) == expected
