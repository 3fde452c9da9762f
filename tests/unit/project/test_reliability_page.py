"""The table of findings in docs/reliability.md names tests that exist."""

import re

from tests.unit.support.config_file import ROOT

PAGE = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")


def test_every_named_test_exists() -> None:
    """By file and function."""
    defined = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 30
    assert named - defined == set()
    paths = re.findall(r"`((?:unit|integration)/[\w/]+\.py)`", PAGE)
    assert [path for path in paths if not (ROOT / "tests" / path).exists()] == []


def test_every_finding_has_a_row() -> None:
    """1 to 30; there is no 7."""
    rows = [int(number) for number in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)]
    assert rows == [number for number in range(1, 31) if number != 7]
