"""Text from outside in HTML and SVG: shown as it is, never interpreted."""

from html import escape

from temp_access.review.model import Direction
from temp_access.verify.report.visible import visible

WORDS = {
    Direction.BROADENED: "broadened",
    Direction.NARROWED: "narrowed",
    Direction.BOTH: "both",
    Direction.UNCHANGED: "unchanged",
}


def text(value: str) -> str:
    """Return `value` for an element's content or a quoted attribute."""
    return escape(visible(value), quote=True)


def code(value: str) -> str:
    """Return `value` in a code element."""
    return f"<code>{text(value)}</code>"


def tag(direction: Direction, word: str | None = None) -> str:
    """Return a word that stands out by its colour too."""
    return f'<strong class="tag {WORDS[direction]}">{text(word or WORDS[direction])}</strong>'
