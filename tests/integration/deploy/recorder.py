"""Writing down, inside a command that a test runs, every secret that it is given and every key that it touches.

Used as `begin(…, before=recording(file))`; each line of the file is one JSON object.
"""

import json
from pathlib import Path
from typing import Any

_SECRETS = ("SecretAccessKey", "SessionToken", "AccessKeyId")


def recording(file: Path) -> str:
    """Return the Python statement that records to `file`."""
    return f"from tests.integration.deploy.recorder import install; install({str(file)!r})"


def secrets(file: Path) -> dict[str, set[str]]:
    """Return the secret values by their names."""
    found: dict[str, set[str]] = {name: set() for name in _SECRETS}
    for line in _lines(file):
        for name, value in line["secrets"]:
            found[name].add(value)
    return found


def touched(file: Path) -> list[tuple[str, str]]:
    """Return (operation, key or prefix) of each call on S3 that had one, in order."""
    return [(line["operation"], line["key"]) for line in _lines(file) if line["key"] is not None]


def install(file: str) -> None:
    """Record what boto3's clients of this process send and get."""
    from botocore.client import BaseClient

    real = BaseClient._make_api_call  # type: ignore[attr-defined]

    def call(self: Any, operation: str, parameters: dict[str, Any]) -> Any:
        answer: dict[str, Any] = {}
        try:
            answer = real(self, operation, parameters)
            return answer
        finally:
            key = parameters.get("Key", parameters.get("Prefix"))
            line = {"operation": operation, "key": key, "secrets": list(_found(answer))}
            with Path(file).open("a", encoding="utf-8") as out:
                out.write(json.dumps(line) + "\n")

    BaseClient._make_api_call = call  # type: ignore[attr-defined]


def _found(value: Any) -> Any:
    for name, inner in value.items() if isinstance(value, dict) else ():
        if name in _SECRETS and isinstance(inner, str):
            yield name, inner
        elif isinstance(inner, dict):
            yield from _found(inner)


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
