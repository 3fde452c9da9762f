"""What the lint rules read and say."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

# The plugin's name, which the CDK puts before the ids that are acknowledged.
NAMESPACE = "AccessChecks"


_ALL = frozenset(["*", "0.0.0.0/0", "::/0"])


class PolicyType(Enum):
    """What a policy document is about."""

    IDENTITY = "IDENTITY_POLICY"
    RESOURCE = "RESOURCE_POLICY"
    TRUST = "TRUST_POLICY"


@dataclass(frozen=True, slots=True)
class Violation:
    """What a rule holds against a statement; `detail` is the value at fault, which tells its findings apart."""

    detail: str
    message: str
    severity: str = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule holds against one resource; `id` acknowledges it, `place` is the property's path.

    `severity` is "error" or "warning"; a warning doesn't fail a synthesis.
    """

    rule: str
    message: str
    construct_path: str | None
    template: str
    logical_id: str
    id: str = ""
    place: str = ""
    severity: str = "error"


@dataclass(frozen=True, slots=True)
class ConditionEntry:
    """One key of a statement's Condition; the key is in lower case."""

    operator: str
    key: str
    values: tuple[str, ...]

    @property
    def name(self) -> str:
        """The operator without ForAnyValue, ForAllValues and IfExists."""
        return self.operator.split(":")[-1].removesuffix("IfExists")

    @property
    def negated(self) -> bool:
        """Whether it holds for all but its values."""
        return "Not" in self.name

    @property
    def requires_key(self) -> bool:
        """Whether it holds only for requests that have the key, and one of its values."""
        loose = self.operator.endswith("IfExists") or self.operator.lower().startswith("forallvalues:")
        return not (loose or self.negated or self.name == "Null")

    @property
    def is_restrictive(self) -> bool:
        """Whether it asks, and none of its values is a wildcard for all."""
        return self.requires_key and _ALL.isdisjoint(self.values)


@dataclass(frozen=True, slots=True)
class StatementView:
    """A policy statement whose references are written as `<LogicalId>`; `place` is its path below Properties.

    `holders` are the names of the roles, users and groups that the template gives the policy to.
    """

    kind: PolicyType
    version: str | None
    allow: bool
    principals: tuple[str, ...]
    not_principal: bool
    actions: tuple[str, ...]
    not_action: bool
    resources: tuple[str, ...]
    not_resource: bool
    conditions: tuple[ConditionEntry, ...]
    place: str
    holders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LocatedDocument:
    """A policy document of a resource, its references written as `<LogicalId>`."""

    kind: PolicyType
    place: str
    body: Mapping[str, Any]
    holders: tuple[str, ...] = ()


def as_list(value: object) -> list[object]:
    """Return a list as it is, nothing as an empty list, and anything else as a list of one."""
    return value if isinstance(value, list) else [] if value is None else [value]


def as_mapping(value: object) -> Mapping[str, object]:
    """Return a mapping as it is, and anything else as an empty one."""
    return value if isinstance(value, Mapping) else {}
