"""The conditions under which the other snapshot allows a request that changed."""

from collections.abc import Iterable
from dataclasses import dataclass

from temp_access.review.compare.contexts import Deviations
from temp_access.review.compare.decisions import DecisionPairs
from temp_access.review.compare.key_values import KeyValue
from temp_access.review.compare.requests import SampleRequest


@dataclass(frozen=True, slots=True)
class Restriction:
    """The values of a key with which alone a request is allowed; without a key, there are several such keys.

    `example` is one combination of keys with which it is allowed.
    """

    key: str
    values: tuple[KeyValue, ...]
    example: Deviations


def restriction(
    compared: DecisionPairs, samples: Iterable[SampleRequest], context: Deviations, *, gained: bool
) -> Restriction | None:
    """Return under which conditions the side that denies `samples` in `context` allows them, None if it never does.

    If that differs from sample to sample, the restriction has no key.
    """
    found = {_of_sample(compared, sample, gained=gained) for sample in samples}
    if len(found) == 1:
        return found.pop()
    example = next(each.example for each in sorted(filter(None, found), key=lambda each: each.example.__repr__()))
    return Restriction("", (), example)


def _of_sample(compared: DecisionPairs, sample: SampleRequest, *, gained: bool) -> Restriction | None:
    wide, narrow = set[Deviations](), set[Deviations]()
    every = compared.contexts_of.get(sample, ())
    for context in every:
        pair = compared.pair(sample, context)
        if pair[gained].allowed:
            wide.add(context)
        if pair[not gained].allowed:
            narrow.add(context)
    if not narrow:
        return None
    example = min(narrow, key=lambda context: (len(context), repr(context)))
    assert compared.plan is not None  # noqa: S101 - a sample has a plan
    for key, values in compared.plan.keys.items():
        usual = values.values[0]
        allowed = {dict(context).get(key, usual) for context in narrow}
        # Conditions that both sides have say nothing about the difference.
        shared = {_without(context, key) for context in wide}
        if narrow == {c for c in every if dict(c).get(key, usual) in allowed and _without(c, key) in shared}:
            stands_for = compared.representatives(sample, key)
            return Restriction(key, tuple(v for v in values.values if stands_for[v] in allowed), example)
    return Restriction("", (), example)


def _without(context: Deviations, key: str) -> Deviations:
    return tuple(each for each in context if each[0] != key)
