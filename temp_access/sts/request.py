"""What was asked for, and by whom, as far as it is known without parsing a file or asking AWS."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping

# Whose credentials botocore finds, where --profile doesn't say it.
_IDENTITY = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
# Whom botocore then calls.
_PLACE = (
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
_POLICY = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "policy")


def request_key(fields: Mapping[str, object], environ: Mapping[str, str]) -> str:
    """Return the key of a request: `asked` is what the command line says, without its form of output.

    The same request in another environment has another key, so local AWS and AWS never mix.
    """
    said: list[object] = [sorted(fields.items())]
    if not fields.get("local"):
        names = _PLACE if fields.get("profile") else _IDENTITY + _PLACE
        said += [sorted((name, environ[name]) for name in names if name in environ), aws_files(environ)]
    return hashlib.sha256(json.dumps(said, default=str).encode("utf-8", "surrogateescape")).hexdigest()[:40]


def file_digests(paths: Iterable[str]) -> dict[str, str]:
    """Return the hash of each file's bytes, an empty one for what can't be read.

    Bytes, because a size and a time can stay the same while a file changes; a hash of a megabyte takes 1 ms.
    """
    return {path: _file_digest(path) for path in paths}


def input_files(environ: Mapping[str, str], state: str | None) -> list[str]:
    """Return the files besides access.toml that decide what a request gives: any change of one is a miss."""
    code = [os.path.join(_POLICY, name) for name in ("access.py", "session.py")]
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
