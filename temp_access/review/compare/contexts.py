"""The combinations of condition keys to try for a request, as deviations from a usual request."""

import itertools
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from temp_access.iam.condition_keys import NETWORK_OF_AN_ENDPOINT
from temp_access.iam.request import ContextValue, Request
from temp_access.review.compare.caller_keys import caller_values, follows_from_caller, is_always_present, is_possible
from temp_access.review.compare.key_values import (
    BOOLEAN_KEYS,
    VARIABLE_VALUE,
    KeyValue,
    KeyValues,
    assigned,
    key_values,
    outcome,
)
from temp_access.review.compare.ordered_values import CURRENT_TIME
from temp_access.review.compare.relevance import LayeredStatement, canonical_key, conditions_by_key
from temp_access.review.snapshot import Snapshot

# The prefix of a listing is part of the sample request.
PREFIX = "s3:prefix"
_MAX_COMBINATIONS = 4096
_MAX_DEVIATIONS = 2
_SOURCE_IP = "aws:sourceip"
_MFA, _MFA_AGE = "aws:multifactorauthpresent", "aws:multifactorauthage"
Deviations = tuple[tuple[str, KeyValue], ...]


def usual_keys(region: str) -> dict[str, KeyValue]:
    """Return the condition keys of a usual request."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "aws:securetransport": "true",
        "aws:sourceip": "192.0.2.1",
        "aws:requestedregion": region,
        "aws:viaawsservice": "false",
        **assigned(CURRENT_TIME, now),
    }


@dataclass(frozen=True)
class ContextPlan:
    """The values of each key that a caller's statements in base and head test; `usual` are the usual ones.

    The keys that follow from the caller aren't varied. `probe` is a request of the caller to test conditions with, and
    `written` has each key as a policy writes it.
    """

    probe: Request
    usual: Mapping[str, KeyValue]
    keys: Mapping[str, KeyValues]
    written: Mapping[str, str]
    _combinations: dict[frozenset[LayeredStatement], tuple[tuple[Deviations, ...], bool]] = field(
        default_factory=dict, init=False, repr=False
    )

    def context(self, deviations: Deviations) -> dict[str, ContextValue]:
        """Return the condition keys of a request."""
        keys: dict[str, ContextValue] = {}
        for key, value in self.usual.items():
            keys |= assigned(key, value)
        for key, values in self.keys.items():
            if key not in keys:
                keys |= assigned(key, values.values[0])
        for key, value in deviations:
            keys |= assigned(key, value)
        if any(keys.get(key) for key in NETWORK_OF_AN_ENDPOINT):
            keys[_SOURCE_IP] = ()
        return keys

    def combinations(self, statements: Sequence[LayeredStatement]) -> tuple[tuple[Deviations, ...], bool]:
        """Return the combinations that `statements` tell apart, fewest deviations first, and whether that is all."""
        key = frozenset(statements)
        if key not in self._combinations:
            self._combinations[key] = self._combine(statements)
        return self._combinations[key]

    def _combine(self, statements: Sequence[LayeredStatement]) -> tuple[tuple[Deviations, ...], bool]:
        reduced = {
            key: tuple(dict.fromkeys(self.representatives(key, statements).values()))
            for key in dict.fromkeys(key for each in statements for key in sorted(each.keys))
            if key in self.keys
        }
        complete = all(self.keys[key].complete for key in reduced)
        size = 1
        for values in reduced.values():
            size *= len(values)
        pairs = [[(key, value) for value in values] for key, values in reduced.items()]
        if size <= _MAX_COMBINATIONS:
            every = (self.deviations(each) for each in itertools.product(*pairs) if _can_be_together(dict(each)))
            return tuple(sorted(every, key=len)), complete
        return tuple(itertools.islice(_few_deviations(pairs), _MAX_COMBINATIONS)), False

    def representatives(self, key: str, statements: Sequence[LayeredStatement]) -> dict[KeyValue, KeyValue]:
        """Return for each of the key's values the first one that these statements don't tell apart from it."""
        compiled = [
            condition
            for each in statements
            for written in each.conditions
            if canonical_key(written.entry.key) == key and (condition := written.compile())
        ]
        by_itself = key in BOOLEAN_KEYS or any(key in map(canonical_key, each.variables) for each in statements)
        distinct: dict[tuple[object, ...], KeyValue] = {}
        found: dict[KeyValue, KeyValue] = {}
        for value in self.keys[key].values:
            test = self.probe._replace(context={**self.probe.context, **assigned(key, value)})
            results = tuple(outcome(condition, test) for condition in compiled)
            found[value] = distinct.setdefault((value if by_itself else None, results), value)
        return found

    def deviations(self, combination: Iterable[tuple[str, KeyValue]]) -> Deviations:
        """Return the keys of a combination whose values aren't the usual ones."""
        return tuple((key, value) for key, value in combination if value != self.keys[key].values[0])


def _can_be_together(keys: Mapping[str, KeyValue]) -> bool:
    """Whether a request can have these keys: a VPC endpoint hides the address, and only MFA has an age."""
    through_endpoint = any(keys.get(key) for key in NETWORK_OF_AN_ENDPOINT)
    if through_endpoint and keys.get(_SOURCE_IP):
        return False
    return not {_MFA, _MFA_AGE} <= keys.keys() or (keys[_MFA] == "true") is (keys[_MFA_AGE] is not None)


def _few_deviations(pairs: Sequence[Sequence[tuple[str, KeyValue]]]) -> Iterator[Deviations]:
    yield ()
    for count in range(1, _MAX_DEVIATIONS + 1):
        for chosen in itertools.combinations(pairs, count):
            yield from itertools.product(*(values[1:] for values in chosen))


def context_plan(
    statements: Sequence[LayeredStatement],
    head: Snapshot,
    request: Request,
    *,
    user_name: str | None = None,
    fixed: Container[str] = (),
) -> ContextPlan:
    """Return the values to try for the caller of `request`, whose statements in base and head these are.

    `user_name` replaces `${aws:username}`, by default the one user's. Keys in `fixed` (in lower case) aren't varied.
    """
    usual = usual_keys(head.target.region)
    if request.principal == "*":
        usual["aws:principalaccount"] = "anonymous"
    plans: dict[str, KeyValues] = {}
    written = {canonical_key(key): key for each in statements for key in each.written_variables}
    written |= {canonical_key(entry.key): entry.key for each in statements for entry in each.view.conditions}
    variables = {canonical_key(key) for statement in statements for key in statement.variables}
    unset = {key: VARIABLE_VALUE for key in variables if not isinstance(request.value(key), str)}
    probe = request._replace(context=unset)
    for key, conditions in conditions_by_key(statements).items():
        if key == PREFIX or key in fixed or follows_from_caller(key, request):
            continue
        plans[key] = key_values(
            key,
            conditions,
            usual=usual.get(key),
            user_name=user_name or head.config.user.name,
            always_present=is_always_present(key, request),
            is_variable=key in variables,
            more=caller_values(key, conditions, request),
            possible=lambda value, key=key: is_possible(key, value, request),  # type: ignore[misc]
            request=probe,
        )
    return ContextPlan(probe, usual, plans, written)
