"""The path of a cached session: the request's key, the files it depends on, and how long a session may be used.

A call that is answered from the cache imports neither boto3 nor the reader of access.toml.
"""

import hashlib
import json
import os
import stat
import time
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, TypedDict, TypeGuard

from temp_access.borrow.cache import Cache


class SessionCredentials(TypedDict):
    """The credentials, with the names that AssumeRole gives them; `Expiration` in ISO 8601 (UTC)."""

    AccessKeyId: str
    SecretAccessKey: str
    SessionToken: str
    Expiration: str


class CachedSession(TypedDict):
    """A borrowed session, as the cache stores it: times in seconds since the epoch, `duration` in seconds.

    `grant_duration` is the longest that the grant allows, in seconds. `local_run` has the file that identifies the
    local AWS's run, with its digest; it is empty for AWS.
    """

    config: str
    role: str
    bucket: str
    caller: str
    region: str
    grant: str
    access: str
    folder: str
    duration: int
    grant_duration: int
    session_name: str
    session_arn: str
    chained: bool
    issued_at: float
    expires_at: float
    local_run: dict[str, str]
    credentials: SessionCredentials


class Share(Enum):
    """A share of a session's duration."""

    HALF = 0.5


# What a cached session must have left to be used: seconds, or a share of its duration; None: `min_left` of it.
MinTtl = int | Share | None
# botocore's advisory window: https://botocore.amazonaws.com/v1/documentation/api/latest/index.html
MIN_TTL = 900
CREDENTIAL_FIELDS = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
# They decide whose credentials botocore finds, unless --profile does.
_IDENTITY_VARIABLES = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
# They decide which endpoint botocore calls.
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
_POLICIES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "policies")


def find_cached_session(
    cache: Cache, key: str, min_ttl: MinTtl, since: float | None = None
) -> tuple[CachedSession, list[str]] | None:
    """Return the session of the request `key` and its notes; None if it has to be borrowed from AWS.

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


def is_fresh(session: Mapping[str, Any], min_ttl: MinTtl, since: float | None = None) -> TypeGuard[CachedSession]:
    """Whether `session` is complete and has `min_ttl` seconds left.

    A session that was issued after the time `since` can't be replaced by a newer one, whatever it has left.
    """
    if not CachedSession.__required_keys__ <= session.keys():
        return False
    try:
        left = float(session["expires_at"]) - time.time()
        required = _required_left(int(session["duration"]), min_ttl)
        issued_at = float(session["issued_at"])
        complete = all(isinstance(session["credentials"][field], str) for field in CREDENTIAL_FIELDS)
    except (KeyError, TypeError, ValueError):
        return False
    return complete and left > 0 and (left >= required or (since is not None and issued_at >= since))


def min_left(duration: int) -> float:
    """Return the seconds that a session of `duration` seconds must have left to be used by default."""
    return min(MIN_TTL, duration / 2)


def _required_left(duration: int, min_ttl: MinTtl) -> float:
    if min_ttl is None:
        return min_left(duration)
    return duration * min_ttl.value if isinstance(min_ttl, Share) else min_ttl


def server_restarted(session: Mapping[str, Any]) -> bool:
    """Whether the run of the local AWS that issued the session has ended."""
    local_run = session.get("local_run")
    return isinstance(local_run, dict) and file_digests(map(os.fspath, local_run)) != local_run


def inputs_unchanged(request: Mapping[str, Any]) -> bool:
    """Whether all files that the request's session depends on are unchanged."""
    files = request.get("files")
    return isinstance(files, dict) and bool(files) and file_digests(map(os.fspath, files)) == files


def request_key(fields: Mapping[str, object], environ: Mapping[str, str]) -> str:
    """Return the cache key of a request: `fields` are the command line's options, without the output format.

    The environment is part of the key, so sessions of AWS and of the local AWS never mix.
    """
    parts: list[object] = [sorted(fields.items())]
    if not fields.get("local"):
        names = _ENDPOINT_VARIABLES if fields.get("profile") else _IDENTITY_VARIABLES + _ENDPOINT_VARIABLES
        parts += [sorted((name, environ[name]) for name in names if name in environ), aws_files(environ)]
    return hashlib.sha256(json.dumps(parts, default=str).encode("utf-8", "surrogateescape")).hexdigest()[:40]


def input_files(environ: Mapping[str, str], state: str | None) -> list[str]:
    """Return the files besides access.toml that a request's session depends on.

    `state` is the local AWS's state folder, None for AWS.
    """
    code = [os.path.join(_POLICIES, name) for name in ("access_modes.py", "session_policy.py")]
    if state:
        return [*code, os.path.join(state, "server.json")]
    server = server_file(environ)
    return [*code, *aws_files(environ), *([server] if server else ())]


def server_file(environ: Mapping[str, str]) -> str | None:
    """Return the file that identifies the run of the local AWS that `environ` points to; None for AWS."""
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


def file_digests(paths: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of each file's content, empty for a file that can't be read.

    A size and a time can stay the same while a file changes; hashing a megabyte takes 1 ms.
    """
    return {path: _file_digest(path) for path in paths}


def _file_digest(path: str) -> str:
    try:
        # A pipe or a device would never end.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return ""
            digest = hashlib.sha256()
            while block := file.read(1 << 20):
                digest.update(block)
            return digest.hexdigest()
    except (OSError, ValueError):
        return ""
