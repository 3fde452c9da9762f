"""Base credentials that can't be had are one sentence, however their provider fails."""

from collections.abc import Callable
from pathlib import Path

import pytest

from temp_access.errors import UserError
from temp_access.sts.base import open_base
from temp_access.sts.errors import NoCredentials
from temp_access.verify.live.target import open_session


@pytest.mark.parametrize(("open_", "kind"), [(open_base, NoCredentials), (open_session, UserError)])
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
