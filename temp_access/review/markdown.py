"""The review as Markdown for a pull request."""

import itertools
import re
from collections.abc import Iterable, Iterator

from temp_access.review.markdown_sections import lint_section, proofs_section, verification_section
from temp_access.review.model import HEADLINES, Change, Direction
from temp_access.review.picture import picture
from temp_access.review.report import Report
from temp_access.verify.report.markdown_escape import code, escape

# GitHub refuses a comment of more than 65,536 characters.
MOST = 60_000
NOTE = "Compared by representative requests; docs/review.md says what that finds."
_SIGNS = {Direction.BROADENED: "🔴", Direction.NARROWED: "🟢", Direction.BOTH: "🟡"}
_WORDS = ("the ", "everything", "any other", "anybody ")
_KEYS = re.compile(r"^keys that (begin with|match) ")


def to_markdown(report: Report, *, most: int = MOST) -> str:
    """Return headline, changes by principal, lint findings, proofs and a picture, in at most `most` characters."""
    below = (
        _picture(report),
        lint_section(report.lint),
        proofs_section(report.proofs),
        verification_section(report.verified),
    )
    tail = "\n".join([*_fitting(below, most // 2), "", NOTE])
    lines = [f"## {HEADLINES[report.review.headline]}"]
    size, left = len(lines[0]) + len(tail) + 100, len(report.review.changes)
    for subject, changes in itertools.groupby(report.review.changes, lambda change: change.subject):
        head = ["", f"### {code(subject)}", ""]
        for change in changes:
            said = "\n".join([*head, *_change(change)])
            size += len(said) + 1
            if size > most:
                return "\n".join([*lines, "", f"*… and {left} more changes, which the JSON has.*", tail]) + "\n"
            lines.append(said)
            head, left = [], left - 1
    return "\n".join([*lines, tail]) + "\n"


def _fitting(sections: Iterable[Iterator[str]], most: int) -> Iterator[str]:
    # The changes come first: what would leave no room for them is left out.
    for section in map(list, sections):
        most -= len("\n".join(section))
        yield from section if most > 0 else ("", "*… a part is left out here, as it is too long; the JSON has it.*")


def _change(change: Change) -> Iterator[str]:
    yield f"- {_SIGNS[change.direction]} {_marked(change)}"
    yield f"  - {code(change.cause.text)}"
    yield f"  - {code(change.cause.where)}"


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


def _picture(report: Report) -> Iterator[str]:
    if report.review.changes:
        yield ""
        yield from picture(report.map)
