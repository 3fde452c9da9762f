"""The audit log: a line for each session, never a secret, and no session without a line."""

import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from temp_access.aws.assume_role import Credentials, RoleSession
from temp_access.aws.errors import AuditFailed
from temp_access.borrow.audit_log import AuditLog
from temp_access.borrow.broker import AssumeRolePlan, assume_for_grant
from temp_access.borrow.cached_session import CachedSession
from temp_access.borrow.grants import find_grant
from temp_access.borrow.role_discovery import RoleDetails
from temp_access.errors import ConfigError
from tests.unit.support.config_file import BOB, config_of

ROLE = RoleDetails("arn:aws:iam::1:role/r", "bucket", 3600, "arn:aws:iam::1:user/temp-user")


class Base:
    """Base credentials that nobody asks for anything."""

    is_temporary, region, sts = False, "us-east-1", None


def borrowed(monkeypatch: pytest.MonkeyPatch, folder: Path, toml: str) -> CachedSession:
    """Return the session that is made of bob's grant, without STS."""
    config = config_of(folder, toml)
    given = Credentials("ASIAKEY", "the-secret", "the-token", datetime(2030, 1, 1, tzinfo=UTC))
    monkeypatch.setattr(
        "temp_access.borrow.broker.assume_role", lambda *_, **__: RoleSession(given, "arn", "the-request")
    )
    plan = AssumeRolePlan(find_grant(config, "bob"), ROLE, 3600, "{}")
    return assume_for_grant(config, Base(), plan, None)  # type: ignore[arg-type]


def test_a_line_says_who_got_what(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Time, caller, grant, session name, duration, policy hash, request id; and no part of the key."""
    for _ in range(2):
        borrowed(monkeypatch, tmp_path, BOB + '[audit]\nfile = "audit.jsonl"\n')
    text = (tmp_path / "audit.jsonl").read_text()
    line = json.loads(text.splitlines()[1])
    assert datetime.fromisoformat(line.pop("time")).tzinfo is not None
    assert line == {
        "caller": ROLE.caller_arn,
        "grant": "bob",
        "session_name": "bob,temp-user",
        "duration": 3600,
        "policy_sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "request_id": "the-request",
    }
    assert not any(secret in text for secret in ("ASIAKEY", "the-secret", "the-token"))
    assert stat.S_IMODE((tmp_path / "audit.jsonl").stat().st_mode) == 0o600


def test_without_a_log_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """[audit] is optional."""
    assert borrowed(monkeypatch, tmp_path, BOB)["grant"] == "bob"
    assert os.listdir(tmp_path) == ["access.toml"]


@pytest.mark.parametrize("file", ["/dev/full", "no/such/folder/audit.jsonl", "."])
def test_what_cant_be_recorded_isnt_handed_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: str) -> None:
    """A log that loses lines is none."""
    with pytest.raises(AuditFailed, match=r"can't be written \(.*\), so no credentials are returned"):
        borrowed(monkeypatch, tmp_path, BOB + f'[audit]\nfile = "{file}"\n')


def test_a_long_line_is_written_in_one_piece(tmp_path: Path) -> None:
    """Lines of processes at the same time don't mix, because each is one write."""
    log = AuditLog(tmp_path / "log")
    log.write(grant="x" * 100_000)
    log.close()
    assert len((tmp_path / "log").read_text().splitlines()) == 1


@pytest.mark.parametrize("table", ['file = ""', "file = 1", 'log = "x"', 'file = "a\\u0000b"'])
def test_a_wrong_table_is_a_finding(tmp_path: Path, table: str) -> None:
    """As everywhere in access.toml."""
    with pytest.raises(ConfigError, match=r"access\.toml: audit"):
        config_of(tmp_path, f"{BOB}[audit]\n{table}\n")


def test_the_log_isnt_part_of_what_is_deployed(tmp_path: Path) -> None:
    """Another log needs no new deployment."""
    plain = config_of(tmp_path, BOB)
    assert plain.digest == config_of(tmp_path, BOB + '[audit]\nfile = "a"\n').digest
    assert config_of(tmp_path, BOB + '[audit]\nfile = "a"\n').audit_file == tmp_path / "a"
