"""Errors as services and tools print them: the first cause is the one that the whole error suggests."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from temp_access.error_guide.guide import explain, load_entries
from temp_access.error_guide.parse import parse

_DATA = Path(__file__).parents[2] / "data" / "error_messages.toml"
ROWS = tomllib.loads(_DATA.read_text(encoding="utf-8"))["rows"]


@pytest.mark.parametrize("row", ROWS, ids=[row["pasted"][:90] for row in ROWS])
def test_the_first_cause_fits(row: Mapping[str, str]) -> None:
    """The code, the call and the message decide which cause comes first."""
    causes = explain(*parse(row["pasted"])).causes
    assert row["first"] in causes[0].what, [cause.what for cause in causes]


def test_every_row_has_a_source() -> None:
    """An issue that quotes the text, or the page that documents it; and no text is there twice."""
    assert all(row["source"].startswith("https://") for row in ROWS)
    assert len({row["pasted"] for row in ROWS}) == len(ROWS) > 150


def test_every_code_has_a_row() -> None:
    """Every explanation explains a row above."""
    assert set(load_entries()) == {explain(*parse(row["pasted"])).code for row in ROWS}


def _patterns() -> Iterator[tuple[str, str, str]]:
    """Yield each pattern with its code and its kind."""
    for code, entry in load_entries().items():
        yield from ((code, "phrases", pattern) for pattern in entry.get("phrases", ()))
        yield from ((code, "also_for", pattern) for pattern in entry.get("also_for", {}).values())
        for cause in entry["causes"]:
            yield from ((code, kind, pattern) for kind in ("message", "calls") for pattern in cause.get(kind, ()))


@pytest.mark.parametrize(("code", "kind", "pattern"), list(_patterns()))
def test_no_pattern_is_dead(code: str, kind: str, pattern: str) -> None:
    """Each pattern matches what the parser hands on of at least one row with that code."""
    errors = [error for row in ROWS if explain(*(error := parse(row["pasted"]))).code == code]
    if kind in ("calls", "also_for"):
        assert any(re.fullmatch(pattern, call) for error in errors for call in error.calls)
    elif kind == "phrases":
        assert any(re.search(pattern, row["pasted"], re.IGNORECASE) for row in ROWS)
    else:
        assert any(re.search(pattern, error.message, re.IGNORECASE) for error in errors)


def _deciding_causes() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for code, entry in load_entries().items():
        yield from ((code, cause) for cause in entry["causes"] if "message" in cause or "bare" in cause)


@pytest.mark.parametrize(
    ("code", "cause"),
    list(_deciding_causes()),
    ids=[f"{code}-{cause['what'][:60]}" for code, cause in _deciding_causes()],
)
def test_every_cause_with_a_pattern_comes_first_once(code: str, cause: Mapping[str, Any]) -> None:
    """A cause that no message brings to the first place has patterns in vain."""
    firsts = {explain(*parse(row["pasted"])).causes[0].what for row in ROWS}
    assert cause["what"] in firsts
