"""What each kind of policy may contain; ElementReader."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar, overload

from temp_access.iam.conditions import Condition, compile_condition
from temp_access.iam.decision import Layer
from temp_access.iam.document import MalformedPolicy
from temp_access.iam.patterns import COLONS_OF_ARN, PatternSet, WildcardScope, compile_patterns
from temp_access.iam.request import scalar_text


@dataclass(frozen=True)
class Grammar:
    """The elements that differ between kinds; the rest is the same for all."""

    principal: bool = False
    not_principal: bool = False
    resource_required: bool = True
    resource_allowed: bool = True
    whole_arns: bool = False
    service: str = ""
    id_allowed: bool = False
    plain_sid: bool = True


# SNS and others accept a resource policy without Resource: it is then about the resource it hangs on.
_RESOURCE = Grammar(principal=True, not_principal=True, resource_required=False, id_allowed=True, plain_sid=False)
GRAMMARS = {
    Layer.IDENTITY: Grammar(),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    Layer.SESSION: Grammar(whole_arns=True),
    Layer.BOUNDARY: Grammar(),
    Layer.SCP: Grammar(),
    Layer.RESOURCE: _RESOURCE,
    # IAM's words: "AssumeRole policy may only specify STS AssumeRole actions."
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
PRINCIPAL = re.compile(r"arn:[\w-]+:(iam|sts)::\d{12}:[^*?]+|[A-Z0-9]{16,128}")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class ElementReader(Generic[T_co]):
    """An element's value with the policy and the path it comes from."""

    policy: str
    path: str
    value: T_co

    def malformed(self, why: str) -> MalformedPolicy:
        """The error that names this element."""
        return MalformedPolicy(self.policy, self.path, why)

    def child(self, name: str) -> ElementReader[object]:
        """An element below this one; its value is None if there is none."""
        path = name if self.path == "policy" else f"{self.path}.{name}"
        return ElementReader(self.policy, path, self.value.get(name) if isinstance(self.value, Mapping) else None)

    def required(self, name: str) -> ElementReader[object]:
        """An element below this one that must be there."""
        found = self.child(name)
        if found.value is None:
            raise found.malformed("missing")
        return found

    @overload
    def exactly_one(self, name: str, other: str, *, required: Literal[True] = True) -> ElementReader[object]: ...
    @overload
    def exactly_one(self, name: str, other: str, *, required: bool) -> ElementReader[object] | None: ...
    def exactly_one(self, name: str, other: str, *, required: bool = True) -> ElementReader[object] | None:
        """The one of two elements that is there."""
        found = [each for each in (self.child(name), self.child(other)) if each.value is not None]
        if len(found) > 1:
            raise self.malformed(f"has both {name} and {other}; keep one")
        if not found and required:
            raise self.malformed(f"needs {name} or {other}")
        return found[0] if found else None

    def mapping(self) -> ElementReader[dict[str, object]]:
        """This element as an object."""
        if not isinstance(self.value, Mapping):
            raise self.malformed(f"must be an object, not {self.value!r}")
        for name, value in self.value.items():
            if value is None:
                raise self.child(name).malformed("is null; give it a value or leave it out")
        return ElementReader(self.policy, self.path, dict(self.value))

    def texts(self) -> tuple[str, ...]:
        """This element as a string or a list of strings, at least one; numbers and booleans become text."""
        values = self.value if isinstance(self.value, list | tuple) else [self.value]
        for value in values:
            if not isinstance(value, str | int | float):
                raise self.malformed(f"must be a string or a list of strings, not {value!r}")
        if not values:
            raise self.malformed("has no values")
        return tuple(map(scalar_text, values))

    def actions(self, *, service: str = "") -> PatternSet:
        """This element as action names, in lower case; all of them of `service`, if one is given."""
        for text in self.texts():
            if not ACTION.fullmatch(text):
                raise self.malformed(f"{text!r} isn't '*' or service:action")
            if service and not text.lower().startswith(f"{service}:"):
                raise self.malformed(f"{text!r} isn't an action of {service}, and only those are allowed here")
        return compile_patterns(self.texts(), variables=False, fold=True)

    def resources(self, *, variables: bool, whole: bool) -> PatternSet:
        """This element as resource ARNs, each with all its parts if they must be `whole`."""
        for text in self.texts():
            if text == "*":
                continue
            if not text.startswith("arn:"):
                raise self.malformed(f"{text!r} is neither '*' nor an ARN")
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
            if not RESOURCE.match(text):
                raise self.malformed(f"{text!r} names no service; write arn:PARTITION:SERVICE:…, without * in SERVICE")
            if whole and text.count(":") < COLONS_OF_ARN:
                raise self.malformed(
                    f"{text!r} has fewer than the six parts of an ARN; add the others, * if any will do"
                )
        try:
            return compile_patterns(self.texts(), variables=variables, style=WildcardScope.RESOURCE)
        except ValueError as error:
            raise self.malformed(str(error)) from None

    def conditions(self, *, variables: bool) -> tuple[Condition, ...]:
        """This statement's Condition, one entry for each operator and key; all must hold."""
        block = self.child("Condition")
        if block.value is None:
            return ()
        return tuple(
            _condition(block.child(operator), key, operator, variables=variables)
            for operator in block.mapping().value
            for key in block.child(operator).mapping().value
        )


def _condition(keys: ElementReader[object], key: str, operator: str, *, variables: bool) -> Condition:
    if ":" not in key:
        raise keys.malformed(f"condition key {key!r} has no service prefix, like aws: or s3:")
    try:
        return compile_condition(operator, key, keys.child(key).texts(), variables=variables)
    except MalformedPolicy:
        raise
    except ValueError as error:
        raise keys.child(key).malformed(str(error)) from None
