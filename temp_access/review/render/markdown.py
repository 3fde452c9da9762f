"""Pull-request comment, with its mermaid graph."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

from temp_access.proofs.claim import NOT_MODELED, Claim, ClaimStatus
from temp_access.review.access_map import AccessMap, Node
from temp_access.review.attachments import LastVerification, LintDelta, ProofResults
from temp_access.review.model import HEADLINES, Change, Direction
from temp_access.review.report import ReviewReport
from temp_access.terminal_text import escape_control
from temp_access.verify.report.markdown import code, escape


def group_identical(changes: Iterable[Change]) -> list[list[Change]]:
    """Return the changes grouped by what they say but for the names, what a reader has to see first."""
    groups: dict[tuple[Direction, str, str], list[Change]] = {}
    for change in changes:
        key = (change.direction, _nameless(change.text, change), _nameless(change.cause.text, change))
        groups.setdefault(key, []).append(change)
    return sorted(groups.values(), key=lambda group: _rank(group[0]))


def _nameless(text: str, change: Change) -> str:
    for mark, name in (("\0", change.target), ("\1", change.subject)):
        if name:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", mark, text)
    return text


def _rank(change: Change) -> tuple[bool, bool]:
    # Many grants mustn't hide that somebody else may assume the role.
    of_grant = any((place.key or "").startswith("grants.") for place in change.cause.places)
    return (change.direction is Direction.NARROWED, of_grant)


_STATUS = {ClaimStatus.PROVED: "✅", ClaimStatus.REFUTED: "❌", ClaimStatus.UNKNOWN: "⚠️"}
SCOPE = "About the templates, for all ids and keys; what each grant is sent is compared above."
# A comment has to have room for the changes.
_MOST = 20
UNMODELLED = NOT_MODELED[0].upper() + NOT_MODELED[1:]


def lint_section(linted: LintDelta | None) -> Iterator[str]:
    """Yield what lint has against head and hadn't against base."""
    if linted and linted.new:
        yield "\n### Lint\n"
        for finding, place in linted.new[:_MOST]:
            yield f"- ⚠️ new: {code(finding.rule)}: {code(finding.message)}"
            yield f"  - {code(str(place))}"
        yield from _left_out(len(linted.new))


def proofs_section(proofs: ProofResults | None) -> Iterator[str]:
    """Yield each claim with what came of it."""
    if proofs is None:
        return
    yield "\n### Proofs\n"
    if proofs.why_not:
        yield f"Nothing was proved: {code(proofs.why_not)}"
        return
    yield f"{SCOPE} {escape(UNMODELLED)}.\n"
    yield "| claim | |"
    yield "| --- | --- |"
    for claim in proofs.claims:
        more = f": {code(claim_words(claim))}" if claim_words(claim) else ""
        yield f"| {escape(claim.name)} | {_STATUS[claim.status]} {claim.status}{more} |"


def claim_words(claim: Claim) -> str:
    """Return a claim's witness and note in words."""
    return "; ".join(filter(None, [claim.witness.description if claim.witness else "", claim.note]))


def verification_section(verified: LastVerification | None) -> Iterator[str]:
    """Yield what the last verification found, and of which access.toml."""
    if verified is None:
        return
    yield "\n### The last verification\n"
    where = f"bucket {code(verified.bucket)} in {escape(verified.region)}, run {code(verified.run)}"
    yield f"{verified.counts}; it is about {escape(verified.about)}, {where}."
    if verified.open:
        yield ""
    for probe in verified.open[:_MOST]:
        yield f"- {probe.verdict}: {code(probe.group)}: {escape(probe.title)}: {code(probe.observed)}"
    yield from _left_out(len(verified.open))


def _left_out(there: int) -> Iterator[str]:
    if there > _MOST:
        yield f"- … and {there - _MOST} more, which the JSON has"


_COLOURS = {Direction.BROADENED: "#cf222e", Direction.NARROWED: "#1a7f37", Direction.BOTH: "#9a6700"}
_LONGEST_LABEL = 120


def mermaid_graph(drawn: AccessMap) -> Iterator[str]:
    """Yield a fenced mermaid flowchart of callers, role and places."""
    ids = {node.name: f"n{index}" for index, node in enumerate(drawn.nodes)}
    yield "```mermaid"
    yield "flowchart LR"
    yield "  accTitle: Who may assume the role, and what its sessions reach"
    for node in drawn.nodes:
        yield f'  {ids[node.name]}["{_text(node)}"]'
    if drawn.left_out:
        yield f'  rest["{drawn.left_out} more grants"]'
    for edge in drawn.edges:
        arrow = "==>" if edge.direction is not Direction.UNCHANGED else "-->"
        if edge.direction is Direction.NARROWED:
            arrow = "-.->"
        yield f'  {ids[edge.source]} {arrow}|"{label(edge.words)}"| {ids[edge.target]}'
    for index, edge in enumerate(drawn.edges):
        if edge.direction in _COLOURS:
            yield f"  linkStyle {index} stroke:{_COLOURS[edge.direction]},stroke-width:2px"
    for node in drawn.nodes:
        if node.direction in _COLOURS:
            yield f"  style {ids[node.name]} stroke:{_COLOURS[node.direction]},stroke-width:2px"
    yield "```"


def _text(node: Node) -> str:
    return "<br>".join(label(text) for text in (node.name, *node.notes))


def label(text: str) -> str:
    """Return `text` for a quoted label: only letters, digits and a few marks stand for themselves."""
    # Mermaid writes an entity as #NN; and takes everything else in a label for Markdown or HTML.
    shown = escape_control(text)
    shown = shown if len(shown) <= _LONGEST_LABEL else f"{shown[: _LONGEST_LABEL - 1]}…"
    kept = (c if c.isalnum() or c in " -/.,()" else f"#{ord(c)};" for c in shown)
    # What looks like a list's beginning makes no label at all.
    return re.sub(r"^(\d+|)([-.])(?= )", lambda found: f"{found[1]}#{ord(found[2])};", "".join(kept))


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
    # A plain word is matched to be passed over: looked at from each of its letters, a long one takes seconds.
    pattern = re.compile(known + r"(?:[^\s(]*[^\w\s.,()/→:'-]\S*|[^\s(]*:\S+)(?<!,)|(?P<plain>\w+)")
    marked, end = "", 0
    for found in pattern.finditer(change.text):
        if found["plain"]:
            continue
        marked += escape(change.text[end : found.start()]) + code(found[0])
        end = found.end()
    return marked + escape(change.text[end:])


def _picture(report: ReviewReport) -> Iterator[str]:
    if report.review.changes:
        yield ""
        yield from mermaid_graph(report.map)
