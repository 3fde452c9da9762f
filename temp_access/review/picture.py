"""The access map as a mermaid picture: what changed in colour, in words and as a kind of line."""

import re
from collections.abc import Iterator

from temp_access.review.access_map import AccessMap, Node
from temp_access.review.model import Direction
from temp_access.verify.report.visible import escape_control

_COLOURS = {Direction.BROADENED: "#cf222e", Direction.NARROWED: "#1a7f37", Direction.BOTH: "#9a6700"}
_LONGEST = 120


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
    shown = shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
    kept = (c if c.isalnum() or c in " -/.,()" else f"#{ord(c)};" for c in shown)
    # What looks like a list's beginning makes no label at all.
    return re.sub(r"^(\d+|)([-.])(?= )", lambda found: f"{found[1]}#{ord(found[2])};", "".join(kept))
