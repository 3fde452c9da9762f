"""docs/clients.md has one row for each client that `make test-clients` runs, with the version that is pinned."""

from tests.clients.catalogue import CLIENTS
from tests.clients.page import HEAD, PAGE, table


def test_the_table_has_the_rows_of_the_tested_clients() -> None:
    """No other row, in the same order; `python -m tests.clients.page` writes them."""
    rows = [client.row for client in CLIENTS]
    assert table(PAGE.read_text(encoding="utf-8")) == [*HEAD, *rows]
