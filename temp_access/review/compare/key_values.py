"""The values to try for a condition key: one for each way in which conditions of both sides tell values apart."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from temp_access.iam.conditions import Condition, KeyCondition, Test, compile_condition, parse_timestamp
from temp_access.iam.patterns import PatternPart, Variable, Wildcard, WildcardScope, split_pattern
from temp_access.iam.request import Request
from temp_access.iam.statements import ConditionEntry
from temp_access.iam.unknown import UnknownOutcome
from temp_access.review.compare.ordered_values import (
    CURRENT_TIME,
    EPOCH_TIME,
    OrderedPoint,
    address_values,
    ordered_points,
)
from temp_access.review.compare.texts import TextPattern, distinguishing_texts, matches_any

KeyValue = str | tuple[str, ...] | None
OTHER_VALUE, VARIABLE_VALUE = "another-value", "value"
_MAX_SETS = 256
_BOOLEANS = ("false", "true")
# Their type is Bool, whatever operator tests them.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
BOOLEAN_KEYS = (
    "aws:multifactorauthpresent",
    "aws:principalisawsservice",
    "aws:securetransport",
    "aws:viaawsservice",
)


@dataclass(frozen=True, slots=True)
class PolicyCondition:
    """A condition of a policy, and whether policy variables are read in it."""

    entry: ConditionEntry
    variables: bool = True

    @property
    def operator(self) -> str:
        """The operator in lower case, without a set operator and IfExists."""
        return self.entry.operator.lower().rpartition(":")[2].removesuffix("ifexists")

    @property
    def has_set_operator(self) -> bool:
        """Whether it is a condition on a set of values."""
        return ":" in self.entry.operator

    def compile(self) -> Condition | None:
        """Return the condition that requests are tested with, None if it can't be read."""
        return _compiled(self.entry.operator, self.entry.key, self.entry.values, self.variables)


@lru_cache(maxsize=4096)
def _compiled(operator: str, key: str, values: tuple[str, ...], variables: bool) -> Condition | None:
    try:
        return compile_condition(operator, key, values, variables=variables)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class KeyValues:
    """Values of one key that no condition treats alike, the usual one first; `complete` if there are no others.

    `exact` are those that stand only for themselves. `stand_ins` are the texts in them that no policy names, in full or
    with a pattern: no description shows them. `alike` are all values that each of them stands for. `points` are the
    ordered values, each with the one of `values` that it is treated like.
    """

    values: tuple[KeyValue, ...]
    exact: frozenset[KeyValue] = frozenset()
    points: tuple[tuple[OrderedPoint, KeyValue], ...] = ()
    complete: bool = True
    stand_ins: frozenset[str] = frozenset()
    alike: Mapping[KeyValue, frozenset[KeyValue]] = field(default_factory=dict)

    def standing_for(self, values: Iterable[KeyValue]) -> frozenset[KeyValue]:
        """Return all values that some of `values` stand for."""
        return frozenset().union(*(self.alike.get(value, (value,)) for value in values))


def key_values(
    key: str,
    conditions: Sequence[PolicyCondition],
    *,
    usual: KeyValue = None,
    user_name: str = "",
    always_present: bool = False,
    is_variable: bool = False,
    more: Sequence[str] = (),
    possible: Callable[[KeyValue], bool] = lambda _: True,
    request: Request | None = None,
) -> KeyValues:
    """Return the values of `key` (in lower case) to try for `conditions`, which are all on it of both sides.

    `usual` is its value in a usual request. With `is_variable`, it occurs in a pattern as a policy variable, whose
    values come from `request`, one of the caller. `more` are further values to try; `possible` says which it can have.
    """
    request = request or Request("*", "", "", "", "")
    compiled = [condition for each in conditions if (condition := each.compile())]
    texts, complete = _texts(key, conditions, user_name)
    points = ordered_points(key, [(each.operator, each.entry.values) for each in conditions])
    ordered = [
        *address_values(v for each in conditions if "ipaddress" in each.operator for v in each.entry.values),
        *(point.text for point in points),
    ]
    singles = [*texts, *ordered]
    if not singles or any(each.operator == "null" for each in conditions):
        singles += _BOOLEANS if key in BOOLEAN_KEYS else [] if points else [OTHER_VALUE]
    # Conditions on other keys compare them with this value.
    singles = [*([VARIABLE_VALUE] if is_variable else []), *singles, *more]
    singles = list(filter(possible, singles))
    patterned = OTHER_VALUE in texts or bool(more)
    distinct: dict[tuple[KeyValue | bool, ...], KeyValue] = {}
    by_value: dict[KeyValue, tuple[KeyValue | bool, ...]] = {}
    # A value that no policy names is more usual than one that a policy names.
    unnamed = next(iter(more), OTHER_VALUE) if patterned else next(iter(singles))
    candidates: list[KeyValue] = [usual or (unnamed if always_present else None)]
    candidates += singles
    if any(each.has_set_operator for each in conditions):
        sets, all_sets = _value_sets(tuple(dict.fromkeys(singles)), compiled, request)
        candidates += sets
        complete = complete and all_sets
    candidates += [] if always_present else [None]
    for value in dict.fromkeys(candidates):
        # Whether it is there matters by itself to a variable: without a value, its pattern matches nothing.
        # Booleans have words of their own.
        vector = (
            value if key in BOOLEAN_KEYS else is_variable and value is None,
            *_results(key, value, compiled, request),
        )
        by_value[value] = vector
        distinct.setdefault(vector, value)
    alike: dict[KeyValue, set[KeyValue]] = {}
    for value, vector in by_value.items():
        alike.setdefault(distinct[vector], set()).add(value)
    return KeyValues(
        tuple(distinct.values()),
        frozenset(_exact_values(key, conditions, by_value)),
        tuple((point, distinct[by_value[point.text]]) for point in points),
        complete,
        frozenset(_stand_ins(conditions, user_name, by_value, {*_BOOLEANS, *ordered})),
        {value: frozenset(values) for value, values in alike.items()},
    )


def variable_keys(texts: Iterable[str]) -> Iterator[str]:
    """Yield the condition keys (in lower case) of the policy variables in `texts`."""
    return map(str.lower, variable_names(texts))


def variable_names(texts: Iterable[str]) -> Iterator[str]:
    """Yield the condition keys of the policy variables in `texts`, as they are written."""
    for text in texts:
        yield from (part.key for part in _parts(text, wildcards=True) if isinstance(part, Variable))


def _results(key: str, value: KeyValue, compiled: Iterable[Condition], request: Request) -> Iterator[bool | str]:
    with_value = request._replace(context={**request.context, **assigned(key, value)})
    return (outcome(condition, with_value) for condition in compiled)


def outcome(condition: Condition, request: Request) -> bool | str:
    """Return whether a condition holds, or the name of what that depends on."""
    try:
        return condition.holds(request)
    except UnknownOutcome as unknown:
        return unknown.name


def assigned(key: str, value: KeyValue) -> dict[str, str | tuple[str, ...]]:
    """Return the condition keys of a request in which `key` has a value: the time of a request has two keys."""
    if key == CURRENT_TIME and isinstance(value, str):
        try:
            return {key: value, EPOCH_TIME: str(int(parse_timestamp(value)))}
        except ValueError:
            # A text that only an operator for texts tells apart.
            return {key: value, EPOCH_TIME: value}
    # An empty set is an absent key, also for a key that would follow from the caller.
    return {key: () if value is None else value}


def _texts(key: str, conditions: Iterable[PolicyCondition], user_name: str) -> tuple[list[str], bool]:
    """Return readable texts first, then one for each other set of patterns that a text can match."""
    if key in BOOLEAN_KEYS:
        return list(_BOOLEANS), True
    named: list[str] = []
    patterns: list[TextPattern] = []
    for condition in conditions:
        scope = _SCOPES.get(condition.operator.removesuffix("like").removesuffix("equals"))
        if condition.operator == "bool":
            named += _BOOLEANS
        elif condition.operator.startswith("string") or scope:
            wild = scope is WildcardScope.ARN or condition.operator.endswith("like")
            ignore_case = condition.operator.endswith("ignorecase")
            for text in condition.entry.values:
                pattern = _pattern(text, condition, user_name, wild=wild, ignore_case=ignore_case)
                named.append("".join(_FILLINGS.get(part, str(part)) for part in pattern.parts))
                patterns.append(pattern)
        elif condition.operator == "binaryequals":
            named += [*condition.entry.values, "b3RoZXI="]
    if not patterns:
        return named, True
    samples = distinguishing_texts(tuple(dict.fromkeys(patterns)))
    return [*named, OTHER_VALUE, *sorted(samples.texts, key=lambda text: text == "")], samples.complete


def _stand_ins(
    conditions: Sequence[PolicyCondition], user_name: str, values: Iterable[KeyValue], examples: Container[str]
) -> Iterator[str]:
    """Yield the texts in `values` that no condition names, in full or with a pattern, and that aren't `examples`."""
    written = {text for each in conditions for text in each.entry.values}
    patterns = [
        _pattern(text, each, user_name, wild=wild, ignore_case=each.operator.endswith("ignorecase"))
        for each in conditions
        if each.operator.startswith(("string", "arn"))
        for wild in (each.operator.startswith("arn") or each.operator.endswith("like"),)
        for text in each.entry.values
        # The value of another key has a stand-in.
        if set(variable_keys([text])) <= {"aws:username"}
    ]
    for value in values:
        for text in value if isinstance(value, tuple) else (value,):
            made_up = text in (OTHER_VALUE, VARIABLE_VALUE) or not matches_any(text or "", patterns)
            if text and made_up and text not in written and text not in examples:
                yield text


_FILLINGS: Mapping[object, str] = MappingProxyType({Wildcard.ANY: "example", Wildcard.ONE: "x"})
_SCOPES: Mapping[str, WildcardScope] = MappingProxyType({"arn": WildcardScope.ARN, "arnnot": WildcardScope.ARN})


def _pattern(text: str, condition: PolicyCondition, user_name: str, *, wild: bool, ignore_case: bool) -> TextPattern:
    parts = _parts(text, wildcards=wild, variables=condition.variables)
    static = tuple(variable_example(part, user_name) if isinstance(part, Variable) else part for part in parts)
    scope = WildcardScope.ARN if condition.operator.startswith("arn") else WildcardScope.TEXT
    return TextPattern(static, scope, ignore_case)


def variable_example(variable: Variable, user_name: str) -> str:
    """Return the value that stands for a variable's."""
    return user_name if variable.key.lower() == "aws:username" else variable.default or VARIABLE_VALUE


def _parts(text: str, *, wildcards: bool, variables: bool = True) -> tuple[PatternPart, ...]:
    try:
        return split_pattern(text, variables=variables, wildcards=wildcards)
    except ValueError:
        return split_pattern(text, variables=False, wildcards=wildcards)


def _value_sets(
    singles: Sequence[str], compiled: Iterable[Condition], request: Request
) -> tuple[list[tuple[str, ...]], bool]:
    """Return sets of two or more values, one for each way in which conditions on sets can tell them apart."""
    tests = [each.test for each in compiled if isinstance(each, KeyCondition)]

    def matches(value: str, test: Test) -> bool:
        try:
            return test(value, request)
        except UnknownOutcome:
            return False

    # What a condition says about a set follows from whether some value matches, and whether some doesn't.
    bits = {value: tuple((matches(value, test), not matches(value, test)) for test in tests) for value in singles}
    kinds = {vector: value for value, vector in reversed(bits.items())}
    found: dict[tuple[tuple[bool, bool], ...], tuple[str, ...]] = {v: (value,) for v, value in kinds.items()}
    queue = list(found.items())
    for vector, values in queue:
        for other, value in kinds.items():
            if len(found) >= _MAX_SETS:
                return [values for values in found.values() if len(values) > 1], False
            joined = tuple((a or c, b or d) for (a, b), (c, d) in zip(vector, other, strict=True))
            if joined not in found:
                found[joined] = (*values, value)
                queue.append((joined, found[joined]))
    return [values for values in found.values() if len(values) > 1], True


def _exact_values(
    key: str, conditions: Sequence[PolicyCondition], by_value: Mapping[KeyValue, tuple[KeyValue | bool, ...]]
) -> Iterator[KeyValue]:
    if [value for value, vector in by_value.items() if vector == by_value.get(None)] == [None]:
        yield None
    if key in BOOLEAN_KEYS:
        yield from _BOOLEANS
        return
    wild = any(each.operator.endswith("like") or each.operator.startswith("arn") for each in conditions)
    for condition in conditions:
        for text in condition.entry.values:
            if condition.operator in ("stringequals", "stringnotequals") and not wild and "${" not in text:
                alike = [value for value, vector in by_value.items() if vector == by_value.get(text)]
                if alike == [text]:
                    yield text
