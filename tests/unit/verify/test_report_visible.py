"""Text from outside is shown, never obeyed."""

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
def test_shows_what_cannot_be_printed_as_an_escape(text: str, shown: str) -> None:
    """Escape sequences, line ends, invisible and reordering characters become visible; words stay."""
    assert escape_control(text) == shown


def test_shows_what_the_stream_cannot_encode_as_an_escape() -> None:
    """A log in ASCII gets no UnicodeEncodeError."""
    assert escape_control("zoë", "ascii") == r"zo\xeb"


@given(st.text())
def test_gives_only_printable_text(text: str) -> None:
    """Whatever comes in."""
    assert escape_control(text).isprintable()
