"""The caller's credentials: errors on one line, the Region, and no session kept in memory."""

import gc
import weakref
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

from temp_access.api import _identity
from temp_access.aws.errors import NoCredentials
from temp_access.aws.identity import load_identity
from temp_access.deployment.target import open_session
from temp_access.errors import UserError


@pytest.mark.parametrize(("open_", "kind"), [(load_identity, NoCredentials), (open_session, UserError)])
@pytest.mark.parametrize(
    "process", ["echo hello", "echo '[]'", "echo '{\"Version\":1}'", "printf '\\xff'", "/nonexistent/helper", "echo 'x"]
)
def test_reports_a_broken_credential_process_on_one_line(
    open_: Callable[[str, str | None], object],
    kind: type[Exception],
    process: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No JSON, invalid JSON, undecodable output, no such program, no command: without a traceback."""
    (tmp_path / "config").write_text(f"[profile broken]\nregion = us-east-1\ncredential_process = {process}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    with pytest.raises(kind, match="credentials") as raised:
        open_("broken", None)
    assert "\n" not in str(raised.value)
    assert "pass another" in str(raised.value)


@pytest.fixture
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "x" * 20)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_REGION", "us-east-1")


@pytest.mark.usefixtures("_keys")
def test_each_environment_has_its_own_region() -> None:
    """A second environment doesn't get the first one's Region; access.toml's takes precedence over AWS_REGION."""
    assert [_identity(None, region).region for region in ("eu-central-1", "eu-west-1", None)] == [
        "eu-central-1",
        "eu-west-1",
        "us-east-1",
    ]


@pytest.mark.usefixtures("_keys")
def test_uses_aws_region() -> None:
    """botocore by itself reads only AWS_DEFAULT_REGION."""
    assert load_identity(None, None).region == "us-east-1"
    assert open_session(None, None).region_name == "us-east-1"
    assert open_session(None, "eu-central-1").region_name == "eu-central-1"


def test_a_session_without_a_region_gets_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program's session isn't changed, and one with a Region keeps it."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    bare = boto3.Session("x" * 20, "y")
    assert [_identity(bare, region).region for region in ("eu-central-1", "eu-west-1")] == ["eu-central-1", "eu-west-1"]
    assert bare.region_name is None
    assert _identity(boto3.Session("x" * 20, "y", region_name="us-west-2"), "eu-central-1").region == "us-west-2"


def test_keeps_no_session_alive() -> None:
    """A broker may create one for each of its requests."""
    session = boto3.Session("x" * 20, "y", region_name="us-east-1")
    assert _identity(session, None).sts.meta.region_name == "us-east-1"
    reference = weakref.ref(session)
    del session
    gc.collect()
    assert reference() is None
