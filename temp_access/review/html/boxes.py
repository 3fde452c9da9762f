"""The boxes and lines that both drawings of the access map are made of."""

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from temp_access.review.access_map import MAY_ASSUME, AccessMap, Node
from temp_access.review.html.text import WORDS, text
from temp_access.review.model import Direction
from temp_access.verify.report.visible import visible

LINE, PAD, _CHARACTER = 18, 10, 8.1

_MOST_LINES = 3
_WIDE = "MWmw@%"
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A node at its place; `lines` are texts with what they say changed."""

    node: Node
    x: float
    y: float
    width: float
    lines: tuple[tuple[str, Direction], ...]

    @property
    def height(self) -> float:
        """Enough for its name and all lines."""
        return 2 * PAD + LINE * (1 + len(self.lines))

    @property
    def middle(self) -> float:
        """Half of the way down."""
        return self.y + self.height / 2

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.x + self.width


def lines_of(drawn: AccessMap, node: Node, most: int) -> Iterator[tuple[str, Direction]]:
    """Yield what a box says below its name: the ways that lead to it (from a caller: away), and its changes.

    A line has `most` characters; of a long text the end is left out, but never what changed.
    """
    for edge in drawn.edges:
        assumes = edge.label == MAY_ASSUME
        if edge.source == node.name if assumes else edge.target == node.name:
            words = f"{edge.source}: {edge.label}" if edge.direct else edge.label
            change = f" ({edge.change})" if edge.change else ""
            for line in _wrapped(words, change, most):
                yield line, edge.direction
    for note in node.notes:
        for line in _wrapped(note, "", most):
            yield line, node.direction


def _wrapped(words: str, change: str, most: int) -> list[str]:
    shown = visible(words)
    most = _narrower(shown, most)
    longest = max(_MOST_LINES * (most - 8) - len(change), most)
    return textwrap.wrap((shown if len(shown) <= longest else f"{shown[:longest]}…") + change, most)


def _narrower(shown: str, most: int) -> int:
    # Nothing here can measure a text, and capitals are wider than the average that `most` is made of.
    wide = sum(0.75 if c in _WIDE else 0.3 if c.isupper() else 0 for c in shown)
    return max(int(most * len(shown) / (len(shown) + wide)), 12) if shown else most


def stacked(drawn: AccessMap, nodes: Iterable[Node], x: float, y: float, width: float, gap: float) -> list[Box]:
    """Return boxes one below the other."""
    found: list[Box] = []
    for node in nodes:
        box = Box(node, x, y, width, tuple(lines_of(drawn, node, _fitting(width))))
        found.append(box)
        y += box.height + gap
    return found


def draw_box(box: Box) -> str:
    """Return a box; what is longer than it is cut, and whole in its title."""
    # An SVG inside the SVG cuts off what doesn't fit.
    rows = [_row(box.node.name, "name", 0, box.width)]
    rows += [_row(words, WORDS[change], index, box.width) for index, (words, change) in enumerate(box.lines, 1)]
    frame = f'<rect class="box {WORDS[box.node.direction]}" x="1" y="1" rx="6" {_size(box.width - 2, box.height - 2)}/>'
    return f'<svg x="{box.x:g}" y="{box.y:g}" {_size(box.width, box.height)}>{frame}{"".join(rows)}</svg>'


def draw_line(points: str, end: Point, towards: int, direction: Direction) -> str:
    """Return a line along the path `points` with a head at `end`, pointing right (1) or left (-1)."""
    x, y = end
    back = x - 8 * towards
    head = f'<path class="head {WORDS[direction]}" d="M{x:g} {y:g}L{back:g} {y - 5:g}L{back:g} {y + 5:g}Z"/>'
    return f'<path class="line {WORDS[direction]}" d="{points}"/>{head}'


def _row(words: str, kind: str, index: int, width: float) -> str:
    whole = visible(words)
    most = _narrower(whole, _fitting(width))
    shown = whole if len(whole) <= most else f"{whole[: most - 1]}…"
    title = f"<title>{text(words)}</title>" if shown != whole else ""
    y = PAD + LINE * index + 13
    return f'<text class="{kind}" x="{PAD}" y="{y}">{title}{text(shown)}</text>'


def _fitting(width: float) -> int:
    return int((width - 2 * PAD) / _CHARACTER)


def _size(width: float, height: float) -> str:
    return f'width="{width:g}" height="{height:g}"'
