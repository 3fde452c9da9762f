"""Each client reaches its folder and nothing else, and what happens to it when the session ends."""

import time
from pathlib import Path

import pytest

from tests.clients.catalogue import CLIENTS, EACH, NO, YES, Client
from tests.clients.lent import Answer, Home, Lent
from tests.clients.page import PAGE, table

pytestmark = pytest.mark.integration
OUTSIDE = "bobby/outside.txt"
# The clients whose tests passed in this run.
PASSED: dict[str, set[str]] = {"folder": set(), "outside": set(), "end": set()}


@pytest.fixture(params=CLIENTS, ids=lambda client: client.name)
def client(request: pytest.FixtureRequest) -> Client:
    """Each client that is installed."""
    chosen: Client = request.param
    if not chosen.binary.exists():
        pytest.skip(f"{chosen.binary.name} isn't installed")
    return chosen


def _prepare(home: Home, lent: Lent, folder: str) -> str:
    """Return the key that the client writes in `folder`; the deployer makes what the client can't."""
    if "init" not in home.client.commands:
        return f"{folder}/{home.client.name.replace(' ', '-')}/text"
    key = f"{folder}/{home.client.name}-{time.time_ns()}"
    environment = {**home.environment(), **lent.project.aws.environment, "AWS_SESSION_TOKEN": ""}
    made = home._command("init", key, "", environment)
    assert made.ok, made.output
    return key


def test_reaches_its_folder(client: Client, lent: Lent, tmp_path: Path) -> None:
    """It does every operation that it has, over TLS."""
    home = lent.home(client, tmp_path)
    key = _prepare(home, lent, client.grant)
    with home.open() as do:
        for operation in client.operations:
            answer = do(operation, f"{key.rpartition('/')[0]}/" if operation == "list" else key, "hello")
            assert answer.ok, f"{operation}: {answer.output}"
            if operation == "get":
                assert answer.output.strip().endswith("hello")
            if operation == "list":
                assert key.rpartition("/")[2] in answer.output
    _in_bucket(lent, key, expected="delete" not in client.operations)
    PASSED["folder"].add(client.name)


def _in_bucket(lent: Lent, key: str, *, expected: bool) -> None:
    found = lent.project.s3.list_objects_v2(Bucket=lent.bucket, Prefix=key).get("Contents", ())
    assert bool(found) is expected


def test_is_refused_outside(client: Client, lent: Lent, tmp_path: Path) -> None:
    """S3 refuses every operation in a folder whose name begins with the grant's, and nothing there changes."""
    lent.project.s3.put_object(Bucket=lent.bucket, Key=OUTSIDE, Body=b"theirs")
    home = lent.home(client, tmp_path)
    made = _prepare(home, lent, "bobby") if "init" in client.commands else OUTSIDE
    before = _contents(lent)
    with home.open() as do:
        for operation in client.operations:
            # Its catalog names only tables that it made.
            if client.name == "pyiceberg" and operation == "get":
                continue
            answer = do(operation, "bobby/" if operation == "list" else made, "hello")
            assert _is_refused(client, operation, answer), f"{operation}: {answer}"
    assert _contents(lent) == before
    PASSED["outside"].add(client.name)


def _is_refused(client: Client, operation: str, answer: Answer) -> bool:
    # rclone looks for the object first, and takes the refusal for a missing one.
    if client.name == "rclone" and operation == "delete":
        return not answer.ok and "is a directory or doesn't exist" in answer.output
    return answer.is_refused


def _contents(lent: Lent) -> list[tuple[str, str]]:
    found = lent.project.s3.list_objects_v2(Bucket=lent.bucket, Prefix="bobby/").get("Contents", ())
    return [(o["Key"], o["ETag"]) for o in found]


def test_the_end_of_the_session(client: Client, lent: Lent, tmp_path: Path) -> None:
    """A client that refreshes goes on with a new session; one that can't is refused."""
    home = lent.home(client, tmp_path, short=client.source == "profile")
    key = _prepare(home, lent, client.grant)
    with home.open() as do:
        first = do("put", key, "hello")
        assert first.ok, first.output
        home.end_sessions()
        again = do("get", key, "hello")
    if client.refreshes == NO:
        assert not again.ok
        assert any(word in again.output for word in ("Expired", "expired", "400", "403")), again.output
    else:
        assert again.ok, again.output
        assert "again" in home.borrowed
        assert client.refreshes in (YES, EACH)
        assert (client.refreshes == EACH) is bool(client.commands)
    PASSED["end"].add(client.name)


def test_the_page_has_the_rows_of_this_run(request: pytest.FixtureRequest) -> None:
    """Each row is of a client that passed all three tests; clients that aren't installed here are left out."""
    installed = [client for client in CLIENTS if client.binary.exists()]
    passed = set.intersection(*PASSED.values())
    if request.config.option.keyword or request.config.option.lf:
        pytest.skip("only some tests ran")
    assert [client.name for client in installed if client.name not in passed] == []
    rows = table(PAGE.read_text(encoding="utf-8"))
    assert [client.row for client in installed if client.row not in rows] == []
