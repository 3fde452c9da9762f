"""Control characters in text from outside are escaped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temp_access.terminal_text import escape_control


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\r\nb\tc", r"a\r\nb\tc"),
        ("\x9b31m", r"\x9b31m"),
        ("bob\u202egnp", r"bob\u202egnp"),
        ("bo\u200bb", r"bo\u200bb"),
        ("\ud800", r"\ud800"),
        ("\x00\ufffe", r"\x00\ufffe"),
        ("zoë ✅ 日本", "zoë ✅ 日本"),
    ],
)
def test_escapes_unprintable_characters(text: str, shown: str) -> None:
    """Escape sequences, line ends, invisible and reordering characters become visible; words stay."""
    assert escape_control(text) == shown


def test_escapes_characters_that_the_stream_cannot_encode() -> None:
    """An ASCII log gets no UnicodeEncodeError."""
    assert escape_control("zoë", "ascii") == r"zo\xeb"


@given(st.text())
def test_returns_only_printable_text(text: str) -> None:
    """For every input."""
    assert escape_control(text).isprintable()
