"""A set of patterns, compiled so that the common forms are a set look-up or a `startswith`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from temp_access.policy.glob_regex import WildcardScope, glob_regex
from temp_access.policy.request import Request
from temp_access.policy.wildcards import PatternPart, Variable, Wildcard, pad_arn, split_pattern

_PREFIX_LENGTH = 2
_compiled_glob = lru_cache(maxsize=1024)(glob_regex)


@dataclass(frozen=True, slots=True)
class VariablePattern:
    """A pattern with policy variables, which get their values from each request."""

    pieces: tuple[PatternPart, ...]
    style: WildcardScope
    fold: bool

    def matches(self, value: str, request: Request) -> bool:
        """Whether the value matches; a variable without a value makes a pattern that nothing matches.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value
        The text of a variable is literal: a `*` in it is no wildcard.
        """
        resolved: list[str | Wildcard] = []
        for piece in self.pieces:
            part = piece.resolve(request) if isinstance(piece, Variable) else piece
            if part is None:
                return False
            if isinstance(part, str) and resolved and isinstance(resolved[-1], str):
                resolved[-1] += part
            else:
                resolved.append(part)
        if self.fold:
            resolved = [part.lower() if isinstance(part, str) else part for part in resolved]
        if len(resolved) == 1 and isinstance(resolved[0], str):
            return value == resolved[0]
        if _is_prefix(resolved, self.style) and isinstance(resolved[0], str):
            return value.startswith(resolved[0])
        return _compiled_glob(tuple(resolved), self.style).fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class PatternSet:
    """Matches a value that at least one of its patterns matches."""

    everything: bool
    literals: frozenset[str]
    prefixes: tuple[str, ...]
    globs: tuple[Callable[[str], object], ...]
    templates: tuple[VariablePattern, ...]

    def matches(self, value: str, request: Request) -> bool:
        """Whether one of the patterns matches the value."""
        if self.everything or value in self.literals or value.startswith(self.prefixes):
            return True
        for fullmatch in self.globs:
            if fullmatch(value):
                return True
        for template in self.templates:  # noqa: SIM110 (a loop is twice as fast as any() here)
            if template.matches(value, request):
                return True
        return False


def compile_patterns(
    texts: Iterable[str],
    *,
    variables: bool,
    style: WildcardScope = WildcardScope.TEXT,
    wildcards: bool = True,
    fold: bool = False,
) -> PatternSet:
    """Compile patterns; `fold` ignores case (the caller then passes values in lower case).

    Raises ValueError if the syntax of a variable is wrong.
    """
    everything, literals, prefixes, globs, templates = False, set[str](), [], [], []
    for text in texts:
        whole = pad_arn(text) if style is WildcardScope.RESOURCE else text
        pieces = split_pattern(whole, variables=variables, wildcards=wildcards)
        if any(isinstance(piece, Variable) for piece in pieces):
            templates.append(VariablePattern(pieces, style, fold))
            continue
        static = [piece.lower() if fold and isinstance(piece, str) else piece for piece in pieces]
        plain = [piece for piece in static if not isinstance(piece, Variable)]
        if plain == [Wildcard.ANY]:
            everything = True
        elif all(isinstance(piece, str) for piece in plain):
            literals.add("".join(piece for piece in plain if isinstance(piece, str)))
        elif _is_prefix(plain, style):
            prefixes.append(str(plain[0]))
        else:
            globs.append(glob_regex(plain, style).fullmatch)
    return PatternSet(everything, frozenset(literals), tuple(prefixes), tuple(globs), tuple(templates))


def _is_prefix(pieces: list[str | Wildcard], style: WildcardScope) -> bool:
    if len(pieces) != _PREFIX_LENGTH or not isinstance(pieces[0], str) or pieces[1] is not Wildcard.ANY:
        return False
    # In the ARN style a `*` before the fifth colon stays in its part: `startswith` would match too much.
    return style is not WildcardScope.ARN or pieces[0].count(":") >= 5
