"""StatementView: the one reader of a statement as written; example texts of a pattern."""

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
_ALL = frozenset(["*", "0.0.0.0/0", "::/0"])


class PolicyType(Enum):
    """What a policy document is about."""

    IDENTITY = "IDENTITY_POLICY"
    RESOURCE = "RESOURCE_POLICY"
    TRUST = "TRUST_POLICY"


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


def statements(document: LocatedDocument) -> Iterator[StatementView]:
    """Yield every statement of a document, as far as it can be read."""
    version = document.body.get("Version")
    for index, body in enumerate(map(as_mapping, as_list(document.body.get("Statement")))):
        yield StatementView(
            kind=document.kind,
            version=None if version is None else str(version),
            allow=body.get("Effect") == "Allow",
            principals=_principals(body.get("NotPrincipal", body.get("Principal"))),
            not_principal="NotPrincipal" in body,
            actions=_texts(body.get("NotAction", body.get("Action"))),
            not_action="NotAction" in body,
            resources=_texts(body.get("NotResource", body.get("Resource"))),
            not_resource="NotResource" in body,
            conditions=tuple(_conditions(as_mapping(body.get("Condition")))),
            place=f"{document.place}.Statement.{index}",
            holders=document.holders,
        )


def _conditions(block: Mapping[str, object]) -> Iterator[ConditionEntry]:
    for operator, keys in block.items():
        for key, values in as_mapping(keys).items():
            yield ConditionEntry(operator, key.lower(), _texts(values))


def _principals(value: object) -> tuple[str, ...]:
    named = as_mapping(value)
    return _texts(named.get("AWS") if named else value)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, as_list(value)))


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


_ANY = ("example", "")
_MOST_WILDCARDS = 6


def examples(pattern: str, *, user_name: str = "") -> tuple[str, ...]:
    """Return texts that `pattern` matches: `*` as some text and as none, `?` as one character."""
    pieces = split_pattern(pattern, variables=has_variables(pattern), wildcards=True)
    stars = sum(piece is Wildcard.ANY for piece in pieces)
    fillings = itertools.product(_ANY, repeat=stars) if stars <= _MOST_WILDCARDS else ((text,) * stars for text in _ANY)
    return tuple(dict.fromkeys(_filled(pieces, filling, user_name) for filling in fillings))


def has_variables(pattern: str) -> bool:
    """Whether what looks like policy variables in `pattern` is that; else its policy has a Version without them."""
    try:
        split_pattern(pattern, variables=True, wildcards=True)
    except ValueError:
        return False
    return True


def _filled(pieces: tuple[str | Wildcard | Variable, ...], filling: tuple[str, ...], user_name: str) -> str:
    rest = iter(filling)
    text = ""
    for piece in pieces:
        if piece is Wildcard.ANY:
            text += next(rest)
        elif piece is Wildcard.ONE:
            text += "x"
        elif isinstance(piece, Variable):
            text += user_name if piece.key.lower() == "aws:username" else piece.default or "value"
        else:
            text += str(piece)
    return text
