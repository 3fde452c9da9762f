"""The access map as two SVG drawings: a wide one from left to right, and one from top to bottom for phones."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from temp_access.review.access_map import AccessMap, Column, Edge
from temp_access.review.html.boxes import Box, draw_box, draw_line, stacked
from temp_access.review.html.text import text
from temp_access.review.model import Direction

_GAP = 14
_TITLE = "Who may assume the role, and what its sessions reach"


def wide(drawn: AccessMap) -> str:
    """Return the drawing for a screen: callers, role and places side by side."""
    columns = [_column(drawn, column, x, 0, width) for column, x, width in ((0, 0, 260), (1, 325, 250), (2, 640, 320))]
    height = max(_bottom(boxes) for boxes in columns)
    # The shorter ones in the middle.
    columns = [[replace(box, y=box.y + (height - _bottom(boxes)) / 2) for box in boxes] for boxes in columns]
    found = {box.node.name: box for boxes in columns for box in boxes}
    lines = [_across(edge, found[edge.source], found[edge.target], height) for edge in _in_order(drawn.edges)]
    lane = 24 if any(_passes(found, edge) for edge in drawn.edges) else 0
    return _svg("wide", drawn, 960, height + lane, [*lines, *map(draw_box, found.values())])


def narrow(drawn: AccessMap) -> str:
    """Return the drawing for a phone: callers, role and places one below the other, lines beside them."""
    y, boxes = 0.0, list[Box]()
    for column in Column:
        stack = _column(drawn, column, 26, y, 310)
        boxes += stack
        y = _bottom(boxes) + 2 * _GAP
    found = {box.node.name: box for box in boxes}
    lines = [_beside(edge, found[edge.source], found[edge.target]) for edge in _in_order(drawn.edges)]
    return _svg("narrow", drawn, 360, _bottom(boxes), [*lines, *map(draw_box, boxes)])


def _column(drawn: AccessMap, column: int, x: float, y: float, width: float) -> list[Box]:
    return stacked(drawn, [node for node in drawn.nodes if node.column == column], x, y, width, _GAP)


def _bottom(boxes: Iterable[Box]) -> float:
    return max((box.y + box.height for box in boxes), default=0)


def _in_order(edges: Iterable[Edge]) -> list[Edge]:
    # What changed is drawn last, above the others.
    return sorted(edges, key=lambda edge: edge.direction is not Direction.UNCHANGED)


def _passes(found: dict[str, Box], edge: Edge) -> bool:
    return found[edge.target].node.column - found[edge.source].node.column > 1


def _across(edge: Edge, source: Box, target: Box, height: float) -> str:
    x1, y1, x2, y2 = source.right, source.middle, target.x, target.middle
    if target.node.column - source.node.column > 1:
        # Below the role, not through it.
        low = height + 12
        path = f"M{x1:g} {y1:g}C{x1 + 50:g} {y1:g} {x1 + 20:g} {low:g} {x1 + 75:g} {low:g}"
        path += f"L{x2 - 75:g} {low:g}C{x2 - 20:g} {low:g} {x2 - 50:g} {y2:g} {x2 - 6:g} {y2:g}"
    else:
        bend = (x2 - x1) / 2
        path = f"M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2 - 6:g} {y2:g}"
    return draw_line(path, (x2, y2), 1, edge.direction)


def _beside(edge: Edge, source: Box, target: Box) -> str:
    if target.node.column - source.node.column > 1:
        x, side = 354 - 4 * (edge.direction is Direction.UNCHANGED), source.right
        path = f"M{side:g} {source.middle:g}H{x:g}V{target.middle:g}H{target.right + 6:g}"
        return draw_line(path, (target.right, target.middle), -1, edge.direction)
    x = 6 + 6 * (edge.direction is Direction.UNCHANGED)
    path = f"M{source.x:g} {source.middle:g}H{x:g}V{target.middle:g}H{target.x - 6:g}"
    return draw_line(path, (target.x, target.middle), 1, edge.direction)


def _svg(name: str, drawn: AccessMap, width: float, height: float, parts: Iterable[str]) -> str:
    said = ". ".join(_words(drawn))
    return (
        f'<svg class="{name}" viewBox="0 0 {width:g} {height:g}" role="img" aria-labelledby="{name}-title" '
        f'aria-describedby="{name}-said"><title id="{name}-title">{text(_TITLE)}</title>'
        f'<desc id="{name}-said">{text(said)}</desc>{"".join(parts)}</svg>'
    )


def _words(drawn: AccessMap) -> Iterator[str]:
    for edge in drawn.edges:
        yield f"{edge.source}, {edge.target}: {edge.words}"
