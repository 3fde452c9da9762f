"""What the policies of both sides name: statements, action patterns, resource patterns, principals."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from temp_access.policy.document import Policy

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ConditionTexts:
    """One key of a condition, with its operator and the texts it is compared with."""

    operator: str
    key: str
    texts: tuple[str, ...]


def bodies(policies: Iterable[Policy | None]) -> Iterator[Body]:
    """Yield the statements of `policies` as written."""
    for policy in policies:
        if policy:
            yield from policy.bodies


def texts(body: Body, *names: str) -> Iterator[str]:
    """Yield the texts of the elements `names`, a single one like a list of one."""
    for name in names:
        value = body.get(name)
        if isinstance(value, str):
            yield value
        elif isinstance(value, list | tuple):
            yield from map(str, value)


def conditions(body: Body) -> Iterator[ConditionTexts]:
    """Yield what a statement's Condition asks."""
    for operator, keys in (body.get("Condition") or {}).items():
        for key, values in keys.items():
            listed = values if isinstance(values, list | tuple) else [values]
            yield ConditionTexts(operator, key, tuple(_text(value) for value in listed))


def principals(body: Body) -> Iterator[str]:
    """Yield whom a statement names, or spares: ARNs, account numbers, services, `*`."""
    for name in ("Principal", "NotPrincipal"):
        value = body.get(name)
        for named in value.values() if isinstance(value, Mapping) else [value]:
            yield from texts({"named": named}, "named")


def callers(body: Body) -> Iterator[str]:
    """Yield the patterns of ARNs and the accounts that a statement asks its caller to have."""
    for asked in conditions(body):
        if asked.key.lower() in ("aws:principalarn", "aws:principalaccount"):
            yield from asked.texts


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
