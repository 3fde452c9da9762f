"""Patterns of the policy language: wildcards, policy variables, and sets of compiled patterns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from temp_access.iam.request import Request
from temp_access.iam.unknown import UnknownOutcome, UnknownValue


class Wildcard(Enum):
    """`*` matches any characters, including none and including `/`; `?` matches exactly one character."""

    ANY = "*"
    ONE = "?"


@dataclass(frozen=True)
class Variable:
    """`${key}` or `${key, 'default'}`."""

    key: str
    default: str | None

    def resolve(self, request: Request) -> str | UnknownValue | None:
        """Return the variable's value in the request, None if it has none; a multivalued key never has one.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value
        """
        value = request.value(self.key)
        return value if isinstance(value, str | UnknownValue) else self.default


PatternPart = str | Wildcard | Variable
COLONS_OF_ARN = 5
_TOKEN = re.compile(
    r"""\$\{(?:(?P<escaped>[*?$])                    # a literal *, ? or $
            |\s*(?P<key>[^{}',\s][^{}',]*?)\s*       # a condition key
             (?:,\s*'(?P<default>[^']*)'\s*)?)\}     # its default
      |(?P<broken>\$\{)
      |(?P<wildcard>[*?])""",
    re.VERBOSE,
)
_WILDCARD = re.compile(r"(?P<wildcard>[*?])")


def split_pattern(pattern: str, *, variables: bool, wildcards: bool) -> tuple[PatternPart, ...]:
    """Split a pattern into its parts; adjacent literal text is one part.

    `${*}`, `${?}` and `${$}` are the literal characters. Without `variables` (Version 2008-10-17), `${…}` is
    literal text: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html

    Raises ValueError if the syntax of a variable is wrong.
    """
    parts: list[PatternPart] = []
    literal: list[str] = []
    end = 0
    for token in (_TOKEN if variables else _WILDCARD).finditer(pattern):
        literal.append(pattern[end : token.start()])
        end = token.end()
        groups = token.groupdict()
        if groups.get("broken"):
            raise ValueError(f"bad policy variable in {pattern!r}; write ${{key}} or ${{key, 'default'}}")
        if groups["wildcard"] and not wildcards:
            literal.append(token[0])
        elif groups.get("escaped"):
            literal.append(groups["escaped"])
        else:
            _flush(literal, parts)
            parts.append(Wildcard(token[0]) if groups["wildcard"] else Variable(groups["key"], groups["default"]))
    literal.append(pattern[end:])
    _flush(literal, parts)
    return tuple(parts)


def pad_arn(pattern: str) -> str:
    """Return a resource pattern as AWS completes it: the parts that are missing at the end of an ARN are `*`.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """
    # One `*` is enough: at the end of a part, it also matches the parts that follow.
    return f"{pattern}:*" if pattern.startswith("arn:") and pattern.count(":") < COLONS_OF_ARN else pattern


def _flush(literal: list[str], parts: list[PatternPart]) -> None:
    if joined := "".join(literal):
        parts.append(joined)
    literal.clear()


class WildcardScope(Enum):
    """Which characters a wildcard matches.

    TEXT (StringLike, actions): all.
    RESOURCE: in an ARN's first five parts, a `*` matches no colon, unless it ends its part.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    ARN (ArnLike): each of the six parts is matched separately.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
    """

    TEXT = "text"
    RESOURCE = "resource"
    ARN = "arn"


def glob_regex(parts: Sequence[str | Wildcard], scope: WildcardScope) -> re.Pattern[str]:
    """Return the regular expression that matches exactly what the pattern matches."""
    chunks, stars = [""], []
    colons = 0 if scope is not WildcardScope.TEXT else COLONS_OF_ARN
    for position, part in enumerate(parts):
        any_character = colons >= COLONS_OF_ARN
        if isinstance(part, str):
            colons += part.count(":")
            chunks[-1] += re.escape(part)
        elif part is Wildcard.ONE:
            chunks[-1] += "." if any_character else "[^:]"
        else:
            runs_on = scope is WildcardScope.RESOURCE and _ends_part(parts, position)
            stars.append(".*" if any_character or runs_on else "[^:]*")
            chunks.append("")
    return re.compile(_join(chunks, stars), re.DOTALL)


def _ends_part(parts: Sequence[str | Wildcard], position: int) -> bool:
    following = parts[position + 1] if position + 1 < len(parts) else ":"
    return isinstance(following, str) and following.startswith(":")


def _join(chunks: list[str], stars: list[str]) -> str:
    joined = chunks[0]
    for position, (star, chunk) in enumerate(zip(stars, chunks[1:], strict=True)):
        later = stars[position + 1 :]
        # An atomic group keeps the first match of a chunk, so that many stars take no exponential time. After a star
        # that crosses colons, a later match may be needed for one that doesn't; after the last, the end decides.
        first = later and (star != ".*" or set(later) == {".*"})
        joined += f"(?>{star}?{chunk})" if first else f"{star}{chunk}"
    return joined


_PREFIX_LENGTH = 2
_compiled_glob = lru_cache(maxsize=1024)(glob_regex)


@dataclass(frozen=True, slots=True)
class VariablePattern:
    """A pattern with policy variables, whose values come from the request."""

    parts: tuple[PatternPart, ...]
    scope: WildcardScope
    ignore_case: bool
    unreadable: str = ""

    def matches(self, value: str, request: Request) -> bool:
        """Whether the value matches; a pattern that has a variable without a value matches nothing.

        Raises UnknownOutcome if the value would match with some values of a variable that isn't known. `unreadable`
        is the name of a pattern whose variables AWS doesn't replace; each may then stand for anything.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value
        The value of a variable is literal: a `*` in it isn't a wildcard.
        """
        resolved: list[str | Wildcard] = []
        unknown = self.unreadable or None
        for part in self.parts:
            if self.unreadable and isinstance(part, Variable):
                resolved.append(Wildcard.ANY)
                continue
            value_part = part.resolve(request) if isinstance(part, Variable) else part
            if value_part is None:
                return False
            if isinstance(value_part, UnknownValue):
                unknown, value_part = part.key if isinstance(part, Variable) else unknown, Wildcard.ANY
            if isinstance(value_part, str) and resolved and isinstance(resolved[-1], str):
                resolved[-1] += value_part
            else:
                resolved.append(value_part)
        if unknown is not None:
            return self._may_match(resolved, value, unknown)
        if self.ignore_case:
            resolved = [part.lower() if isinstance(part, str) else part for part in resolved]
        if len(resolved) == 1 and isinstance(resolved[0], str):
            return value == resolved[0]
        if _is_prefix(resolved, self.scope) and isinstance(resolved[0], str):
            return value.startswith(resolved[0])
        return _compiled_glob(tuple(resolved), self.scope).fullmatch(value) is not None

    def _may_match(self, parts: list[str | Wildcard], value: str, unknown: str) -> bool:
        """Return False if no value of the unknown variables matches, which are `*` in `parts`, else raise."""
        if self.ignore_case:
            parts = [part.lower() if isinstance(part, str) else part for part in parts]
        # An unknown value may have colons, which a `*` of an ARN's first parts doesn't match.
        if _compiled_glob(tuple(parts), WildcardScope.TEXT).fullmatch(value) is None:
            return False
        raise UnknownOutcome(unknown)


@dataclass(frozen=True, slots=True)
class PatternSet:
    """A set of compiled patterns; it matches a value that at least one of them matches.

    `unreadable` names patterns that can't be read, and may match anything.
    """

    matches_all: bool = False
    literals: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    globs: tuple[Callable[[str], object], ...] = ()
    variable_patterns: tuple[VariablePattern, ...] = ()
    unreadable: tuple[str, ...] = ()

    def union(self, other: PatternSet) -> PatternSet:
        """Return the set of both sets' patterns."""
        return PatternSet(
            self.matches_all or other.matches_all,
            self.literals | other.literals,
            self.prefixes + other.prefixes,
            self.globs + other.globs,
            self.variable_patterns + other.variable_patterns,
            self.unreadable + other.unreadable,
        )

    def matches(self, value: str, request: Request) -> bool:
        """Whether one of the patterns matches the value; raises UnknownOutcome if that isn't known."""
        if self.matches_all or value in self.literals or value.startswith(self.prefixes):
            return True
        for fullmatch in self.globs:
            if fullmatch(value):
                return True
        unknown = None
        for pattern in self.variable_patterns:
            try:
                if pattern.matches(value, request):
                    return True
            except UnknownOutcome as outcome:
                unknown = outcome
        if unknown:
            raise unknown
        if self.unreadable:
            raise UnknownOutcome(self.unreadable[0])
        return False


def compile_patterns(
    patterns: Iterable[str],
    *,
    variables: bool,
    scope: WildcardScope = WildcardScope.TEXT,
    wildcards: bool = True,
    ignore_case: bool = False,
) -> PatternSet:
    """Compile patterns; with `ignore_case`, the values to match must be in lower case.

    Raises ValueError if the syntax of a variable is wrong.
    """
    matches_all, literals, prefixes, globs, variable_patterns = False, set[str](), [], [], []
    for pattern in patterns:
        full_pattern = pad_arn(pattern) if scope is WildcardScope.RESOURCE else pattern
        parts = split_pattern(full_pattern, variables=variables, wildcards=wildcards)
        if any(isinstance(part, Variable) for part in parts):
            early = scope is WildcardScope.RESOURCE and _has_early_variable(parts)
            unreadable = f"the variable before the fifth colon of {pattern}" if early else ""
            variable_patterns.append(VariablePattern(parts, scope, ignore_case, unreadable))
            continue
        folded = [part.lower() if ignore_case and isinstance(part, str) else part for part in parts]
        static = [part for part in folded if not isinstance(part, Variable)]
        if static == [Wildcard.ANY]:
            matches_all = True
        elif all(isinstance(part, str) for part in static):
            literals.add("".join(part for part in static if isinstance(part, str)))
        elif _is_prefix(static, scope):
            prefixes.append(str(static[0]))
        else:
            globs.append(glob_regex(static, scope).fullmatch)
    return PatternSet(matches_all, frozenset(literals), tuple(prefixes), tuple(globs), tuple(variable_patterns))


def _has_early_variable(parts: Sequence[PatternPart]) -> bool:
    """Whether a resource's ARN has a variable before its fifth colon, where AWS doesn't replace it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-resourceelement
    """
    colons = 0
    for part in parts:
        if isinstance(part, Variable):
            return colons < COLONS_OF_ARN
        colons += part.count(":") if isinstance(part, str) else 0
    return False


def _is_prefix(parts: list[str | Wildcard], scope: WildcardScope) -> bool:
    if len(parts) != _PREFIX_LENGTH or not isinstance(parts[0], str) or parts[1] is not Wildcard.ANY:
        return False
    # In an ArnLike pattern, a `*` before the fifth colon matches no colon: `startswith` would match too much.
    return scope is not WildcardScope.ARN or parts[0].count(":") >= COLONS_OF_ARN
