"""What one request's formulas share: the request's texts, its condition keys, and what stays open."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from temp_access.iam.symbolic.callers import SymbolicCaller
from temp_access.iam.symbolic.solver import Formula, Solver, StringTerm


@dataclass(frozen=True)
class SymbolicValue:
    """A condition key of the request: whether it is there, and its text then."""

    present: Formula
    text: StringTerm


@dataclass(frozen=True)
class UnencodedCondition:
    """A test that has no formula: an operator, a key and its values, to be tried out on a witness.

    `variables`: a `${…}` in the values is a policy variable.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    variables: bool


@dataclass
class Encoder:
    """The request that formulas are made for; keys that aren't `fixed` are each absent, or there with any value.

    `unknown` names policies whose documents aren't at hand.
    """

    logic: Solver
    caller: SymbolicCaller
    action: StringTerm
    resource: StringTerm
    folder: StringTerm
    unknown: frozenset[str] = frozenset()
    fixed: Mapping[str, SymbolicValue] = field(default_factory=dict)
    keys: dict[str, SymbolicValue] = field(default_factory=dict)
    unencoded: dict[UnencodedCondition, Formula] = field(default_factory=dict)
    unescaped: dict[str, Formula] = field(default_factory=dict)
    unknown_says: dict[tuple[str, str], Formula] = field(default_factory=dict)

    def value(self, key: str) -> SymbolicValue:
        """Return the condition key; its name isn't case-sensitive."""
        key = key.lower()
        if key in self.fixed:
            return self.fixed[key]
        if key in self.caller.derived:
            text = self.caller.derived[key]
            return (
                SymbolicValue(self.logic.false, self.logic.text(""))
                if text is None
                else SymbolicValue(self.logic.true, text)
            )
        if key not in self.keys:
            self.keys[key] = SymbolicValue(self.logic.flag(f"{key} is there"), self.logic.variable(key))
        return self.keys[key]

    def add_unencoded(self, test: UnencodedCondition) -> Formula:
        """Return a formula that may be true or false, the same for the same test."""
        return self.unencoded.setdefault(test, self.logic.flag(repr(test)))

    def unescaped_match(self, match: str) -> Formula:
        """Return the same for a match with a pattern in which the folder's own characters have a meaning."""
        return self.unescaped.setdefault(match, self.logic.flag(f"bare folder: {match}"))

    def unknown_applies(self, policy: str, effect: str) -> Formula:
        """Return the same for a policy that isn't known."""
        return self.unknown_says.setdefault((policy, effect), self.logic.flag(f"{effect} by {policy}"))
