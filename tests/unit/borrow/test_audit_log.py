"""The audit log: one line for each session, never a secret, and no session without a line."""

import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from temp_access.aws.assume_role import Credentials, RoleSession
from temp_access.aws.errors import AuditFailed
from temp_access.borrow.assume import AssumeRolePlan, assume_for_grant
from temp_access.borrow.audit_log import AuditLog
from temp_access.borrow.cached_session import CachedSession
from temp_access.borrow.grants import find_grant
from temp_access.borrow.role_discovery import RoleDetails
from temp_access.errors import ConfigError
from tests.unit.support.config_file import BOB, config_of

ROLE = RoleDetails("arn:aws:iam::1:role/r", "bucket", 3600, "arn:aws:iam::1:user/temp-user")


class Caller:
    """A caller whose credentials are never used."""

    is_temporary, region, sts = False, "us-east-1", None


def borrow(monkeypatch: pytest.MonkeyPatch, folder: Path, toml: str) -> CachedSession:
    """Return a session of bob's grant, without calling STS."""
    config = config_of(folder, toml)
    credentials = Credentials("ASIAKEY", "the-secret", "the-token", datetime(2030, 1, 1, tzinfo=UTC))
    monkeypatch.setattr(
        "temp_access.borrow.assume.assume_role", lambda *_, **__: RoleSession(credentials, "arn", "the-request")
    )
    plan = AssumeRolePlan(find_grant(config, "bob"), ROLE, 3600, "{}")
    return assume_for_grant(config, Caller(), plan, None)  # type: ignore[arg-type]


def test_writes_one_line_for_each_session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Time, caller, grant, session name, duration, policy hash, request id; and no part of the key."""
    for _ in range(2):
        borrow(monkeypatch, tmp_path, BOB + '[audit]\nfile = "audit.jsonl"\n')
    content = (tmp_path / "audit.jsonl").read_text()
    line = json.loads(content.splitlines()[1])
    assert datetime.fromisoformat(line.pop("time")).tzinfo is not None
    assert line == {
        "caller": ROLE.caller_arn,
        "grant": "bob",
        "session_name": "bob,temp-user",
        "duration": 3600,
        "policy_sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "request_id": "the-request",
    }
    assert not any(secret in content for secret in ("ASIAKEY", "the-secret", "the-token"))
    assert stat.S_IMODE((tmp_path / "audit.jsonl").stat().st_mode) == 0o600


def test_writes_no_log_by_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """[audit] is optional."""
    assert borrow(monkeypatch, tmp_path, BOB)["grant"] == "bob"
    assert os.listdir(tmp_path) == ["access.toml"]


@pytest.mark.parametrize("file", ["/dev/full", "no/such/folder/audit.jsonl", "."])
def test_returns_no_credentials_if_the_log_cant_be_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: str
) -> None:
    """A log with missing lines is useless."""
    with pytest.raises(AuditFailed, match=r"can't be written \(.*\), so no credentials are returned"):
        borrow(monkeypatch, tmp_path, BOB + f'[audit]\nfile = "{file}"\n')


def test_writes_a_long_line_at_once(tmp_path: Path) -> None:
    """Each line is one write, so lines of concurrent processes don't mix."""
    log = AuditLog(tmp_path / "log")
    log.write(grant="x" * 100_000)
    log.close()
    assert len((tmp_path / "log").read_text().splitlines()) == 1


@pytest.mark.parametrize("table", ['file = ""', "file = 1", 'log = "x"', 'file = "a\\u0000b"'])
def test_an_invalid_table_is_a_finding(tmp_path: Path, table: str) -> None:
    """As for every table of access.toml."""
    with pytest.raises(ConfigError, match=r"access\.toml: audit"):
        config_of(tmp_path, f"{BOB}[audit]\n{table}\n")


def test_the_log_isnt_part_of_the_digest(tmp_path: Path) -> None:
    """Another log needs no new deployment."""
    plain = config_of(tmp_path, BOB)
    assert plain.digest == config_of(tmp_path, BOB + '[audit]\nfile = "a"\n').digest
    assert config_of(tmp_path, BOB + '[audit]\nfile = "a"\n').audit_file == tmp_path / "a"
