"""The review as Markdown for a pull request."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

from temp_access.review.alike import group_identical
from temp_access.review.markdown_sections import lint_section, proofs_section, verification_section
from temp_access.review.model import HEADLINES, Change, Direction
from temp_access.review.picture import mermaid_graph
from temp_access.review.report import ReviewReport
from temp_access.verify.report.markdown_escape import code, escape

# GitHub refuses a comment of more than 65,536 characters.
MOST = 60_000
_LONGEST, _NAMED = 1000, 20
NOTE = "Compared by representative requests; docs/review.md says what that finds."
_SIGNS = {Direction.BROADENED: "🔴", Direction.NARROWED: "🟢", Direction.BOTH: "🟡"}
_WORDS = ("the ", "everything", "any other", "anybody ")
_KEYS = re.compile(r"^keys that (begin with|match) ")


def to_markdown(report: ReviewReport, *, most: int = MOST) -> str:
    """Return headline, changes by principal, lint findings, proofs and a picture, in at most `most` characters."""
    below = (
        _picture(report),
        lint_section(report.lint),
        proofs_section(report.proofs),
        verification_section(report.verified),
    )
    tail = "\n".join([*_fitting(below, most // 2), "", NOTE])
    first = f"## {HEADLINES[report.review.headline]}"
    whole = "\n".join([first, *_by_subject(report.review.changes), tail]) + "\n"
    return whole if len(whole) <= most else "\n".join([first, *_shortened(report, most - len(tail)), tail]) + "\n"


def _by_subject(changes: Iterable[Change]) -> Iterator[str]:
    for subject, theirs in itertools.groupby(changes, lambda change: change.subject):
        yield f"\n### {code(subject)}\n"
        for change in theirs:
            yield from _change(change)


def _shortened(report: ReviewReport, room: int) -> Iterator[str]:
    """Yield what is alike once, what a reader has to see first, and how much is left out."""
    yield "\nWhat is alike is said once here; the JSON has every change.\n"
    left, room = len(report.review.changes), room - 250
    for group in group_identical(report.review.changes):
        said = "\n".join([*_change(group[0]), *_names(group[1:])])
        room -= len(said) + 1
        if room < 0:
            yield f"\n*… and {left} more changes.*"
            return
        yield said
        left -= len(group)


def _names(others: Sequence[Change]) -> Iterator[str]:
    if others:
        names = ", ".join(code(_cut(change.subject, 100)) for change in others[:_NAMED])
        more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
        yield f"  - and {len(others)} alike: {names}{more}"


def _fitting(sections: Iterable[Iterator[str]], most: int) -> Iterator[str]:
    # The changes come first: what would leave no room for them is left out.
    for section in map(list, sections):
        most -= len("\n".join(section))
        yield from section if most > 0 else ("", "*… a part is left out here, as it is too long; the JSON has it.*")


def _change(change: Change) -> Iterator[str]:
    yield f"- {_SIGNS[change.direction]} {_marked(change)}"
    yield f"  - {code(_cut(change.cause.text, _LONGEST))}"
    yield f"  - {code(change.cause.where)}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _marked(change: Change) -> str:
    # In a code element GitHub makes no mention and no reference of a name.
    given = (change.subject, _KEYS.sub("", change.target or ""))
    names = {name for name in given if name and not name.startswith(_WORDS)}
    known = "".join(rf"(?<!\w){re.escape(name)}(?![\w/])|" for name in sorted(names, key=len, reverse=True))
    pattern = re.compile(known + r"(?:[^\s(]*[^\w\s.,()/→:'-]\S*|[^\s(]*:\S+)(?<!,)")
    marked, end = "", 0
    for found in pattern.finditer(change.text):
        marked += escape(change.text[end : found.start()]) + code(found[0])
        end = found.end()
    return marked + escape(change.text[end:])


def _picture(report: ReviewReport) -> Iterator[str]:
    if report.review.changes:
        yield ""
        yield from mermaid_graph(report.map)
