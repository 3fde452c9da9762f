"""Web identity tokens that were handed in: read from files, and never part of an argument, a message or a report."""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from temp_access.config.model import Config
from temp_access.config.table import did_you_mean
from temp_access.errors import UserError
from temp_access.files import read_bounded
from temp_access.verify.plan.impersonation import TokenClaims

# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
_MAX_TOKEN = 20_000


@dataclass(frozen=True, slots=True)
class IdentityToken:
    """A token and what it claims; STS, not this project, verifies its signature. The repr hides the token."""

    claims: TokenClaims
    text: str = field(repr=False)


def read_tokens(arguments: Iterable[str], config: Config) -> dict[str, IdentityToken]:
    """Return the tokens of `PROVIDER=FILE` arguments by a label: the provider's name, with a number from the second on.

    Raises UserError for an unknown provider, and for a file that has no token of it.
    """
    tokens: dict[str, IdentityToken] = {}
    for argument in arguments:
        name, equals, path = argument.partition("=")
        if not equals or not path:
            raise UserError("--web-identity-token takes PROVIDER=FILE, such as github=/run/token")
        provider = config.identity_providers.get(name)
        if provider is None:
            hint = did_you_mean(name, config.identity_providers)
            raise UserError(f"--web-identity-token: {config.path} has no [identity_providers.{name}]{hint}")
        token = _read(Path(path), name)
        same = sum(each.claims.provider == name for each in tokens.values())
        tokens[f"{name} {same + 1}" if same else name] = token
    return tokens


def _read(path: Path, provider: str) -> IdentityToken:
    try:
        text = read_bounded(path, _MAX_TOKEN).decode("ascii", "replace").strip()
    except OSError as error:
        raise UserError(f"{path}: can't be read ({error.strerror}); hand in a file with a web identity token") from None
    claims = _claims(text)
    subject, audience = claims.get("sub"), claims.get("azp", claims.get("aud"))
    if isinstance(audience, list) and len(audience) == 1:
        (audience,) = audience
    if not isinstance(subject, str) or not isinstance(audience, str):
        raise UserError(f"{path}: isn't a web identity token with a subject and one audience; hand in a JSON Web Token")
    return IdentityToken(TokenClaims(provider, subject, audience), text)


def _claims(text: str) -> Mapping[str, Any]:
    parts = text.split(".")
    try:
        payload = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = json.loads(base64.urlsafe_b64decode(payload))
    except (IndexError, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}
