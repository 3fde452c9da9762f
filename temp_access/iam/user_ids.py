"""Patterns of `aws:userid` for callers whose unique id isn't known, but whose role session name is.

A session's value is `AROA…:SESSION`, so that `*:ann@example.com` is decided by the session's name alone.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-infotouse
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable
from typing import NamedTuple

from temp_access.iam.callers import CallerKind, caller_kind
from temp_access.iam.patterns import Wildcard, split_pattern
from temp_access.iam.request import Request

USER_ID = "aws:userid"
_ID_CHARACTERS = string.ascii_uppercase + string.digits
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
_PREFIXES = {CallerKind.USER: "AIDA", CallerKind.ROLE: "AROA"}
# Returns whether a value that isn't known whole matches; None if that depends on its unknown part.
UserIdTest = Callable[[Request], bool | None]
_Tokens = tuple[str | Wildcard, ...]


class _PartlyKnown(NamedTuple):
    """A value: its beginning, one or more unknown characters of an id, and its end."""

    beginning: str
    end: str


def compile_user_ids(values: Iterable[str], *, variables: bool, wildcards: bool) -> UserIdTest:
    """Return the test of patterns of StringLike (with `wildcards`) or of values of StringEquals."""
    patterns: list[_Tokens | None] = []
    for value in values:
        parts = split_pattern(value, variables=variables, wildcards=wildcards)
        known = [part for part in parts if isinstance(part, str | Wildcard)]
        tokens = tuple(token for part in known for token in (part if isinstance(part, str) else (part,)))
        patterns.append(tokens if len(known) == len(parts) else None)

    def test(request: Request) -> bool | None:
        value = _partly_known(request)
        if value is None:
            return None
        if any(pattern is not None and _always_matches(pattern, value) for pattern in patterns):
            return True
        never = all(pattern is not None and not _may_match(pattern, value) for pattern in patterns)
        return False if never else None

    return test


def _partly_known(request: Request) -> _PartlyKnown | None:
    kind, principal = caller_kind(request.principal), request.principal
    if kind not in _PREFIXES or not principal.startswith("arn:"):
        return None
    is_session = kind is CallerKind.ROLE
    # Without a session's name, it is the ARN of a whole role.
    if is_session and ":assumed-role/" not in principal:
        return None
    return _PartlyKnown(_PREFIXES[kind], f":{principal.rpartition('/')[2]}" if is_session else "")


def _may_match(tokens: _Tokens, value: _PartlyKnown) -> bool:
    states = _read(_reached(tokens, {0}), tokens, value.beginning)
    unknown: set[int] = set()
    # Each further character can only add states, and there are no more of them than tokens.
    states = _step(states, tokens, _ID_CHARACTERS)
    while not states <= unknown:
        unknown |= states
        states = _step(states, tokens, _ID_CHARACTERS)
    return len(tokens) in _read(unknown, tokens, value.end)


def _always_matches(tokens: _Tokens, value: _PartlyKnown) -> bool:
    states = _step(_read(_reached(tokens, {0}), tokens, value.beginning), tokens, "")
    return len(tokens) in _read(states, tokens, value.end)


def _read(states: set[int], tokens: _Tokens, text: str) -> set[int]:
    for character in text:
        states = _step(states, tokens, character)
    return states


def _step(states: set[int], tokens: _Tokens, characters: str) -> set[int]:
    """Return the states after one of `characters`; without any, after the whole id: only a `*` always matches it."""
    following: set[int] = set()
    for state in states:
        token = tokens[state] if state < len(tokens) else ""
        if token is Wildcard.ANY:
            following.add(state)
        elif characters and (token is Wildcard.ONE or (isinstance(token, str) and token and token in characters)):
            following.add(state + 1)
    return _reached(tokens, following)


def _reached(tokens: _Tokens, states: set[int]) -> set[int]:
    """Return the states with those behind a `*`, which matches no characters as well."""
    reached = set(states)
    for state in sorted(states):
        end = state
        while end < len(tokens) and tokens[end] is Wildcard.ANY:
            end += 1
            reached.add(end)
    return reached
