"""One key of a statement's Condition, compiled."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from temp_access.policy.operators import OPERATORS, Test
from temp_access.policy.request import Request


class Condition(Protocol):
    """Something that holds for a request or doesn't."""

    def holds(self, request: Request) -> bool:
        """Whether the condition holds."""


class Quantifier(Enum):
    """The set operators of multivalued keys."""

    ALL = "forallvalues"
    ANY = "foranyvalue"


@dataclass(frozen=True, slots=True)
class KeyCondition:
    """An operator, a key and the policy's values; several values are joined by OR, negated by NOR.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
    """

    key: str
    test: Test
    negated: bool
    if_exists: bool
    quantifier: Quantifier | None

    def holds(self, request: Request) -> bool:
        """Whether the condition holds; without a set operator one value of a multivalued key suffices."""
        value = request.value(self.key)
        if value is None:
            return self._holds_without_key()
        if isinstance(value, str):
            if value or self.quantifier is None:
                return self.test(value, request) is not self.negated
            # An empty string is an empty set of values for the set operators (same page as below).
            return self.quantifier is Quantifier.ALL
        matched = [self.test(each, request) for each in value]
        if self.quantifier is Quantifier.ALL:
            return not any(matched) if self.negated else all(matched)
        if self.quantifier is Quantifier.ANY:
            return not all(matched) if self.negated else any(matched)
        return any(matched) is not self.negated

    def _holds_without_key(self) -> bool:
        """IfExists and ForAllValues hold for an absent key, ForAnyValue doesn't, other operators if negated.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
        """
        if self.if_exists or self.quantifier is Quantifier.ALL:
            return True
        return self.negated and self.quantifier is None


@dataclass(frozen=True, slots=True)
class NullCondition:
    """`Null`: "true" wants the key to be absent, "false" to be present.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Null
    """

    key: str
    absent: frozenset[bool]

    def holds(self, request: Request) -> bool:
        """Whether the key is absent or present as wanted."""
        return (request.value(self.key) is None) in self.absent


def compile_condition(operator: str, key: str, values: tuple[str, ...], *, variables: bool) -> Condition:
    """Compile one operator, key and its values; operator and key names aren't case-sensitive.

    Raises ValueError for an unknown operator or a value the operator can't read.
    """
    name, quantifier = operator.lower(), None
    if ":" in name:
        prefix, name = name.split(":", 1)
        try:
            quantifier = Quantifier(prefix)
        except ValueError:
            raise ValueError(f"unknown set operator {operator!r}; use ForAllValues: or ForAnyValue:") from None
    if name == "null" and quantifier is None:
        return NullCondition(key, frozenset(_boolean(value) for value in values))
    if_exists = name.endswith("ifexists")
    found = OPERATORS.get(name.removesuffix("ifexists"))
    if found is None:
        raise ValueError(f"unknown condition operator {operator!r}")
    return KeyCondition(key, found.compile(values, variables), found.negated, if_exists, quantifier)


def _boolean(value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise ValueError(f"{value!r} isn't true or false")
    return value.lower() == "true"
