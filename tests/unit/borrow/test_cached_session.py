"""What makes two requests the same, and what makes a kept answer old."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from temp_access.borrow.cache import Cache
from temp_access.borrow.cached_session import (
    file_digests,
    find_cached_session,
    input_files,
    is_fresh,
    request_key,
    server_file,
)

ASKED: dict[str, object] = {"id": "bob", "profile": None, "config": "/x/access.toml", "local": None}


@pytest.mark.parametrize(
    "variable",
    ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_CONFIG_FILE", "AWS_ENDPOINT_URL_STS"],
)
def test_another_environment_is_another_request(variable: str) -> None:
    """Callers don't mix, nor do the local AWS and AWS."""
    assert request_key(ASKED, {variable: "a"}) != request_key(ASKED, {variable: "b"})
    assert request_key(ASKED, {variable: "a"}) != request_key(ASKED, {})


@pytest.mark.parametrize(
    "asked", [{"id": "bobby"}, {"profile": "p"}, {"config": "/y/access.toml"}, {"local": "/state"}]
)
def test_another_question_is_another_request(asked: dict[str, object]) -> None:
    """Whatever the command line says counts."""
    assert request_key({**ASKED, **asked}, {}) != request_key(ASKED, {})


def test_an_inherited_profile_doesnt_count_beside_a_named_one() -> None:
    """--profile wins, as it does in botocore."""
    asked = {**ASKED, "profile": "base"}
    assert request_key(asked, {"AWS_PROFILE": "bob", "AWS_ACCESS_KEY_ID": "x"}) == request_key(asked, {})


def test_the_secret_isnt_read() -> None:
    """No key of the cache is made of it."""
    assert request_key(ASKED, {"AWS_SECRET_ACCESS_KEY": "a"}) == request_key(ASKED, {})


def test_the_run_of_the_local_aws_counts() -> None:
    """Its sessions end with it, so a new run is a miss."""
    bundle = {"AWS_CA_BUNDLE": "/state/tls/certificate.pem"}
    local = {**bundle, "AWS_ENDPOINT_URL": "https://127.0.0.1:4610"}
    assert server_file(local) == "/state/server.json"
    assert "/state/server.json" in input_files(local, None)
    assert "/state/server.json" in input_files({}, "/state")
    assert server_file({"AWS_ENDPOINT_URL": "https://sts.amazonaws.com", **bundle}) is None


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Cache, Path]:
    """A cache with an answer to the request `r`, and the file that it was made from."""
    file = tmp_path / "access.toml"
    file.write_text("one")
    cache = Cache(str(tmp_path / "cache"))
    until = time.time() + 3600
    cache.write("sessions", "s", session(until=until))
    cache.write("requests", "r", {"files": file_digests([str(file)]), "session": "s", "notes": ["n"], "until": until})
    return cache, file


def session(**more: Any) -> dict[str, Any]:
    """Return the entry of a session of an hour."""
    keys = dict.fromkeys(("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"), "x")
    return {"until": time.time() + 3600, "issued": time.time(), "seconds": 3600, "credentials": keys, **more}


def test_a_hit_repeats_the_notes(kept: tuple[Cache, Path]) -> None:
    """What was said of the session is said again."""
    hit = find_cached_session(kept[0], "r", None)
    assert hit is not None
    assert hit[1] == ["n"]


def test_any_changed_byte_is_a_miss(kept: tuple[Cache, Path]) -> None:
    """Also where size and time stayed the same."""
    cache, file = kept
    before = file.stat()
    file.write_text("two")
    import os

    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert find_cached_session(cache, "r", None) is None


def test_a_missing_file_is_a_miss(kept: tuple[Cache, Path]) -> None:
    """A file that is gone is a change."""
    kept[1].unlink()
    assert find_cached_session(kept[0], "r", None) is None


def test_a_dropped_session_is_a_miss(kept: tuple[Cache, Path]) -> None:
    """A request without its session is none."""
    kept[0].remove("sessions", "s")
    assert find_cached_session(kept[0], "r", None) is None


@pytest.mark.parametrize(
    ("seconds", "left", "min_ttl", "fresh"),
    [
        (3600, 901, None, True),
        (3600, 899, None, False),
        (900, 451, None, True),
        (900, 449, None, False),
        (3600, 100, 60, True),
        (3600, 3500, 3599, False),
        (3600, 0, 0, False),
    ],
)
def test_a_session_near_its_end_is_a_miss(seconds: int, left: int, min_ttl: int | None, fresh: bool) -> None:
    """A quarter hour must be left, at most half of its length, unless something else is asked for."""
    found = session(seconds=seconds, until=time.time() + left + 0.5 * bool(left))
    assert is_fresh(found, min_ttl) is fresh


def test_a_session_that_was_made_meanwhile_is_taken() -> None:
    """Whoever waited for another's doesn't make a second one, whatever --min-ttl says."""
    assert is_fresh(session(), 99_999, since=time.time() - 1)
    assert not is_fresh(session(issued=time.time() - 5), 99_999, since=time.time() - 1)
    assert not is_fresh(session(until=time.time() - 1), 0, since=time.time() - 1)


def test_half_an_entry_is_a_miss() -> None:
    """What lacks a part isn't handed out."""
    for part in ("until", "issued", "seconds", "credentials"):
        assert not is_fresh({name: value for name, value in session().items() if name != part}, None)
    assert not is_fresh(session(credentials={"AccessKeyId": "x"}), None)


@pytest.mark.parametrize(
    "statement", ["import temp_access", "import temp_access.cli.credentials, temp_access.cli.main"]
)
def test_nothing_heavy_is_imported(statement: str) -> None:
    """A cached call pays for neither boto3 nor for reading access.toml."""
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
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
