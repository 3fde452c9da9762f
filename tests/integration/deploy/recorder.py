"""Recording, inside a command that a test runs, of every secret it receives and every object key it touches.

Used as `start(…, before=recording(file))`; each line of the file is one JSON object.
"""

import json
from pathlib import Path
from typing import Any

_SECRETS = ("SecretAccessKey", "SessionToken", "AccessKeyId")


def recording(file: Path) -> str:
    """Return the Python statement that records to `file`."""
    return f"from tests.integration.deploy.recorder import install; install({str(file)!r})"


def recorded_secrets(file: Path) -> dict[str, set[str]]:
    """Return the recorded secret values, by name."""
    values: dict[str, set[str]] = {name: set() for name in _SECRETS}
    for line in _lines(file):
        for name, value in line["secrets"]:
            values[name].add(value)
    return values


def touched_keys(file: Path) -> list[tuple[str, str]]:
    """Return the operation and the key or prefix of each S3 call that has one, in order.

    The operation is followed by IfMatch if the call has that condition.
    """
    return [(line["operation"], line["key"]) for line in _lines(file) if line["key"] is not None]


def install(file: str) -> None:
    """Record the calls and responses of boto3's clients in this process."""
    from botocore.client import BaseClient

    real = BaseClient._make_api_call  # type: ignore[attr-defined]

    def call(self: Any, operation: str, parameters: dict[str, Any]) -> Any:
        answer: dict[str, Any] = {}
        try:
            answer = real(self, operation, parameters)
            return answer
        finally:
            key = parameters.get("Key", parameters.get("Prefix"))
            name = f"{operation} IfMatch" if "IfMatch" in parameters else operation
            line = {"operation": name, "key": key, "secrets": list(_secret_values(answer))}
            with Path(file).open("a", encoding="utf-8") as out:
                out.write(json.dumps(line) + "\n")

    BaseClient._make_api_call = call  # type: ignore[attr-defined]


def _secret_values(value: Any) -> Any:
    for name, inner in value.items() if isinstance(value, dict) else ():
        if name in _SECRETS and isinstance(inner, str):
            yield name, inner
        elif isinstance(inner, dict):
            yield from _secret_values(inner)


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
