"""The table of docs/clients.md: `python -m tests.clients.page` writes it."""

from tests.clients.catalogue import CLIENTS, ROOT

PAGE = ROOT / "docs/clients.md"
HEAD = (
    "| client | version | operations | how to point it at the grant | refreshes | what it needs |",
    "| --- | --- | --- | --- | --- | --- |",
)


def table(page: str) -> list[str]:
    """Return the lines of the page's table of clients."""
    lines = page.splitlines()
    first = lines.index(HEAD[0])
    return lines[first : lines.index("", first)]


def with_rows(page: str) -> str:
    """Return the page with the rows of the catalogue."""
    return page.replace("\n".join(table(page)), "\n".join((*HEAD, *(client.row for client in CLIENTS))))


if __name__ == "__main__":
    PAGE.write_text(with_rows(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
