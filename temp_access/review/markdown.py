"""The review as Markdown for a pull request."""

import itertools
import re
from collections.abc import Iterator

from temp_access.review.model import Change, Direction, Review
from temp_access.review.picture import picture
from temp_access.verify.report.markdown_escape import code, escape

_HEADLINES = {
    Direction.BROADENED: "Access is broadened",
    Direction.NARROWED: "Access is narrowed",
    Direction.BOTH: "Access is broadened and narrowed",
    Direction.UNCHANGED: "Access is unchanged",
}
_SIGNS = {Direction.BROADENED: "🔴", Direction.NARROWED: "🟢", Direction.BOTH: "🟡"}
_WORDS = ("the ", "everything", "any other", "anybody ")
_NOTE = "Compared by representative requests, not by proof: see docs/review.md."


def to_markdown(review: Review) -> str:
    """Return the headline, the changes of each principal, and a picture."""
    return "\n".join(_lines(review)) + "\n"


def _lines(review: Review) -> Iterator[str]:
    yield f"## {_HEADLINES[review.headline]}"
    for subject, changes in itertools.groupby(review.changes, lambda change: change.subject):
        yield ""
        yield f"### {code(subject)}"
        yield ""
        for change in changes:
            yield from _change(change)
    if review.changes:
        yield ""
        yield from picture(review)
    yield ""
    yield _NOTE


def _change(change: Change) -> Iterator[str]:
    yield f"- {_SIGNS[change.direction]} {_marked(change)}"
    yield f"  - {code(change.cause.text)}"
    yield f"  - {code(change.cause.place)}"


def _marked(change: Change) -> str:
    # In a code element GitHub makes no mention and no reference of a name.
    names = {name for name in (change.subject, change.target) if name and not name.startswith(_WORDS)}
    known = "".join(f"{re.escape(name)}|" for name in sorted(names, key=len, reverse=True))
    pattern = re.compile(known + r"\S*[^\w\s.,()/→:'-]\S*|\S*:\S+")
    marked, end = "", 0
    for found in pattern.finditer(change.text):
        marked += escape(change.text[end : found.start()]) + code(found[0])
        end = found.end()
    return marked + escape(change.text[end:])
