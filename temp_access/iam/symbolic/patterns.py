"""Pattern matching as formulas, and the placeholder that stands for every folder."""

from collections.abc import Sequence
from enum import Enum

from temp_access.iam.patterns import COLONS_OF_ARN, Variable, Wildcard, WildcardScope, split_pattern
from temp_access.iam.symbolic.encoder import Encoder
from temp_access.iam.symbolic.solver import (
    LAST_CHARACTER,
    Formula,
    NotEncodableError,
    RegularLanguage,
    Solver,
    StringTerm,
)


def glob_language(solver: Solver, parts: Sequence[str | Wildcard], scope: WildcardScope) -> RegularLanguage:
    """Return the language of a pattern without variables; see `temp_access.iam.patterns.WildcardScope`."""
    within_part = solver.union([solver.character_range("\0", "9"), solver.character_range(";", LAST_CHARACTER)])
    colons = 0 if scope is not WildcardScope.TEXT else COLONS_OF_ARN
    languages: list[RegularLanguage] = []
    for position, part in enumerate(parts):
        any_character = colons >= COLONS_OF_ARN
        if isinstance(part, str):
            colons += part.count(":")
            languages.append(solver.literal(part))
        elif part is Wildcard.ONE:
            languages.append(solver.any_character if any_character else within_part)
        elif any_character or (scope is WildcardScope.RESOURCE and _ends_part(parts, position)):
            languages.append(solver.any_string)
        else:
            languages.append(solver.repeated(within_part))
    return solver.sequence(languages)


# Not shared with the evaluator: the agreement of two implementations is what the tests check.
def _ends_part(parts: Sequence[str | Wildcard], position: int) -> bool:
    following = parts[position + 1] if position + 1 < len(parts) else ":"
    return isinstance(following, str) and following.startswith(":")


def case_insensitive(solver: Solver, value: str) -> RegularLanguage:
    """Return the language of all strings with the lower case of `value`, which must be ASCII."""
    return solver.sequence(
        # U+212A, the kelvin sign, is the only other character whose lower case is ASCII.
        solver.union([solver.literal(c) for c in {low, low.upper(), *("\u212a" if low == "k" else "")}])
        for low in value.lower()
    )


FOLDER_MARK = "«any-folder"
FOLDER = f"{FOLDER_MARK}*?$»"


class FolderPlaceholder(Enum):
    """The folder as part of a pattern: as literal text, or unescaped, so that it may contain wildcards."""

    LITERAL = "literal"
    BARE = "bare"


SymbolicPart = str | Wildcard | Variable | FolderPlaceholder


def split_symbolic(pattern: str, *, variables: bool, wildcards: bool) -> tuple[SymbolicPart, ...]:
    """Split a pattern into its parts, as the evaluator does, with a FolderPlaceholder in place of each FOLDER.

    Raises NotEncodableError where the placeholder was changed and can't be recognized.
    """
    parts: list[SymbolicPart] = []
    for index, chunk in enumerate(pattern.split(FOLDER)):
        # Without wildcards, an unescaped placeholder is like an escaped one, except for its `$`.
        parts.extend([FolderPlaceholder.BARE] if index else [])
        for piece in split_pattern(chunk, variables=variables, wildcards=wildcards):
            parts.extend(_with_placeholders(piece) if isinstance(piece, str) else [piece])
    if any(FOLDER_MARK in part for part in parts if isinstance(part, str)):
        raise NotEncodableError(f"the folder is in {pattern!r} in a form that isn't modeled")
    return tuple(parts)


def _with_placeholders(literal: str) -> list[SymbolicPart]:
    parts: list[SymbolicPart] = []
    for index, chunk in enumerate(literal.split(FOLDER)):
        parts.extend([FolderPlaceholder.LITERAL] if index else [])
        parts.extend([chunk] if chunk else [])
    return parts


def matches_segments(solver: Solver, value: StringTerm, parts: Sequence[StringTerm | Wildcard]) -> Formula:
    """Whether `value` matches the parts, with `*` for any string; raises NotEncodableError for `?`."""
    if any(part is Wildcard.ONE for part in parts):
        raise NotEncodableError("`?` in a pattern that has a variable isn't modeled")
    segments: list[list[StringTerm]] = [[]]
    for part in parts:
        if isinstance(part, Wildcard):
            segments.append([])
        else:
            segments[-1].append(part)
    first, *middle = [solver.concat(segment) for segment in segments]
    if not middle:
        return solver.equal(value, first)
    last = middle.pop()
    if not middle and not segments[-1]:
        return solver.prefix_of(value, first)
    conditions = [solver.prefix_of(value, first), solver.suffix_of(value, last)]
    # Each segment is matched at its first position: if any choice of positions works, this one does.
    end = solver.length(first)
    for segment in middle:
        position = solver.index_of(value, segment, end)
        conditions.append(solver.at_least(position, solver.integer(0)))
        end = solver.plus(position, solver.length(segment))
    conditions.append(solver.at_least(solver.length(value), solver.plus(end, solver.length(last))))
    return solver.and_(conditions)


_SPECIAL = "*?$"


def matches_any(
    encoder: Encoder,
    value: StringTerm,
    patterns: Sequence[str],
    *,
    variables: bool,
    scope: WildcardScope = WildcardScope.TEXT,
    wildcards: bool = True,
) -> Formula:
    """Whether `value` matches one of the patterns."""
    return encoder.solver.or_(
        _matches(encoder, value, pattern, split_symbolic(pattern, variables=variables, wildcards=wildcards), scope)
        for pattern in patterns
    )


def _matches(
    encoder: Encoder, value: StringTerm, pattern: str, parts: tuple[SymbolicPart, ...], scope: WildcardScope
) -> Formula:
    solver = encoder.solver
    if FolderPlaceholder.BARE in parts:
        special = solver.union([solver.literal(c) for c in _SPECIAL])
        has_special = solver.in_language(
            encoder.folder, solver.sequence([solver.any_string, special, solver.any_string])
        )
        literal = tuple(FolderPlaceholder.LITERAL if part is FolderPlaceholder.BARE else part for part in parts)
        plain = _matches(encoder, value, pattern, literal, scope)
        # What the wildcards in the folder's name match stays open; a witness has such a folder.
        return solver.or_(
            [
                solver.and_([solver.not_(has_special), plain]),
                solver.and_([has_special, encoder.unescaped_match(f"{value} {scope.value} {parts}")]),
            ]
        )
    if parts == (Wildcard.ANY,):
        return solver.true
    plain_parts = [part for part in parts if isinstance(part, str | Wildcard)]
    if len(plain_parts) == len(parts):
        if all(isinstance(part, str) for part in plain_parts):
            return solver.equal(value, solver.constant("".join(map(str, plain_parts))))
        return solver.in_language(value, glob_language(solver, plain_parts, scope))
    return _matches_variable_pattern(encoder, value, parts, scope)


def _matches_variable_pattern(
    encoder: Encoder, value: StringTerm, parts: tuple[SymbolicPart, ...], scope: WildcardScope
) -> Formula:
    solver = encoder.solver
    present: list[Formula] = []
    segments: list[StringTerm | Wildcard] = []
    colons = 0
    for part in parts:
        if isinstance(part, Wildcard):
            if scope is not WildcardScope.TEXT and colons < COLONS_OF_ARN:
                raise NotEncodableError("a wildcard in the first parts of an ARN that has a variable isn't modeled")
            segments.append(part)
        elif isinstance(part, str):
            colons += part.count(":")
            segments.append(solver.constant(part))
        elif isinstance(part, Variable):
            variable = encoder.value(part.key)
            if part.default is None:
                present.append(variable.present)
                segments.append(variable.value)
            else:
                default = solver.constant(part.default)
                segments.append(solver.if_else(variable.present, variable.value, default))
        else:
            segments.append(encoder.folder)
    return solver.and_([*present, matches_segments(solver, value, segments)])
