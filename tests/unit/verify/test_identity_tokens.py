"""Web identity tokens that are handed in: which files are read, and what of them is shown."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from temp_access.config.model import Config
from temp_access.errors import UserError
from temp_access.verify.identity_tokens import read_tokens
from temp_access.verify.plan.impersonation import TokenClaims
from tests.unit.support.config_file import config_of

TOML = """\
[identity_providers.own]
issuer = "https://openid.example.com"
audience = "sts.amazonaws.com"
[grants.bob]
access = "read"
borrowers = ["oidc/own/pipeline"]
"""
CLAIMS = {"sub": "pipeline", "aud": "sts.amazonaws.com"}


def encoded(claims: Any) -> str:
    """Return an unsigned token; only STS verifies signatures."""
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{part}.c2lnbmF0dXJl"


@pytest.fixture(name="config")
def _config(tmp_path: Path) -> Config:
    return config_of(tmp_path, TOML)


def argument(folder: Path, text: str, name: str = "token") -> str:
    """Return the argument for a file with this text."""
    (folder / name).write_text(text, encoding="utf-8")
    return f"own={folder / name}"


@pytest.mark.parametrize(
    ("claims", "audience"),
    [
        (CLAIMS, "sts.amazonaws.com"),
        ({**CLAIMS, "aud": ["sts.amazonaws.com"]}, "sts.amazonaws.com"),
        ({**CLAIMS, "aud": ["a", "b"], "azp": "a"}, "a"),
    ],
)
def test_a_token_is_read(tmp_path: Path, config: Config, claims: dict[str, Any], audience: str) -> None:
    """A line break at the end doesn't matter; `azp` is what AWS compares with the audience, if there is one."""
    tokens = read_tokens([argument(tmp_path, encoded(claims) + "\n")], config)
    assert tokens["own"].claims == TokenClaims("own", "pipeline", audience)
    assert tokens["own"].text == encoded(claims)
    assert encoded(claims) not in repr(tokens)


def test_several_tokens_of_a_provider_have_labels(tmp_path: Path, config: Config) -> None:
    arguments = [argument(tmp_path, encoded({**CLAIMS, "sub": str(n)}), str(n)) for n in range(3)]
    assert list(read_tokens(arguments, config)) == ["own", "own 2", "own 3"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret-text",
        "secret-text.%%%.x",
        "a.b",
        encoded([1]),
        encoded({"sub": 1, "aud": "x"}),
        "[" * 5000,
        encoded({**CLAIMS, "aud": ["a", "b"]}),
        encoded({"aud": "x"}),
        f"a.{'W' * 9000}.b",
        "é.é.é",
    ],
)
def test_what_is_no_token_is_refused(tmp_path: Path, config: Config, text: str) -> None:
    """The message names the file and never its content."""
    with pytest.raises(UserError, match="isn't a web identity token") as refused:
        read_tokens([argument(tmp_path, text)], config)
    assert "secret-text" not in str(refused.value)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("own", "PROVIDER=FILE"),
        ("own=", "PROVIDER=FILE"),
        ("owm=/tmp/x", "did you mean 'own'"),
        ("own=/nowhere/token", "can't be read"),
        ("own=/dev/zero", "can't be read"),
    ],
)
def test_a_wrong_argument_is_explained(config: Config, wrong: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_tokens([wrong], config)


def test_a_pipe_is_not_waited_for(tmp_path: Path, config: Config) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="can't be read"):
        read_tokens([f"own={tmp_path / 'pipe'}"], config)
