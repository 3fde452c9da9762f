"""Reads policies that exist already: what can't be understood is kept as unknown, instead of being refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from temp_access.iam.conditions import Condition, UnreadableCondition
from temp_access.iam.decision import Layer
from temp_access.iam.document import MalformedPolicy, Policy, Statement
from temp_access.iam.grammar import GRAMMARS, STATEMENT_ELEMENTS, VERSIONS, ElementReader
from temp_access.iam.parser import parse_policy, parse_principals, read_principals
from temp_access.iam.patterns import PatternSet
from temp_access.iam.principals import EVERYONE, Principals

Part = TypeVar("Part")
_EFFECTS = ("Allow", "Deny")


def read_policy(document: str | Mapping[str, object], layer: Layer, name: str | None = None) -> Policy:
    """Return a policy that is attached somewhere; an evaluation that depends on an odd part of it is undecided.

    A policy that can't be read at all may allow and deny everything. For policies that are written or sent,
    `temp_access.iam.parser.parse_policy` is right: it raises MalformedPolicy.
    """
    name = name or layer.value
    try:
        return parse_policy(document, layer, name)
    except MalformedPolicy as error:
        malformed = error
    try:
        value = json.loads(document) if isinstance(document, str) else document
    except (ValueError, RecursionError):
        value = None
    bodies = value.get("Statement") if isinstance(value, Mapping) else None
    bodies = bodies if isinstance(bodies, list) else [bodies]
    if not isinstance(value, Mapping) or not bodies or not all(isinstance(body, Mapping) for body in bodies):
        bodies, value = [{}], {}
    version = value.get("Version", VERSIONS[1])
    about_policy = [] if malformed.element.startswith("Statement[") else [malformed]
    readers = [
        _StatementReader(ElementReader(name, f"Statement[{index}]", dict(body)), index, layer, version == VERSIONS[0])
        for index, body in enumerate(bodies)
    ]
    statements = tuple(each for reader in readers for each in reader.read(about_policy))
    unreadable = dict.fromkeys([str(malformed), *(name for reader in readers for name in reader.unreadable)])
    odd_text = json.dumps(document, sort_keys=True, default=str) if about_policy else ""
    return Policy(name, str(version), statements, tuple(bodies), tuple(unreadable), odd_text)


@dataclass
class _StatementReader:
    """Reads one statement, element by element, and collects what it can't read."""

    statement: ElementReader[dict[str, object]]
    index: int
    layer: Layer
    variables: bool
    errors: list[MalformedPolicy] = field(default_factory=list)
    odd_values: list[str] = field(default_factory=list)

    @property
    def unreadable(self) -> list[str]:
        """What couldn't be read."""
        return [*map(str, self.errors), *self.odd_values]

    def read(self, about_policy: list[MalformedPolicy]) -> Iterator[Statement]:
        """Yield the statement: twice, as Allow and as Deny, if its effect can't be read."""
        body = self.statement.value
        self.errors += about_policy
        self.errors += [
            self.statement.malformed(f"unknown element {name!r}") for name in body.keys() - STATEMENT_ELEMENTS
        ]
        effect, sid = body.get("Effect"), body.get("Sid")
        if effect not in _EFFECTS:
            self.errors.append(self.statement.child("Effect").malformed(f"{effect!r} is neither 'Allow' nor 'Deny'"))
        resources = self._patterns("Resource", self._resources)
        conditions = tuple(self._conditions())
        statement = Statement(
            index=self.index,
            sid=sid if isinstance(sid, str) else None,
            effect="",
            actions=self._patterns("Action", lambda element: element.actions()) or PatternSet(matches_all=True),
            not_action="NotAction" in body and "Action" not in body,
            resources=resources,
            not_resource="NotResource" in body and "Resource" not in body,
            principals=self._principals(),
            conditions=(),
        )
        unreadable = tuple(UnreadableCondition(str(error)) for error in self.errors)
        for each in _EFFECTS if effect not in _EFFECTS else (str(effect),):
            yield replace(statement, effect=each, conditions=(*conditions, *unreadable))

    def _attempt(self, read: Callable[[], Part], fallback: Part) -> Part:
        try:
            return read()
        except MalformedPolicy as error:
            self.errors.append(error)
            return fallback

    def _resources(self, element: ElementReader[object]) -> PatternSet:
        never = self.statement.value.get("Effect") == "Allow" and "Resource" in self.statement.value
        return element.resources(variables=self.variables, full_arns=False, allow=never)

    def _patterns(self, name: str, read: Callable[[ElementReader[object]], PatternSet]) -> PatternSet | None:
        """Return an element's patterns; the values that can't be read are kept as such."""
        required = name == "Action" or GRAMMARS[self.layer].resource_required
        element = self._attempt(lambda: self.statement.exactly_one(name, f"Not{name}", required=required), None)
        if element is None:
            return None
        if name == "Resource" and not GRAMMARS[self.layer].resource_allowed:
            self.errors.append(element.malformed(f"not allowed in a {self.layer.value}"))
            return None
        values = element.value if isinstance(element.value, list | tuple) else [element.value]
        patterns = PatternSet()
        for value in values:
            try:
                patterns = patterns.union(read(replace(element, value=value)))
            except MalformedPolicy as error:
                patterns = patterns.union(PatternSet(unreadable=(str(error),)))
        if not values:
            patterns = PatternSet(unreadable=(str(element.malformed("has no values")),))
        self.odd_values += patterns.unreadable
        return patterns

    def _principals(self) -> Principals | None:
        body = self.statement.value
        try:
            return parse_principals(self.statement, self.layer)
        except MalformedPolicy as error:
            malformed = error
        grammar = GRAMMARS[self.layer]
        negated = "NotPrincipal" in body
        unsupported = negated and (not grammar.not_principal or body.get("Effect") != "Deny" or "Principal" in body)
        element = self.statement.child("NotPrincipal" if negated else "Principal")
        if grammar.principal and self.layer is not Layer.RCP and isinstance(element.value, Mapping) and not unsupported:
            try:
                return read_principals(element, negated, odd_names=True)
            except MalformedPolicy as error:
                malformed = error
        self.errors.append(malformed)
        return EVERYONE if grammar.principal else None

    def _conditions(self) -> Iterator[Condition]:
        block = self.statement.child("Condition")
        if block.value is None:
            return
        nothing, none = ElementReader[dict[str, object]]("", "", {}), tuple[Condition, ...]()
        for operator in self._attempt(block.mapping, nothing).value:
            for key, values in self._attempt(block.child(operator).mapping, nothing).value.items():
                single = replace(self.statement, value={"Condition": {operator: {key: values}}})
                yield from self._attempt(partial(single.conditions, variables=self.variables), none)
