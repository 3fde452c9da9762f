"""The review as Markdown for a comment on a pull request, with the access map as a mermaid graph."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

from temp_access.lint.model import UNDECIDED
from temp_access.proofs.claim import NOT_MODELED, Claim, ClaimStatus
from temp_access.review.access_map import AccessMap, Node
from temp_access.review.attachments import LastVerification, LintDelta, ProofResults
from temp_access.review.managed_policies import ManagedPolicy
from temp_access.review.model import HEADLINES, Change, Direction, Review, counted
from temp_access.review.report import ReviewReport
from temp_access.terminal_text import escape_control
from temp_access.verify.report.markdown import code, escape

# GitHub refuses a comment of more than 65,536 characters.
MAX_COMMENT_LENGTH = 60_000
_MAX_CAUSE_LENGTH, _MAX_NAME_LENGTH, _MAX_LABEL_LENGTH = 1000, 100, 120
# The other sections must leave enough of the comment for the changes.
_MAX_NAMES = _MAX_ENTRIES = 20
NOTE = "This review compares representative requests; docs/review.md describes what that finds and what it misses."
SCOPE = (
    "The proofs cover the templates, for all ids and keys. The changes above cover the session policies of the grants."
)
UNMODELED = NOT_MODELED[0].upper() + NOT_MODELED[1:]
_SYMBOLS = {Direction.BROADENED: "🔴", Direction.NARROWED: "🟢", Direction.BOTH: "🟡", Direction.UNCHANGED: "⚫"}
_COLORS = {Direction.BROADENED: "#cf222e", Direction.NARROWED: "#1a7f37", Direction.BOTH: "#9a6700"}
_STATUS = {ClaimStatus.PROVED: "✅", ClaimStatus.REFUTED: "❌", ClaimStatus.UNKNOWN: "⚠️"}
_UNMARKED_PREFIXES = ("the ", "everything", "any other", "anonymous ")
_KEYS = re.compile(r"^keys that (begin with|match) ")


def to_markdown(report: ReviewReport, *, limit: int = MAX_COMMENT_LENGTH) -> str:
    """Return the headline, changes by principal, access map, lint findings, proofs and last verification.

    The comment has at most `limit` characters: a longer one groups similar changes and leaves out sections.
    """
    sections = (
        _graph_section(report),
        policies_section(report.policies),
        lint_section(report.lint),
        proofs_section(report.proofs),
        verification_section(report.verification),
    )
    tail = "\n".join([*_fit_sections(sections, limit // 2), "", NOTE])
    heading = "\n".join(
        [
            f"## {HEADLINES[report.review.headline]}",
            *(f"\n🔴 **{code(_cut(str(each), _MAX_CAUSE_LENGTH))}**" for each in report.administrators),
            *_unknown(report.review, limit // 4),
        ]
    )
    comment = "\n".join([heading, *_by_subject(report.review.changes), tail]) + "\n"
    if len(comment) <= limit:
        return comment
    return "\n".join([heading, *_shortened(report, limit - len(heading) - len(tail)), tail]) + "\n"


def _unknown(review: Review, limit: int) -> Iterator[str]:
    """Yield what the review can't tell, then what isn't read on both sides, in at most `limit` characters."""
    if review.unknown:
        yield "\n### What the review can't tell\n"
    for index, each in enumerate(review.unknown):
        entry = f"- ⚪ {code(_cut(each.description, _MAX_CAUSE_LENGTH))}"
        entry += f"\n  - {code(each.where)}" if each.where else ""
        limit -= len(entry)
        if limit < 0:
            yield f"- … and {len(review.unknown) - index} more in the JSON report"
            break
        yield entry
    if review.same_unread:
        names = ", ".join(code(_cut(each, _MAX_NAME_LENGTH)) for each in review.same_unread[:_MAX_NAMES])
        more = f" and {len(review.same_unread) - _MAX_NAMES} more" if len(review.same_unread) > _MAX_NAMES else ""
        yield f"\nNot read, and the same before and after the change: {names}{more}."


def _by_subject(changes: Iterable[Change]) -> Iterator[str]:
    for subject, group in itertools.groupby(changes, lambda change: change.subject):
        yield f"\n### {code(subject)}\n"
        for change in group:
            yield from _change(change)


def _shortened(report: ReviewReport, limit: int) -> Iterator[str]:
    """Yield similar changes once, the most important first, and the number of changes left out."""
    yield "\nThis comment groups similar changes; the JSON report lists every change.\n"
    left, limit = len(report.review.changes), limit - 250
    for group in group_identical(report.review.changes):
        entry = "\n".join([*_change(group[0]), *_names(group[1:])])
        limit -= len(entry) + 1
        if limit < 0:
            yield f"\n*… and {counted(left, 'more change')}.*"
            return
        yield entry
        left -= len(group)


def group_identical(changes: Iterable[Change]) -> list[list[Change]]:
    """Return the changes grouped by their text without names, the most important group first."""
    groups: dict[tuple[Direction, str, str], list[Change]] = {}
    for change in changes:
        description, cause = (_without_names(each, change) for each in (change.description, change.cause.description))
        groups.setdefault((change.direction, description, cause), []).append(change)
    return sorted(groups.values(), key=lambda group: _rank(group[0]))


def _without_names(description: str, change: Change) -> str:
    for mark, name in (("\0", change.target), ("\1", change.subject)):
        if name:
            description = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", mark, description)
    return description


def _rank(change: Change) -> tuple[bool, bool]:
    # Changes of many grants mustn't hide another principal that may assume the role.
    of_grant = any((location.key or "").startswith("grants.") for location in change.cause.locations)
    return (change.direction is Direction.NARROWED, of_grant)


def _names(changes: Sequence[Change]) -> Iterator[str]:
    if changes:
        subjects = list(dict.fromkeys(change.subject for change in changes))
        names = ", ".join(code(_cut(subject, _MAX_NAME_LENGTH)) for subject in subjects[:_MAX_NAMES])
        more = f" and {len(subjects) - _MAX_NAMES} more" if len(subjects) > _MAX_NAMES else ""
        yield f"  - and {counted(len(changes), 'similar change')}: {names}{more}"


def _change(change: Change) -> Iterator[str]:
    yield f"- {_SYMBOLS[change.direction]} {_mark_names(change)}"
    yield f"  - {code(_cut(change.cause.description, _MAX_CAUSE_LENGTH))}"
    yield f"  - {code(change.cause.where)}"


def _cut(value: str, limit: int) -> str:
    return value if len(value) <= limit else f"{value[: limit - 1]}…"


def _without_closing(text: str) -> str:
    """Return text without the parentheses at its end that it doesn't open: they close the words around it."""
    while text.endswith(")") and text.count(")") > text.count("("):
        text = text[:-1]
    return text


def _mark_names(change: Change) -> str:
    # GitHub makes no mention or reference of a name in a code element.
    names = {name for name in (change.subject, _KEYS.sub("", change.target or "")) if name}
    longest_first = sorted((name for name in names if not name.startswith(_UNMARKED_PREFIXES)), key=len, reverse=True)
    # Plain words are matched in order to be skipped: searching from each of their letters takes seconds.
    known = "".join(rf"(?<![\w-]){re.escape(name)}(?![\w/])|" for name in longest_first)
    pattern = re.compile(known + r"(?:[^\s(]*[^\w\s.,()/→:'-]\S*|[^\s(]*:\S+)(?<!,)|(?P<plain>\w+)")
    marked, end = "", 0
    for match in pattern.finditer(change.description):
        if match["plain"]:
            continue
        text = match[0] if match[0] in names else _without_closing(match[0])
        marked += escape(change.description[end : match.start()]) + code(text)
        end = match.start() + len(text)
    return marked + escape(change.description[end:])


def _fit_sections(sections: Iterable[Iterator[str]], limit: int) -> Iterator[str]:
    for section in map(list, sections):
        limit -= len("\n".join(section))
        too_long = ("", "*… a section is left out because it is too long; the JSON report contains it.*")
        yield from section if limit > 0 else too_long


def policies_section(policies: Sequence[ManagedPolicy]) -> Iterator[str]:
    """Yield each AWS managed policy with the reason for it."""
    if policies:
        yield "\n### AWS managed policies\n"
        for policy in policies[:_MAX_ENTRIES]:
            yield f"- {code(policy.full_name)}: {code(_cut(policy.reason, _MAX_CAUSE_LENGTH))}"
        yield from _omitted(len(policies))


def lint_section(lint: LintDelta | None) -> Iterator[str]:
    """Yield the new lint findings."""
    if lint and lint.new:
        yield "\n### Lint\n"
        for finding, location in lint.new[:_MAX_ENTRIES]:
            label = "⚪ new, undecided" if finding.severity == UNDECIDED else "⚠️ new"
            yield f"- {label}: {code(finding.rule)}: {code(finding.message)}"
            yield f"  - {code(str(location))}"
        yield from _omitted(len(lint.new))


def proofs_section(proofs: ProofResults | None) -> Iterator[str]:
    """Yield each claim with its result."""
    if proofs is None:
        return
    yield "\n### Proofs\n"
    if proofs.skip_reason:
        yield f"Nothing was proved: {code(proofs.skip_reason)}"
        return
    yield f"{SCOPE} {escape(UNMODELED)}.\n"
    yield "| claim | |"
    yield "| --- | --- |"
    for claim in proofs.claims:
        details = f": {code(describe_claim(claim))}" if describe_claim(claim) else ""
        yield f"| {escape(claim.name)} | {_STATUS[claim.status]} {claim.status}{details} |"


def describe_claim(claim: Claim) -> str:
    """Return a claim's witness and note, in words."""
    return "; ".join(filter(None, [claim.witness.description if claim.witness else "", claim.note]))


def verification_section(verification: LastVerification | None) -> Iterator[str]:
    """Yield the result of the last verification, and which access.toml it verified."""
    if verification is None:
        return
    yield "\n### The last verification\n"
    bucket = f"bucket {code(verification.bucket)} in {escape(verification.region)}"
    source = escape(verification.config_source)
    yield f"{verification.counts}. It verified {source}, with {bucket}, in run {code(verification.run)}."
    if verification.not_passed:
        yield ""
    for probe in verification.not_passed[:_MAX_ENTRIES]:
        yield f"- {probe.verdict}: {code(probe.group)}: {escape(probe.title)}: {code(probe.observed)}"
    yield from _omitted(len(verification.not_passed))


def _omitted(count: int) -> Iterator[str]:
    if count > _MAX_ENTRIES:
        yield f"- … and {count - _MAX_ENTRIES} more in the JSON report"


def _graph_section(report: ReviewReport) -> Iterator[str]:
    if report.review.changes:
        yield ""
        yield from mermaid_graph(report.map)


def mermaid_graph(access_map: AccessMap) -> Iterator[str]:
    """Yield a fenced mermaid flowchart of callers, role, folders and resources."""
    ids = {node.name: f"n{index}" for index, node in enumerate(access_map.nodes)}
    yield "```mermaid"
    yield "flowchart LR"
    yield "  accTitle: Who may assume the role, and what its sessions can access"
    for node in access_map.nodes:
        yield f'  {ids[node.name]}["{_node_label(node)}"]'
    if access_map.omitted:
        yield f'  rest["{counted(access_map.omitted, "more grant")}"]'
    for edge in access_map.edges:
        arrow = "==>" if edge.direction is not Direction.UNCHANGED else "-->"
        if edge.direction is Direction.NARROWED:
            arrow = "-.->"
        yield f'  {ids[edge.source]} {arrow}|"{label(edge.full_label)}"| {ids[edge.target]}'
    for index, edge in enumerate(access_map.edges):
        if edge.direction in _COLORS:
            yield f"  linkStyle {index} stroke:{_COLORS[edge.direction]},stroke-width:2px"
    for node in access_map.nodes:
        if node.direction in _COLORS:
            yield f"  style {ids[node.name]} stroke:{_COLORS[node.direction]},stroke-width:2px"
    yield "```"


def _node_label(node: Node) -> str:
    return "<br>".join(map(label, (node.name, *node.notes)))


def label(name: str) -> str:
    """Return `name` for a quoted label: letters, digits and a few marks as they are, all others as entities."""
    # Mermaid spells an entity #NN; and interprets other marks in a label as Markdown or HTML.
    shown = _cut(escape_control(name), _MAX_LABEL_LENGTH)
    encoded = "".join(c if c.isalnum() or c in " -/.,()" else f"#{ord(c)};" for c in shown)
    # A label that looks like the start of a list isn't shown.
    return re.sub(r"^(\d+|)([-.])(?= )", lambda match: f"{match[1]}#{ord(match[2])};", encoded)
