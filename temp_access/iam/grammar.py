"""What each kind of policy may contain, and the reader that checks the elements of a policy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Generic, Literal, TypeVar, overload

from temp_access.iam.callers import ORIGIN_ACCESS_IDENTITY, PRINCIPAL_ID
from temp_access.iam.conditions import Condition, compile_condition
from temp_access.iam.decision import Layer
from temp_access.iam.document import MalformedPolicy
from temp_access.iam.patterns import COLONS_OF_ARN, PatternSet, WildcardScope, compile_patterns
from temp_access.iam.request import scalar_text


@dataclass(frozen=True)
class Grammar:
    """What differs between the kinds of policy; the rest is the same for all."""

    principal: bool = False
    not_principal: bool = False
    resource_required: bool = True
    resource_allowed: bool = True
    full_arns: bool = False
    service: str = ""
    id_allowed: bool = False
    plain_sid: bool = True


# SNS and other services accept a resource-based policy without Resource: it applies to the resource that has it.
_RESOURCE = Grammar(principal=True, not_principal=True, resource_required=False, id_allowed=True, plain_sid=False)
GRAMMARS = {
    Layer.IDENTITY: Grammar(),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    Layer.SESSION: Grammar(full_arns=True),
    Layer.BOUNDARY: Grammar(),
    Layer.SCP: Grammar(),
    Layer.RESOURCE: _RESOURCE,
    # IAM's error message: "AssumeRole policy may only specify STS AssumeRole actions."
    Layer.TRUST: Grammar(
        principal=True, resource_required=False, resource_allowed=False, id_allowed=True, service="sts"
    ),
    Layer.RCP: Grammar(principal=True),
}
VERSIONS = ("2012-10-17", "2008-10-17")
STATEMENT_ELEMENTS = frozenset(
    [
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    ]
)
ACTION = re.compile(r"\*(:\*)?|[A-Za-z0-9-]+:[\w*?-]+")
RESOURCE = re.compile(r"arn:[^:]+:[^:*?]+(:|$)")
SID = re.compile(r"[A-Za-z0-9]*")
ACCOUNT = re.compile(r"arn:[\w-]+:iam::(\d{12}):root|(\d{12})")
PRINCIPAL = re.compile(rf"arn:[\w-]+:(iam|sts)::\d{{12}}:[^*?]+|{ORIGIN_ACCESS_IDENTITY}|{PRINCIPAL_ID.pattern}")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class ElementReader(Generic[T_co]):
    """An element's value, with its policy and its path in that policy."""

    policy: str
    path: str
    value: T_co

    def malformed(self, reason: str) -> MalformedPolicy:
        """Return the error that names this element."""
        return MalformedPolicy(self.policy, self.path, reason)

    def child(self, name: str) -> ElementReader[object]:
        """Return the element `name` of this one; its value is None if it is absent."""
        path = name if self.path == "policy" else f"{self.path}.{name}"
        return ElementReader(self.policy, path, self.value.get(name) if isinstance(self.value, Mapping) else None)

    def required(self, name: str) -> ElementReader[object]:
        """Return the element `name` of this one; raises MalformedPolicy if it is absent."""
        element = self.child(name)
        if element.value is None:
            raise element.malformed("missing")
        return element

    @overload
    def exactly_one(self, name: str, other: str, *, required: Literal[True] = True) -> ElementReader[object]: ...
    @overload
    def exactly_one(self, name: str, other: str, *, required: bool) -> ElementReader[object] | None: ...
    def exactly_one(self, name: str, other: str, *, required: bool = True) -> ElementReader[object] | None:
        """Return the one of two elements that is present; raises MalformedPolicy if both are, or none."""
        elements = [each for each in (self.child(name), self.child(other)) if each.value is not None]
        if len(elements) > 1:
            raise self.malformed(f"has both {name} and {other}; keep one")
        if not elements and required:
            raise self.malformed(f"needs {name} or {other}")
        return elements[0] if elements else None

    def mapping(self) -> ElementReader[dict[str, object]]:
        """Return this element as an object."""
        if not isinstance(self.value, Mapping):
            raise self.malformed(f"must be an object, not {self.value!r}")
        for name, value in self.value.items():
            if value is None:
                raise self.child(name).malformed("is null; give it a value or leave it out")
        return ElementReader(self.policy, self.path, dict(self.value))

    def strings(self) -> tuple[str, ...]:
        """Return this element's strings, at least one; numbers and booleans become strings."""
        values = self.value if isinstance(self.value, list | tuple) else [self.value]
        for value in values:
            if not isinstance(value, str | int | float):
                raise self.malformed(f"must be a string or a list of strings, not {value!r}")
        if not values:
            raise self.malformed("has no values")
        return tuple(map(scalar_text, values))

    def actions(self, *, service: str = "") -> PatternSet:
        """Return this element as patterns of actions, in lower case; with `service`, all must be of that service."""
        for action in self.strings():
            if not ACTION.fullmatch(action):
                raise self.malformed(f"{action!r} isn't '*' or service:action")
            if service and not action.lower().startswith(f"{service}:"):
                raise self.malformed(f"{action!r} isn't an action of {service}; only those are allowed here")
        return compile_patterns(self.strings(), variables=False, ignore_case=True)

    def resources(self, *, variables: bool, full_arns: bool, allow: bool) -> PatternSet:
        """Return this element as patterns of resources; with `full_arns`, each ARN must have all of its parts.

        With `allow`, the patterns are what a statement allows: one whose variable AWS doesn't replace allows nothing.
        """
        for arn in self.strings():
            if arn == "*":
                continue
            if not arn.startswith("arn:"):
                raise self.malformed(f"{arn!r} is neither '*' nor an ARN")
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
            if not RESOURCE.match(arn):
                raise self.malformed(f"{arn!r} names no service; write arn:PARTITION:SERVICE:…, without * in SERVICE")
            if full_arns and arn.count(":") < COLONS_OF_ARN:
                raise self.malformed(f"{arn!r} has fewer than the six parts of an ARN; add the others, * for any value")
        try:
            patterns = compile_patterns(self.strings(), variables=variables, scope=WildcardScope.RESOURCE)
        except ValueError as error:
            raise self.malformed(str(error)) from None
        readable = tuple(each for each in patterns.variable_patterns if not (allow and each.unreadable))
        return replace(patterns, variable_patterns=readable)

    def conditions(self, *, variables: bool) -> tuple[Condition, ...]:
        """Return the conditions of this statement, one for each operator and key; all must hold."""
        block = self.child("Condition")
        if block.value is None:
            return ()
        return tuple(
            _compile_condition(block.child(operator), key, operator, variables=variables)
            for operator in block.mapping().value
            for key in block.child(operator).mapping().value
        )


def _compile_condition(keys: ElementReader[object], key: str, operator: str, *, variables: bool) -> Condition:
    if ":" not in key:
        raise keys.malformed(f"condition key {key!r} has no service prefix, like aws: or s3:")
    try:
        return compile_condition(operator, key, keys.child(key).strings(), variables=variables)
    except MalformedPolicy:
        raise
    except ValueError as error:
        raise keys.child(key).malformed(str(error)) from None
