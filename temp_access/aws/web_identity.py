"""Callers with a token of an OpenID Connect provider: STS checks the token itself, so no credentials sign the call.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from temp_access.aws.errors import NoCredentials
from temp_access.aws.identity import ClientIdentity, region_from_environment
from temp_access.files import read_bounded

if TYPE_CHECKING:
    import botocore.session

# WebIdentityToken of AssumeRoleWithWebIdentity.
_MIN_TOKEN, _MAX_TOKEN = 4, 20_000


class TokenHolder(ClientIdentity):
    """The holder of the token in `token_file`, which is read anew for each session.

    What the token says about itself is read without a check, for names and for the cache only: STS checks it.
    """

    is_temporary = False

    def __init__(self, core: "botocore.session.Session", token_file: Path, *, region: str | None = None) -> None:
        super().__init__(core, region=region)
        self.token_file = token_file
        self.name = f"the token in {token_file}"
        token = read_token(token_file)
        self.claims: Mapping[str, Any] = _claims(token)
        self.cache_identity = _identity_of(token)

    @property
    def subject(self) -> str | None:
        """The token's subject; None if it can't be read."""
        subject = self.claims.get("sub")
        return subject if isinstance(subject, str) and subject else None

    @property
    def arn(self) -> str:
        """The token's issuer (without `https://`) and subject, because the caller has no ARN."""
        issuer = str(self.claims.get("iss", "")).removeprefix("https://")
        return f"oidc:{issuer}:{self.subject}" if self.subject else self.name

    def token(self) -> str:
        """Return the file's token, as it is now; raises NoCredentials, also if it has become another subject's."""
        token = read_token(self.token_file)
        if _identity_of(token) != self.cache_identity:
            raise NoCredentials(f"{self.name} was replaced by another subject's meanwhile", "try again")
        return token

    def _settings(self) -> dict[str, Any]:
        from botocore import UNSIGNED

        return {"signature_version": UNSIGNED}


def load_token_holder(token_file: Path, region: str | None) -> TokenHolder:
    """Return the holder of the token in `token_file`; raises NoCredentials if there is none.

    Its Region, its endpoint and its certificates are those of AWS's configuration.
    """
    import botocore.session
    from botocore.exceptions import BotoCoreError

    core = botocore.session.Session()
    if region := region or region_from_environment():
        core.set_config_variable("region", region)
    try:
        core.get_scoped_config()
    except BotoCoreError as error:
        from temp_access.aws.configuration_errors import problem_of

        problem = problem_of(error, core.profile)
        raise NoCredentials(f"AWS's configuration can't be used: {problem.what}", problem.remedy) from error
    return TokenHolder(core, Path(os.path.abspath(token_file)))


def token_file_of(environ: Mapping[str, str]) -> Path | None:
    """Return AWS_WEB_IDENTITY_TOKEN_FILE; None if `environ` has credentials, or the role for which the SDKs use it."""
    if any(environ.get(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ROLE_ARN")):
        return None
    file = environ.get("AWS_WEB_IDENTITY_TOKEN_FILE")
    return Path(file) if file else None


def read_token(token_file: Path) -> str:
    """Return the token in the file; raises NoCredentials, in which no part of the file's content stands."""
    remedy = "pass the file into which the pipeline or the cluster writes its token, with --web-identity-token-file"
    try:
        token = read_bounded(token_file).decode("ascii").strip()
    except OSError as error:
        raise NoCredentials(f"the token in {token_file} can't be read ({error.strerror})", remedy) from error
    except UnicodeDecodeError:
        raise NoCredentials(f"{token_file} contains no token: it has other characters than ASCII", remedy) from None
    if not _MIN_TOKEN <= len(token) <= _MAX_TOKEN:
        raise NoCredentials(
            f"{token_file} contains no token: it has {len(token)} characters, and STS accepts {_MIN_TOKEN} to "
            f"{_MAX_TOKEN:,}",
            remedy,
        )
    return token


def _identity_of(token: str) -> str:
    """Return what a newer token of the same subject has in common with this one.

    The jobs of a runner can find their tokens in the same file, one after the other.
    """
    claims = _claims(token)
    named = [claims[key] for key in ("iss", "sub", "aud")] if claims else token
    return f"token/{hashlib.sha256(json.dumps(named).encode()).hexdigest()}"


def _claims(token: str) -> Mapping[str, Any]:
    """Return what a JSON web token says; empty if it isn't one."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) and {"iss", "sub", "aud"} <= claims.keys() else {}
