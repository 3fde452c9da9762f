"""What the lint rules read and say."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule holds against one resource."""

    rule: str
    message: str
    construct_path: str | None
    template: str
    logical_id: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A policy statement whose references are written as `<LogicalId>`; `trust` in a role's trust policy."""

    trust: bool
    version: str | None
    allow: bool
    principals: tuple[str, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]


def as_list(value: object) -> list[object]:
    """Return a list as it is, nothing as an empty list, and anything else as a list of one."""
    return value if isinstance(value, list) else [] if value is None else [value]


def as_mapping(value: object) -> Mapping[str, object]:
    """Return a mapping as it is, and anything else as an empty one."""
    return value if isinstance(value, Mapping) else {}
