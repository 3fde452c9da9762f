"""The encoding of one request: its strings, its condition keys, and the conditions that stay open."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from temp_access.iam.symbolic.callers import SymbolicCaller
from temp_access.iam.symbolic.solver import Formula, Solver, StringTerm


@dataclass(frozen=True)
class SymbolicValue:
    """A condition key of the request: whether it is present, and its value if it is."""

    present: Formula
    value: StringTerm


@dataclass(frozen=True)
class UnencodedCondition:
    """A condition without a formula: an operator, a key and its values; the evaluator tries it on a witness.

    With `variables`, a `${…}` in the values is a policy variable.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    variables: bool


@dataclass
class Encoder:
    """The request that formulas are about; each key that isn't `fixed` is absent, or present with any value.

    `unknown` names policies whose documents are unknown.
    """

    solver: Solver
    caller: SymbolicCaller
    action: StringTerm
    resource: StringTerm
    folder: StringTerm
    unknown: frozenset[str] = frozenset()
    fixed: Mapping[str, SymbolicValue] = field(default_factory=dict)
    keys: dict[str, SymbolicValue] = field(default_factory=dict)
    unencoded: dict[UnencodedCondition, Formula] = field(default_factory=dict)
    unescaped: dict[str, Formula] = field(default_factory=dict)
    unknown_effects: dict[tuple[str, str], Formula] = field(default_factory=dict)

    def value(self, key: str) -> SymbolicValue:
        """Return the condition key; its name isn't case-sensitive."""
        key = key.lower()
        if key in self.fixed:
            return self.fixed[key]
        if key in self.caller.derived:
            value = self.caller.derived[key]
            return (
                SymbolicValue(self.solver.false, self.solver.constant(""))
                if value is None
                else SymbolicValue(self.solver.true, value)
            )
        if key not in self.keys:
            self.keys[key] = SymbolicValue(self.solver.boolean(f"{key} is present"), self.solver.string(key))
        return self.keys[key]

    def unencoded_holds(self, condition: UnencodedCondition) -> Formula:
        """Return a boolean variable for the condition, the same one for the same condition."""
        return self.unencoded.setdefault(condition, self.solver.boolean(repr(condition)))

    def unescaped_match(self, match: str) -> Formula:
        """Return a boolean variable for a match with a pattern that contains the folder unescaped."""
        return self.unescaped.setdefault(match, self.solver.boolean(f"unescaped folder: {match}"))

    def unknown_applies(self, policy: str, effect: str) -> Formula:
        """Return a boolean variable for whether an unknown policy has this effect."""
        return self.unknown_effects.setdefault((policy, effect), self.solver.boolean(f"{effect} by {policy}"))
