"""The matrix of grants and operations as a table."""

from collections.abc import Iterator

from temp_access.config.duration import format_duration
from temp_access.review.html.table import table
from temp_access.review.html.text import code, text
from temp_access.review.matrix import COLUMNS, MEANINGS, Matrix, Row

_CAPTION = "What each grant's session can do in its folder, asked of the policy evaluator"
_CELLS = {
    (True, True): ("yes", "✓", "yes"),
    (False, False): ("no", "·", "no"),
    (False, True): ("broadened", "+", "now yes"),
    (True, False): ("narrowed", "-", "no longer"),
}


def grants(matrix: Matrix) -> Iterator[str]:
    """Yield the matrix, and how many grants aren't in it."""
    rows = [[_head(row), *map(_cell, row.cells)] for row in matrix.rows]
    yield table(_CAPTION, ("grant", *COLUMNS), rows, name="grants-caption")
    yield f"<p>{MEANINGS}.</p>"
    if matrix.left_out:
        yield f"<p>{matrix.left_out} more grants aren't listed.</p>"


def _head(row: Row) -> str:
    longest = format_duration(row.duration)
    return f"{code(row.id)} <small>{text(row.access)} in {code(row.folder)}, {longest} at most</small>"


def _cell(cell: tuple[bool, bool]) -> str:
    kind, sign, word = _CELLS[cell]
    return f'<td class="{kind}"><span aria-hidden="true">{sign}</span> {word}</td>'
