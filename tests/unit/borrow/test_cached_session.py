"""Which requests share a cached session, and when a cached session is no longer used."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from temp_access.borrow.cache import Cache
from temp_access.borrow.cached_session import (
    CachedSession,
    MinTtl,
    Share,
    file_digests,
    find_cached_session,
    input_files,
    is_fresh,
    request_key,
    server_file,
)
from tests.unit.support.cached_session import cached_session

FIELDS: dict[str, object] = {"id": "bob", "profile": None, "config": "/x/access.toml", "local": None}


@pytest.mark.parametrize(
    "variable",
    ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_CONFIG_FILE", "AWS_ENDPOINT_URL_STS"],
)
def test_another_environment_is_another_request(variable: str) -> None:
    """Sessions of different callers, and of AWS and the local AWS, don't mix."""
    assert request_key(FIELDS, {variable: "a"}) != request_key(FIELDS, {variable: "b"})
    assert request_key(FIELDS, {variable: "a"}) != request_key(FIELDS, {})


@pytest.mark.parametrize(
    "fields", [{"id": "bobby"}, {"profile": "p"}, {"config": "/y/access.toml"}, {"local": "/state"}]
)
def test_another_option_is_another_request(fields: dict[str, object]) -> None:
    """Every option of the command line is part of the key."""
    assert request_key({**FIELDS, **fields}, {}) != request_key(FIELDS, {})


def test_profile_option_takes_precedence_over_the_environment() -> None:
    """As in botocore, the environment's profile and keys don't matter then."""
    fields = {**FIELDS, "profile": "base"}
    assert request_key(fields, {"AWS_PROFILE": "bob", "AWS_ACCESS_KEY_ID": "x"}) == request_key(fields, {})


def test_the_key_doesnt_depend_on_the_secret() -> None:
    """The secret access key isn't read."""
    assert request_key(FIELDS, {"AWS_SECRET_ACCESS_KEY": "a"}) == request_key(FIELDS, {})


def test_the_run_of_the_local_aws_is_an_input() -> None:
    """Sessions end with their run, so a new run is a miss."""
    bundle = {"AWS_CA_BUNDLE": "/state/tls/certificate.pem"}
    local = {**bundle, "AWS_ENDPOINT_URL": "https://127.0.0.1:4610"}
    assert server_file(local) == "/state/server.json"
    assert "/state/server.json" in input_files(local, None)
    assert "/state/server.json" in input_files({}, "/state")
    assert server_file({"AWS_ENDPOINT_URL": "https://sts.amazonaws.com", **bundle}) is None


@pytest.fixture
def cached(tmp_path: Path) -> tuple[Cache, Path]:
    """A cache with a session for the request `r`, and the file that it depends on."""
    file = tmp_path / "access.toml"
    file.write_text("one")
    cache = Cache(str(tmp_path / "cache"))
    session = cached_session()
    cache.write("sessions", "s", session)
    request = {"files": file_digests([str(file)]), "session": "s", "notes": ["n"], "expires_at": session["expires_at"]}
    cache.write("requests", "r", request)
    return cache, file


def test_a_hit_returns_the_notes(cached: tuple[Cache, Path]) -> None:
    """The notes of the first call are printed again."""
    hit = find_cached_session(cached[0], "r", None)
    assert hit is not None
    assert hit[1] == ["n"]


def test_any_changed_byte_is_a_miss(cached: tuple[Cache, Path]) -> None:
    """Even if size and time stay the same."""
    cache, file = cached
    before = file.stat()
    file.write_text("two")
    import os

    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert find_cached_session(cache, "r", None) is None


def test_a_missing_file_is_a_miss(cached: tuple[Cache, Path]) -> None:
    """A removed file is a change."""
    cached[1].unlink()
    assert find_cached_session(cached[0], "r", None) is None


def test_a_removed_session_is_a_miss(cached: tuple[Cache, Path]) -> None:
    """A request without its session is useless."""
    cached[0].remove("sessions", "s")
    assert find_cached_session(cached[0], "r", None) is None


@pytest.mark.parametrize(
    ("duration", "left", "min_ttl", "fresh"),
    [
        (3600, 901, None, True),
        (3600, 899, None, False),
        (900, 451, None, True),
        (900, 449, None, False),
        (3600, 100, 60, True),
        (3600, 3500, 3599, False),
        (3600, 0, 0, False),
        (43_200, 21_601, Share.HALF, True),
        (43_200, 21_599, Share.HALF, False),
    ],
)
def test_a_session_near_its_end_is_a_miss(duration: int, left: int, min_ttl: MinTtl, fresh: bool) -> None:
    """By default, 15 minutes or half of the duration must be left; for `exec`, half of it."""
    session = cached_session(duration=duration, expires_at=time.time() + left + 0.5 * bool(left))
    assert is_fresh(session, min_ttl) is fresh


def test_a_session_that_was_issued_meanwhile_is_fresh() -> None:
    """A process that waited for another's session doesn't borrow a second one, with any --min-ttl."""
    assert is_fresh(cached_session(), 99_999, since=time.time() - 1)
    assert not is_fresh(cached_session(issued_at=time.time() - 5), 99_999, since=time.time() - 1)
    assert not is_fresh(cached_session(expires_at=time.time() - 1), 0, since=time.time() - 1)


@pytest.mark.parametrize("field", sorted(CachedSession.__required_keys__))
def test_an_incomplete_session_is_a_miss(field: str) -> None:
    """A session without one of its fields isn't used."""
    assert not is_fresh({name: value for name, value in cached_session().items() if name != field}, None)


def test_incomplete_credentials_are_a_miss() -> None:
    """A session without a secret or token isn't used."""
    assert is_fresh(cached_session(), None)
    assert not is_fresh(cached_session(credentials={"AccessKeyId": "x"}), None)


@pytest.mark.parametrize(
    "statement", ["import temp_access", "import temp_access.cli.credentials, temp_access.cli.main"]
)
def test_nothing_heavy_is_imported(statement: str) -> None:
    """A cached call loads neither boto3 nor the reader of access.toml."""
    heavy = [
        "boto3",
        "botocore",
        "tomllib",
        "rich",
        "dataclasses",
        "inspect",
        "ssl",
        "subprocess",
        "temp_access.access_file",
    ]
    heavy += ["argcomplete"]
    code = f"{statement}; import sys; print([name for name in {heavy} if name in sys.modules])"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "[]"


def test_borrowing_imports_nothing_of_the_evaluator() -> None:
    """Reading access.toml and borrowing need no policy language; each of these takes milliseconds to import."""
    heavy = ["boto3", "lzma", "temp_access.iam.conditions", "temp_access.iam.parser", "temp_access.iam.patterns"]
    code = (
        "import sys; import temp_access.access_file, temp_access.borrow.broker; "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True, timeout=60) == "[]\n"
