"""The holder of a token: the file is read anew, what it says is used for names only, and it is never shown."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
from botocore import UNSIGNED

from temp_access.aws.errors import NoCredentials
from temp_access.aws.web_identity import load_token_holder, read_token, token_file_of
from temp_access.terminal_text import redact

CLAIMS = {"iss": "https://login.example.com", "sub": "repo:example/app", "aud": "sts.amazonaws.com"}


def token_of(**claims: Any) -> str:
    """Return an unsigned token with CLAIMS and `claims`."""
    parts = ({"alg": "RS256"}, {**CLAIMS, **claims})
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    (tmp_path / "token").write_text(token_of() + "\n")
    return tmp_path / "token"


def test_a_token_names_its_holder(file: Path) -> None:
    """By issuer and subject."""
    identity = load_token_holder(file, "eu-central-1")
    assert (identity.arn, identity.subject) == ("oidc:login.example.com:repo:example/app", "repo:example/app")
    assert identity.is_temporary is False
    assert identity.token() == token_of()


def test_a_newer_token_of_the_same_subject_is_the_same_identity(file: Path) -> None:
    """It's read anew, and shares the cached session."""
    identity = load_token_holder(file, "eu-central-1")
    file.write_text(token_of(exp=2))
    assert identity.token() == token_of(exp=2)
    assert load_token_holder(file, "eu-central-1").cache_identity == identity.cache_identity


@pytest.mark.parametrize("claims", [{"sub": "another"}, {"iss": "https://b.example.com"}, {"aud": "b"}])
def test_another_subjects_token_is_another_identity(file: Path, claims: dict[str, str]) -> None:
    """The jobs of a runner share a folder, and none gets another one's session."""
    identity = load_token_holder(file, "eu-central-1")
    file.write_text(token_of(**claims))
    assert load_token_holder(file, "eu-central-1").cache_identity != identity.cache_identity
    with pytest.raises(NoCredentials, match="replaced by another subject's"):
        identity.token()


@pytest.mark.parametrize("content", ["a.b.c", "x" * 30, "a.bm90IGpzb24.c", "a.W10.c", "a.e30.c"])
def test_another_kind_of_token_has_no_subject(file: Path, content: str) -> None:
    """STS says what is wrong with it; two different ones are two identities."""
    file.write_text(content)
    identity = load_token_holder(file, "eu-central-1")
    assert identity.subject is None
    assert content not in identity.arn
    file.write_text(content + "d")
    assert load_token_holder(file, "eu-central-1").cache_identity != identity.cache_identity


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has 0 characters, and STS accepts 4 to 20,000"),
        (b"x" * 20_001, "has 20001 characters"),
        ("täglich".encode(), "contains no token: it has other characters than ASCII"),
        (None, r"can't be read \(No such file or directory\)"),
    ],
)
def test_refuses_what_is_no_token(tmp_path: Path, content: bytes | None, message: str) -> None:
    """Before any call, and without showing it."""
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(NoCredentials, match=message) as caught:
        read_token(file)
    assert "--web-identity-token-file" in caught.value.remedy


def test_a_pipe_is_no_token(tmp_path: Path) -> None:
    """It would wait for ever."""
    os.mkfifo(tmp_path / "token")
    with pytest.raises(NoCredentials, match="isn't a regular file"):
        read_token(tmp_path / "token")


def test_the_call_isnt_signed(file: Path) -> None:
    """No credentials are needed, and none are looked for."""
    identity = load_token_holder(file, "eu-central-1")
    config: Any = identity.sts.meta.config
    assert config.signature_version is UNSIGNED


def test_a_token_is_masked_in_messages() -> None:
    """Header, payload and signature."""
    token = token_of()
    assert redact(f"the token {token}, and more") == "the token [masked], and more"


@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({}, True),
        ({"AWS_ROLE_ARN": "arn"}, False),
        ({"AWS_PROFILE": "x"}, False),
        ({"AWS_ACCESS_KEY_ID": "x"}, False),
    ],
)
def test_the_environment_names_the_file_unless_it_has_credentials(variables: dict[str, str], found: bool) -> None:
    """With AWS_ROLE_ARN, the SDKs use the token for that role."""
    environ = {"AWS_WEB_IDENTITY_TOKEN_FILE": "/run/token", **variables}
    assert token_file_of(environ) == (Path("/run/token") if found else None)
    assert token_file_of(variables) is None
