"""Wildcards, variables, escape(), compiled pattern sets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from temp_access.iam.request import Request

# AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
_ESCAPES = str.maketrans({"$": "${$}", "*": "${*}", "?": "${?}"})


def escape(text: str) -> str:
    """Return `text` as a policy matches it literally, its `*`, `?` and `$` as policy variables."""
    return text.translate(_ESCAPES)


class Wildcard(Enum):
    """`*` stands for any characters, also none and also `/`; `?` for exactly one."""

    ANY = "*"
    ONE = "?"


@dataclass(frozen=True)
class Variable:
    """`${key}` or `${key, 'default'}`."""

    key: str
    default: str | None

    def resolve(self, request: Request) -> str | None:
        """The text that replaces the variable, or None if it has no value; a multivalued key never has one.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value
        """
        value = request.value(self.key)
        return value if isinstance(value, str) else self.default


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


def split_pattern(text: str, *, variables: bool, wildcards: bool) -> tuple[PatternPart, ...]:
    """Split a pattern into its pieces; neighbouring literal text is one piece.

    `${*}`, `${?}` and `${$}` are the literal characters. Without `variables` (Version 2008-10-17) a `${…}`
    is text like any other: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html

    Raises ValueError if the syntax of a variable is wrong.
    """
    pieces: list[PatternPart] = []
    literal: list[str] = []
    end = 0
    for token in (_TOKEN if variables else _WILDCARD).finditer(text):
        literal.append(text[end : token.start()])
        end = token.end()
        found = token.groupdict()
        if found.get("broken"):
            raise ValueError(f"bad policy variable in {text!r}; write ${{key}} or ${{key, 'default'}}")
        if found["wildcard"] and not wildcards:
            literal.append(token[0])
        elif found.get("escaped"):
            literal.append(found["escaped"])
        else:
            _flush(literal, pieces)
            pieces.append(Wildcard(token[0]) if found["wildcard"] else Variable(found["key"], found["default"]))
    literal.append(text[end:])
    _flush(literal, pieces)
    return tuple(pieces)


def pad_arn(pattern: str) -> str:
    """Return a pattern of resources as AWS completes it: parts that an ARN lacks at its end are `*`.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """
    # One `*` is enough: at the end of a part it runs on through the parts that follow.
    return f"{pattern}:*" if pattern.startswith("arn:") and pattern.count(":") < COLONS_OF_ARN else pattern


def _flush(literal: list[str], pieces: list[PatternPart]) -> None:
    if text := "".join(literal):
        pieces.append(text)
    literal.clear()


class WildcardScope(Enum):
    """How far a wildcard reaches.

    TEXT (StringLike, actions): everywhere.
    RESOURCE: in an ARN's first five parts a `*` stays in its part, unless it ends the part: it may run on.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    ARN (ArnLike): each of the six parts is checked on its own.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
    """

    TEXT = "text"
    RESOURCE = "resource"
    ARN = "arn"


_COLONS_BEFORE_LAST_PART = 5


def glob_regex(pieces: Sequence[str | Wildcard], style: WildcardScope) -> re.Pattern[str]:
    """The expression that matches exactly what the pattern matches."""
    chunks, stars = [""], []
    colons = 0 if style is not WildcardScope.TEXT else _COLONS_BEFORE_LAST_PART
    for position, piece in enumerate(pieces):
        everywhere = colons >= _COLONS_BEFORE_LAST_PART
        if isinstance(piece, str):
            colons += piece.count(":")
            chunks[-1] += re.escape(piece)
        elif piece is Wildcard.ONE:
            chunks[-1] += "." if everywhere else "[^:]"
        else:
            runs_on = style is WildcardScope.RESOURCE and _ends_part(pieces, position)
            stars.append(".*" if everywhere or runs_on else "[^:]*")
            chunks.append("")
    return re.compile(_join(chunks, stars), re.DOTALL)


def _ends_part(pieces: Sequence[str | Wildcard], position: int) -> bool:
    following = pieces[position + 1] if position + 1 < len(pieces) else ":"
    return isinstance(following, str) and following.startswith(":")


def _join(chunks: list[str], stars: list[str]) -> str:
    joined = chunks[0]
    for position, (star, chunk) in enumerate(zip(stars, chunks[1:], strict=True)):
        later = stars[position + 1 :]
        # An atomic group keeps the first place where a chunk fits, so that many stars can't take forever. After a
        # star that crosses colons another place may be needed for one that doesn't; after the last, the end decides.
        first = later and (star != ".*" or set(later) == {".*"})
        joined += f"(?>{star}?{chunk})" if first else f"{star}{chunk}"
    return joined


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
