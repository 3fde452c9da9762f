"""A mermaid picture of who gained and lost what, in words and in colour."""

import re
from collections.abc import Iterator

from temp_access.review.model import Direction, Review, total
from temp_access.verify.report.visible import visible

_COLOURS = {
    Direction.BROADENED: "#cf222e",
    Direction.NARROWED: "#1a7f37",
    Direction.BOTH: "#9a6700",
}
_OWN = "its settings"


def picture(review: Review) -> Iterator[str]:
    """Yield a fenced mermaid flowchart: an edge from each principal to each place where its access changed."""
    edges: dict[tuple[str, str], list[Direction]] = {}
    for change in review.changes:
        edges.setdefault((change.subject, change.target or _OWN), []).append(change.direction)
    names = list(dict.fromkeys([*(who for who, _ in edges), *(where for _, where in edges)]))
    ids = {name: f"n{index}" for index, name in enumerate(names)}
    yield "```mermaid"
    yield "flowchart LR"
    for name, id_ in ids.items():
        yield f'  {id_}["{label(name)}"]'
    for (who, where), directions in edges.items():
        yield f"  {ids[who]} -->|{total(directions)}| {ids[where]}"
    for index, directions in enumerate(edges.values()):
        yield f"  linkStyle {index} stroke:{_COLOURS[total(directions)]},stroke-width:2px"
    yield "```"


def label(text: str) -> str:
    """Return `text` for a quoted label: only letters, digits and a few marks stand for themselves."""
    # Mermaid writes an entity as #NN; and takes everything else in a label for Markdown or HTML.
    shown = visible(text)
    kept = (c if c.isalnum() or c in " -/.,()" else f"#{ord(c)};" for c in shown)
    # What looks like a list's beginning makes no label at all.
    return re.sub(r"^(\d+|)([-.])(?= )", lambda found: f"{found[1]}#{ord(found[2])};", "".join(kept))
