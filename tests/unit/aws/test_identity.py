"""Base credentials: one sentence where they can't be had, the Region that is meant, and no session held too long."""

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
def test_a_broken_credential_process_is_one_sentence(
    open_: Callable[[str, str | None], object],
    kind: type[Exception],
    process: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No JSON, JSON of another form, no text, no such program, no command: what is wrong, and no traceback."""
    (tmp_path / "config").write_text(f"[profile broken]\nregion = us-east-1\ncredential_process = {process}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    with pytest.raises(kind, match="credentials") as caught:
        open_("broken", None)
    assert "\n" not in str(caught.value)
    assert "pass another" in str(caught.value)


@pytest.fixture
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "x" * 20)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_REGION", "us-east-1")


@pytest.mark.usefixtures("_keys")
def test_each_environment_has_its_own_region() -> None:
    """The second one asked for doesn't get the first one's; the environment's wins, as on the command line."""
    assert [_identity(None, region).region for region in ("eu-central-1", "eu-west-1", None)] == [
        "eu-central-1",
        "eu-west-1",
        "us-east-1",
    ]


@pytest.mark.usefixtures("_keys")
def test_aws_region_counts() -> None:
    """As the message without one says; botocore by itself reads AWS_DEFAULT_REGION alone."""
    assert load_identity(None, None).region == "us-east-1"
    assert open_session(None, None).region_name == "us-east-1"
    assert open_session(None, "eu-central-1").region_name == "eu-central-1"


def test_a_programs_session_without_a_region_gets_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is left as it is, and one that has a Region keeps it."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    bare = boto3.Session("x" * 20, "y")
    assert [_identity(bare, region).region for region in ("eu-central-1", "eu-west-1")] == ["eu-central-1", "eu-west-1"]
    assert bare.region_name is None
    assert _identity(boto3.Session("x" * 20, "y", region_name="us-west-2"), "eu-central-1").region == "us-west-2"


def test_a_programs_session_isnt_kept_alive() -> None:
    """A broker may make one for each of its requests."""
    session = boto3.Session("x" * 20, "y", region_name="us-east-1")
    assert _identity(session, None).sts.meta.region_name == "us-east-1"
    gone = weakref.ref(session)
    del session
    gc.collect()
    assert gone() is None
