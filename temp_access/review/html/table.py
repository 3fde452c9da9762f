"""A table that a screen reader can read and a narrow screen can scroll."""

from collections.abc import Iterable, Sequence

from temp_access.review.html.text import text


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], *, name: str) -> str:
    """Return a table; `rows` are HTML whose first cell heads its row, `name` is the id of the caption."""
    head = "".join(f'<th scope="col">{text(each)}</th>' for each in heads)
    body = "".join(_row(row) for row in rows)
    # What scrolls has to be reached by the keyboard, and then it needs a role and a name.
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-labelledby="{name}"><table>'
        f'<caption id="{name}">{text(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(cells: Sequence[str]) -> str:
    rest = "".join(cell if cell.startswith("<td") else f"<td>{cell}</td>" for cell in cells[1:])
    return f'<tr><th scope="row">{cells[0]}</th>{rest}</tr>'
