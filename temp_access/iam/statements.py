"""Policy statements as they are written, for lint rules and comparisons, and examples of what a pattern matches.

The evaluator compiles statements instead (`temp_access.iam.parser`): it refuses what it can't read, this module reads
what it can.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from temp_access.iam.document import Policy
from temp_access.iam.patterns import Variable, Wildcard, split_pattern

# The actions that carry s3:prefix; s3:ListBucketMultipartUploads doesn't, although its request takes a prefix.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
PREFIX_ACTIONS = ("s3:ListBucket", "s3:ListBucketVersions")

_SHOWN = 4


class PolicyType(Enum):
    """Where a policy is attached: to an identity, to a resource, or to a role as its trust policy."""

    IDENTITY = "IDENTITY_POLICY"
    RESOURCE = "RESOURCE_POLICY"
    TRUST = "TRUST_POLICY"


@dataclass(frozen=True, slots=True)
class ConditionEntry:
    """One condition operator with one key, as written, and the values that the key is compared with.

    Of an operator whose keys aren't known before the deployment, `key` is the reference to them.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    keys_known: bool = True

    @property
    def lower_key(self) -> str:
        """The key in lower case: the names of keys aren't case-sensitive."""
        return self.key.lower()

    @property
    def text(self) -> str:
        """The condition in one line, for a message; of many values, the first ones."""
        shown = self.values[:_SHOWN] + (("…",) if len(self.values) > _SHOWN else ())
        return f"{self.operator} {self.key} {' or '.join(shown)}"


@dataclass(frozen=True, slots=True)
class StatementView:
    """A statement as written; `principals` are pairs of type and name, and `*` alone is of type AWS.

    `actions`, `resources` and `principals` are those of NotAction, NotResource and NotPrincipal where the flag says so.
    A statement of a template also has the type of its policy, its path below Properties (`place`), and the names of
    the roles, users and groups that the policy is attached to (`holders`).
    """

    version: str | None
    allow: bool
    principals: tuple[tuple[str, str], ...]
    not_principal: bool
    actions: tuple[str, ...]
    not_action: bool
    resources: tuple[str, ...]
    not_resource: bool
    conditions: tuple[ConditionEntry, ...]
    kind: PolicyType | None = None
    place: str = ""
    holders: tuple[str, ...] = ()

    def principal_names(self, *types: str) -> tuple[str, ...]:
        """Return the names of the principals of these types (`AWS`, `Service`, `Federated` …), of all without one."""
        return tuple(name for type_, name in self.principals if not types or type_ in types)


@dataclass(frozen=True, slots=True)
class LocatedDocument:
    """A policy document of a template's resource, with each reference as `<LogicalId>`."""

    kind: PolicyType
    place: str
    body: Mapping[str, Any]
    holders: tuple[str, ...] = ()


def as_list(value: object) -> list[object]:
    """Return a list as it is, None as an empty list, and anything else as a list of one."""
    return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]


def as_mapping(value: object) -> Mapping[str, object]:
    """Return a mapping as it is, and anything else as an empty one."""
    return value if isinstance(value, Mapping) else {}


def document_statements(document: LocatedDocument) -> Iterator[StatementView]:
    """Yield the statements of a template's document, as far as they can be read."""
    version = document.body.get("Version")
    for index, body in enumerate(map(as_mapping, as_list(document.body.get("Statement")))):
        place = f"{document.place}.Statement.{index}"
        yield _view(body, None if version is None else str(version), document.kind, place, document.holders)


def policy_statements(policies: Iterable[Policy | None]) -> Iterator[StatementView]:
    """Yield the statements of parsed policies; None is no policy."""
    for policy in filter(None, policies):
        yield from (_view(body, policy.version) for body in policy.bodies)


def _view(
    body: Mapping[str, object],
    version: str | None,
    kind: PolicyType | None = None,
    place: str = "",
    holders: tuple[str, ...] = (),
) -> StatementView:
    return StatementView(
        version=version,
        allow=body.get("Effect") == "Allow",
        principals=tuple(_principals(body.get("NotPrincipal", body.get("Principal")))),
        not_principal="NotPrincipal" in body,
        actions=_strings(body.get("NotAction", body.get("Action"))),
        not_action="NotAction" in body,
        resources=_strings(body.get("NotResource", body.get("Resource"))),
        not_resource="NotResource" in body,
        conditions=tuple(_conditions(body.get("Condition"))),
        kind=kind,
        place=place,
        holders=holders,
    )


def _conditions(block: object) -> Iterator[ConditionEntry]:
    if isinstance(block, str):
        yield ConditionEntry("", block, (), keys_known=False)
    for operator, keys in as_mapping(block).items():
        if isinstance(keys, str):
            yield ConditionEntry(operator, keys, (), keys_known=False)
        for key, values in as_mapping(keys).items():
            yield ConditionEntry(operator, key, _strings(values))


def _principals(value: object) -> Iterator[tuple[str, str]]:
    for type_, names in (value if isinstance(value, Mapping) else {"AWS": value}).items():
        yield from ((type_, name) for name in _strings(names))


def _strings(value: object) -> tuple[str, ...]:
    return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in as_list(value))


_FILLINGS = ("example", "")
_MAX_WILDCARDS = 6


def examples(pattern: str, *, user_name: str = "") -> tuple[str, ...]:
    """Return strings that `pattern` matches: `*` stands for some characters and for none, `?` for one."""
    parts = split_pattern(pattern, variables=has_variables(pattern), wildcards=True)
    stars = sum(part is Wildcard.ANY for part in parts)
    few = stars <= _MAX_WILDCARDS
    fillings = itertools.product(_FILLINGS, repeat=stars) if few else ((filling,) * stars for filling in _FILLINGS)
    return tuple(dict.fromkeys(_filled(parts, filling, user_name) for filling in fillings))


def has_variables(pattern: str) -> bool:
    """Whether `pattern` can be read with policy variables; otherwise its policy has a Version without them."""
    try:
        split_pattern(pattern, variables=True, wildcards=True)
    except ValueError:
        return False
    return True


def _filled(parts: tuple[str | Wildcard | Variable, ...], fillings: tuple[str, ...], user_name: str) -> str:
    remaining = iter(fillings)
    example = ""
    for part in parts:
        if part is Wildcard.ANY:
            example += next(remaining)
        elif part is Wildcard.ONE:
            example += "x"
        elif isinstance(part, Variable):
            example += user_name if part.key.lower() == "aws:username" else part.default or "value"
        else:
            example += str(part)
    return example
