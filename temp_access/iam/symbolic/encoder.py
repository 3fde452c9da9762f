"""The encoding of one request: its strings, its condition keys, and the conditions that stay open."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from temp_access.iam.callers import IAM
from temp_access.iam.condition_keys import CONDITION_KEYS, NETWORK_OF_AN_ENDPOINT
from temp_access.iam.service_reference import key_type, may_be_multivalued
from temp_access.iam.symbolic.callers import RESOURCE_ACCOUNT, SymbolicCaller
from temp_access.iam.symbolic.ordered_values import (
    OrderedKind,
    OrderedValue,
    addresses,
    any_ordered_value,
    constant_ordered_value,
    ordered_key,
    same_value,
)
from temp_access.iam.symbolic.solver import Formula, Solver, StringTerm
from temp_access.iam.symbolic.token_keys import has_token_key
from temp_access.iam.token_keys import token_key
from temp_access.iam.unknown import UnknownValue

_MFA, _MFA_AGE, _ISSUED = "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:tokenissuetime"
_PRINCIPAL_TAG = "aws:principaltag/"
_SOURCE_IP = "aws:sourceip"
_OF_THE_CALLER = {"aws:resourceorgid": "aws:principalorgid", "aws:resourceorgpaths": "aws:principalorgpaths"}


@dataclass(frozen=True)
class SymbolicValue:
    """A condition key of the request: whether it is present, and its value if it is; `text` is a constant value."""

    present: Formula
    value: StringTerm
    text: str | None = None


@dataclass(frozen=True)
class UnencodedCondition:
    """A condition without a formula: an operator, a key and its values; the evaluator tries it on a witness.

    With `variables`, a `${…}` in the values is a policy variable.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    variables: bool


@dataclass(frozen=True)
class OpenTest:
    """A test of a statement whose outcome isn't known: `name` is for the reader, `identity` is what it follows from.

    Tests with the same identity have the same outcome. One that is `unmodeled` can be read, but has no formula.
    """

    name: str
    identity: str
    unmodeled: bool = False


@dataclass
class Encoder:
    """The request that formulas are about.

    A key that is neither `fixed` nor follows from the caller is present as `temp_access.iam.condition_keys` says, with
    any value. With `any_account`, the resource can belong to any account, and not every request names it. `unknown`
    names policies whose documents are unknown. With `favour`, each test that is open ends for the caller (True) or
    against it (False); else the formula has a variable for it. With `unknown_allows`, an unknown policy denies nothing,
    and allows everything or nothing. `open` collects the open tests of a formula, `unknown_used` the unknown policies,
    `spelling` the names of keys (in lower case) as the policies write them, `as_text` the keys that are read as text.
    """

    solver: Solver
    caller: SymbolicCaller
    action: StringTerm
    resource: StringTerm
    folder: StringTerm
    unknown: frozenset[str] = frozenset()
    any_account: bool = False
    fixed: Mapping[str, SymbolicValue] = field(default_factory=dict)
    keys: dict[str, SymbolicValue] = field(default_factory=dict)
    spelling: dict[str, str] = field(default_factory=dict)
    as_text: set[str] = field(default_factory=set)
    ordered: dict[tuple[str, OrderedKind], OrderedValue] = field(default_factory=dict)
    bounds: dict[tuple[str, OrderedKind], dict[str, None]] = field(default_factory=dict)
    single: dict[str, Formula] = field(default_factory=dict)
    unencoded: dict[UnencodedCondition, Formula] = field(default_factory=dict)
    unescaped: dict[str, Formula] = field(default_factory=dict)
    outcomes: dict[str, Formula] = field(default_factory=dict)
    favour: bool | None = None
    unknown_allows: bool | None = None
    open: dict[OpenTest, None] = field(default_factory=dict)
    unknown_used: dict[str, None] = field(default_factory=dict)

    def value(self, key: str) -> SymbolicValue:
        """Return the condition key; its name isn't case-sensitive."""
        if key != key.lower():
            self.spelling.setdefault(key.lower(), key)
        key = key.lower()
        if key in self.fixed:
            return self.fixed[key]
        if key in self.caller.derived and not (key == RESOURCE_ACCOUNT and self.any_account):
            value = self.caller.derived[key]
            return self._absent() if value is None else SymbolicValue(self.solver.true, value)
        if key not in self.keys:
            self.keys[key] = self._new_value(key)
        return self.keys[key]

    def text(self, key: str) -> StringTerm:
        """Return the value of a condition key as text."""
        self.as_text.add(key.lower())
        return self.value(key).value

    def has_one_value(self, key: str) -> Formula:
        """Whether a policy variable of this key has a value: the key is present, and not with several values."""
        key, present = key.lower(), self.value(key).present
        if self.value(key).text is not None or not may_be_multivalued(key):
            return present
        single = self.single.setdefault(key, self.solver.boolean(f"{key} has one value"))
        return self.solver.and_([present, single])

    def _new_value(self, key: str) -> SymbolicValue:
        if key in _OF_THE_CALLER and self.caller.same_account and not self.any_account:
            return self.value(_OF_THE_CALLER[key])
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principaltag
        if key.startswith(_PRINCIPAL_TAG) and self.caller.kind not in IAM:
            return self._absent()
        if said := token_key(key):
            return SymbolicValue(has_token_key(self.solver, self.caller, said), self.solver.string(key))
        known = CONDITION_KEYS.get(key)
        optional = known is None or (key == RESOURCE_ACCOUNT and self.any_account)
        availability = UnknownValue.POSSIBLE if known is None or optional else known.availability(self.caller.kind)
        if availability is None:
            return self._absent()
        value = self.caller.structured.get(key)
        always = availability is UnknownValue.PRESENT
        return SymbolicValue(
            self.solver.true if always else self.solver.boolean(f"{key} is present"),
            value if value is not None else self.solver.string(key),
        )

    def _absent(self) -> SymbolicValue:
        return SymbolicValue(self.solver.false, self.solver.constant(""))

    def ordered_value(self, key: str, kind: OrderedKind, policy_values: tuple[str, ...]) -> OrderedValue:
        """Return the condition key as a number, which all conditions on it share; `policy_values` compare with it."""
        key = key.lower()
        name = ordered_key(key, kind)
        texts = [self.value(each).text for each in same_value(key, kind)]
        text = next((each for each in texts if each is not None), None)
        if text is not None:
            return constant_ordered_value(self.solver, name[1], text)
        if name not in self.ordered:
            self.ordered[name] = any_ordered_value(self.solver, *name)
        self.bounds.setdefault(name, {}).update(dict.fromkeys(policy_values))
        return self.ordered[name]

    def key_rules(self) -> Iterator[Formula]:
        """Yield what is true of the condition keys of every request: their types, and which of them exclude others."""
        solver, keys = self.solver, self.keys
        yield from self.caller.structured_rules
        for value in self.ordered.values():
            yield from value.rules
        for key, symbolic in keys.items():
            if key_type(key) == "Bool":
                yield solver.one_of(symbolic.value, ["true", "false"])
            elif key_type(key) == OrderedKind.ADDRESS.value and key in self.as_text:
                yield solver.in_language(symbolic.value, addresses(solver))
        if _MFA in keys and _MFA_AGE in keys:
            authenticated = solver.and_([keys[_MFA].present, solver.one_of(keys[_MFA].value, ["true"])])
            yield solver.or_([solver.not_(keys[_MFA_AGE].present), authenticated])
        if _MFA in keys and _ISSUED in keys:
            both = solver.and_([keys[_MFA].present, keys[_ISSUED].present])
            yield solver.or_([both, solver.not_(solver.or_([keys[_MFA].present, keys[_ISSUED].present]))])
        if _SOURCE_IP in keys:
            endpoint = [keys[key].present for key in NETWORK_OF_AN_ENDPOINT if key in keys]
            yield solver.or_([solver.not_(keys[_SOURCE_IP].present), solver.not_(solver.or_(endpoint))])

    def unencoded_holds(self, condition: UnencodedCondition) -> Formula:
        """Return a boolean variable for the condition, the same one for the same condition."""
        return self.unencoded.setdefault(condition, self.solver.boolean(repr(condition)))

    def unescaped_match(self, match: str) -> Formula:
        """Return a boolean variable for a match with a pattern that contains the folder unescaped."""
        return self.unescaped.setdefault(match, self.solver.boolean(f"unescaped folder: {match}"))

    def open_outcome(self, test: OpenTest, *, allow: bool) -> Formula:
        """Return how an open test of a statement ends; `allow` tells whether the statement allows or denies."""
        self.open.setdefault(test)
        return self._outcome(test.identity, allow=allow)

    def unknown_applies(self, policy: str, *, allow: bool) -> Formula:
        """Return whether an unknown policy allows (else: denies) the request."""
        self.unknown_used.setdefault(policy)
        if self.unknown_allows is not None:
            return self.solver.true if allow and self.unknown_allows else self.solver.false
        return self._outcome(f"{'Allow' if allow else 'Deny'} by {policy}", allow=allow)

    def _outcome(self, identity: str, *, allow: bool) -> Formula:
        if self.favour is not None:
            return self.solver.true if self.favour is allow else self.solver.false
        return self.outcomes.setdefault(identity, self.solver.boolean(identity))
