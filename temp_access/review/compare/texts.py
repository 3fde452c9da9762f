"""Texts that tell patterns apart: one for each set of patterns that a text can match."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from temp_access.iam.patterns import COLONS_OF_ARN, Wildcard, WildcardScope

_MAX_STATES = 4000
_FILLERS = "xyzqwvkj0123456789-_=.@"
_NO_COLON = ":"


@dataclass(frozen=True, slots=True)
class TextPattern:
    """A pattern without variables; in the scope ARN, a wildcard before the fifth colon matches no colon."""

    parts: tuple[str | Wildcard, ...]
    scope: WildcardScope = WildcardScope.TEXT
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class TextSamples:
    """Texts, and whether they are complete: one for each set of patterns that some text matches."""

    texts: tuple[str, ...]
    complete: bool = True


# A unit matches one character (a literal one, or any), or any number of them; the flag excludes colons.
_Unit = tuple[str | Wildcard, bool]


@lru_cache(maxsize=256)
def distinguishing_texts(patterns: tuple[TextPattern, ...]) -> TextSamples:
    """Return a shortest text for each set of patterns that a text can match, an empty text only where no other does.

    It walks through the product of the patterns' automata, whose states are sets of positions.
    """
    automata = [_Automaton(pattern) for pattern in patterns]
    filler = _filler(automata)
    start = tuple(automaton.start for automaton in automata)
    found: dict[tuple[bool, ...], str] = {}
    queue = deque([(start, "")])
    seen = {start}
    while queue:
        states, text = queue.popleft()
        vector = tuple(automaton.accepts(state) for automaton, state in zip(automata, states, strict=True))
        # The empty text is rarely a value: another one with the same matches replaces it.
        if vector not in found or (text and not found[vector]):
            found[vector] = text
        characters = {char for automaton, state in zip(automata, states, strict=True) for char in automaton.next(state)}
        for char in (filler, *sorted(characters)):
            after = tuple(automaton.step(state, char) for automaton, state in zip(automata, states, strict=True))
            if after in seen and text:
                continue
            if len(seen) >= _MAX_STATES:
                return TextSamples(tuple(found.values()), complete=False)
            seen.add(after)
            queue.append((after, text + char))
    return TextSamples(tuple(found.values()))


def matches_any(text: str, patterns: Iterable[TextPattern]) -> bool:
    """Whether one of the patterns matches a text, and not only because it matches every text."""
    return any(_matches(text, pattern) for pattern in patterns)


def _matches(text: str, pattern: TextPattern) -> bool:
    automaton = _Automaton(pattern)
    if not any(isinstance(part, str) for part in pattern.parts):
        return not text and not pattern.parts
    state = automaton.start
    for char in text:
        state = automaton.step(state, char)
    return automaton.accepts(state)


class _Automaton:
    """A pattern as an automaton; a state is a set of positions, as the bits of an integer."""

    def __init__(self, pattern: TextPattern) -> None:
        self.units = tuple(_units(pattern))
        self.ignore_case = pattern.ignore_case
        self.start = self._skip_stars(1)

    def accepts(self, state: int) -> bool:
        return bool(state >> len(self.units) & 1)

    def next(self, state: int) -> Iterator[str]:
        """Yield the characters that differ from all others in this state."""
        for position, (unit, no_colon) in enumerate(self.units):
            if state >> position & 1:
                if not isinstance(unit, Wildcard):
                    yield from {unit, unit.upper(), unit.lower()} if self.ignore_case else {unit}
                elif no_colon:
                    yield _NO_COLON

    def step(self, state: int, char: str) -> int:
        after = 0
        for position, (unit, no_colon) in enumerate(self.units):
            if not state >> position & 1:
                continue
            if isinstance(unit, Wildcard):
                if no_colon and char == _NO_COLON:
                    continue
                after |= 1 << (position if unit is Wildcard.ANY else position + 1)
            elif unit == char or (self.ignore_case and unit.lower() == char.lower()):
                after |= 1 << (position + 1)
        return self._skip_stars(after)

    def _skip_stars(self, state: int) -> int:
        for position, (unit, _) in enumerate(self.units):
            if state >> position & 1 and unit is Wildcard.ANY:
                state |= 1 << (position + 1)
        return state


def _units(pattern: TextPattern) -> Iterator[_Unit]:
    colons = 0 if pattern.scope is WildcardScope.ARN else COLONS_OF_ARN
    for part in pattern.parts:
        if isinstance(part, Wildcard):
            yield part, colons < COLONS_OF_ARN
        else:
            for char in part:
                colons += char == ":"
                yield char, False


def _filler(automata: list[_Automaton]) -> str:
    literals = {
        variant
        for automaton in automata
        for unit, _ in automaton.units
        if not isinstance(unit, Wildcard)
        for variant in (unit, unit.lower(), unit.upper())
    }
    return next((char for char in _FILLERS if char not in literals), "\u00e6")
