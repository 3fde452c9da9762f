"""Fast path: cache key, freshness; no boto3."""

import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping
from typing import Any

from temp_access.borrow.cache import Cache

# Whose credentials botocore finds, where --profile doesn't say it.
_IDENTITY_VARIABLES = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
# Whom botocore then calls.
_ENDPOINT_VARIABLES = (
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_IAM",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
)
_POLICY = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "policies")


def request_key(fields: Mapping[str, object], environ: Mapping[str, str]) -> str:
    """Return the key of a request: `asked` is what the command line says, without its form of output.

    The same request in another environment has another key, so local AWS and AWS never mix.
    """
    said: list[object] = [sorted(fields.items())]
    if not fields.get("local"):
        names = _ENDPOINT_VARIABLES if fields.get("profile") else _IDENTITY_VARIABLES + _ENDPOINT_VARIABLES
        said += [sorted((name, environ[name]) for name in names if name in environ), aws_files(environ)]
    return hashlib.sha256(json.dumps(said, default=str).encode("utf-8", "surrogateescape")).hexdigest()[:40]


def file_digests(paths: Iterable[str]) -> dict[str, str]:
    """Return the hash of each file's bytes, an empty one for what can't be read.

    Bytes, because a size and a time can stay the same while a file changes; a hash of a megabyte takes 1 ms.
    """
    return {path: _file_digest(path) for path in paths}


def input_files(environ: Mapping[str, str], state: str | None) -> list[str]:
    """Return the files besides access.toml that decide what a request gives: any change of one is a miss."""
    code = [os.path.join(_POLICY, name) for name in ("access_modes.py", "session_policy.py")]
    if state:
        return [*code, os.path.join(state, "server.json")]
    server = server_file(environ)
    return [*code, *aws_files(environ), *([server] if server else ())]


def server_file(environ: Mapping[str, str]) -> str | None:
    """Return the file that says which run of the local AWS `environ` leads to: its sessions end with it."""
    bundle = environ.get("AWS_CA_BUNDLE", "")
    if "://127.0.0.1:" not in environ.get("AWS_ENDPOINT_URL", "") or not bundle.endswith("/tls/certificate.pem"):
        return None
    return os.path.join(os.path.dirname(os.path.dirname(bundle)), "server.json")


def aws_files(environ: Mapping[str, str]) -> list[str]:
    """Return the paths of the AWS configuration and credentials files."""
    return [
        os.path.abspath(os.path.expanduser(environ.get(name) or default))
        for name, default in (
            ("AWS_CONFIG_FILE", "~/.aws/config"),
            ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
        )
    ]


def _file_digest(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except (OSError, ValueError):
        return ""


# botocore's advisory window: https://botocore.amazonaws.com/v1/documentation/api/latest/index.html
MIN_TTL = 900
CREDENTIAL_FIELDS = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")


def find_cached_session(
    cache: Cache, key: str, min_ttl: int | None, since: float | None = None
) -> tuple[dict[str, Any], list[str]] | None:
    """Return the session's entry and the notes of the request `key`; None if AWS must be asked.

    `min_ttl` and `since` are those of `is_fresh`.
    """
    request = cache.read("requests", key)
    if request is None or not inputs_unchanged(request):
        return None
    session = cache.read("sessions", str(request.get("session")))
    if session is None or not is_fresh(session, min_ttl, since):
        return None
    notes = request.get("notes")
    return session, [str(note) for note in notes] if isinstance(notes, list) else []


def inputs_unchanged(request: Mapping[str, Any]) -> bool:
    """Whether no file that the request was answered from has changed since."""
    files = request.get("files")
    return isinstance(files, dict) and bool(files) and file_digests(map(os.fspath, files)) == files


def server_restarted(session: Mapping[str, Any]) -> bool:
    """Whether the session ended with the run of the local AWS that gave it."""
    place = session.get("place")
    return isinstance(place, dict) and file_digests(map(os.fspath, place)) != place


def is_fresh(session: Mapping[str, Any], min_ttl: int | None, since: float | None = None) -> bool:
    """Whether the session has `min_ttl` seconds left (None: a quarter hour, at most half of its length).

    One that was made after `since` is as new as can be, whatever it has left.
    """
    try:
        left = float(session["until"]) - time.time()
        wanted = min_left(int(session["seconds"])) if min_ttl is None else min_ttl
        made = float(session["issued"])
        whole = all(isinstance(session["credentials"][part], str) for part in CREDENTIAL_FIELDS)
    except (KeyError, TypeError, ValueError):
        return False
    return whole and left > 0 and (left >= wanted or (since is not None and made >= since))


def min_left(seconds: int) -> float:
    """Return the seconds that a session of `seconds` must have left unless something else is asked for."""
    return min(MIN_TTL, seconds / 2)
