"""Pattern matching as formulas, and the placeholder that stands for every folder."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from temp_access.iam.patterns import COLONS_OF_ARN, Variable, Wildcard, WildcardScope, split_pattern
from temp_access.iam.policy_json import escape
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


FOLDER_MARK = "«any-folder"
FOLDER = f"{FOLDER_MARK}*?$»"
# Stand in a pattern for the escaped and the unescaped folder while it is split.
_ESCAPED, _BARE = "\ue000", "\ue001"


class FolderPlaceholder(Enum):
    """The folder as part of a pattern.

    LITERAL is its text. BARE is the folder unescaped, so that its wildcards count. ESCAPED is its escaped text, which
    differs where the folder has characters that are special in a pattern.
    """

    LITERAL = "literal"
    BARE = "bare"
    ESCAPED = "escaped"


@dataclass(frozen=True)
class DefaultWithFolder:
    """`${key, 'default'}` with the folder in the default."""

    key: str
    default: tuple[str | FolderPlaceholder, ...]


SymbolicPart = str | Wildcard | Variable | FolderPlaceholder | DefaultWithFolder


def split_symbolic(pattern: str, *, variables: bool, wildcards: bool) -> tuple[SymbolicPart, ...]:
    """Split a pattern into its parts, as the evaluator does, with the folder in place of each FOLDER.

    Raises NotEncodableError where the placeholder was changed and can't be recognized, where it names a condition
    key, and where a folder's first character could complete a `$` to a variable.
    """
    if FOLDER_MARK not in pattern:
        return split_pattern(pattern, variables=variables, wildcards=wildcards)
    refusal = NotEncodableError(f"the folder is in {pattern!r} in a form that isn't modeled")
    if _ESCAPED in pattern or _BARE in pattern:
        raise refusal
    marked = pattern.replace(escape(FOLDER), _ESCAPED).replace(FOLDER, _BARE)
    if FOLDER_MARK in marked or (variables and re.search(f"[$][{_ESCAPED}{_BARE}]", marked)):
        raise refusal
    parts: list[SymbolicPart] = []
    for piece in split_pattern(marked, variables=variables, wildcards=wildcards):
        if isinstance(piece, str):
            parts.extend(_with_placeholders(piece, variables=variables))
        elif isinstance(piece, Variable):
            if _has_placeholder(piece.key):
                raise refusal
            parts.append(_with_default(piece))
        else:
            parts.append(piece)
    return tuple(parts)


def _has_placeholder(text: str) -> bool:
    return _ESCAPED in text or _BARE in text


def _with_placeholders(literal: str, *, variables: bool) -> list[str | FolderPlaceholder]:
    # Without variables, `${*}` isn't a literal `*`: its characters count as they are.
    escaped = FolderPlaceholder.LITERAL if variables else FolderPlaceholder.ESCAPED
    kinds = {_ESCAPED: escaped, _BARE: FolderPlaceholder.BARE}
    chunks = re.split(f"([{_ESCAPED}{_BARE}])", literal)
    return [kinds.get(chunk, chunk) for chunk in chunks if chunk]


def _with_default(variable: Variable) -> Variable | DefaultWithFolder:
    if variable.default is None or not _has_placeholder(variable.default):
        return variable
    # The text between the quotes is taken as it is: no escape is undone in it.
    kinds = {_ESCAPED: FolderPlaceholder.ESCAPED, _BARE: FolderPlaceholder.BARE}
    chunks = re.split(f"([{_ESCAPED}{_BARE}])", variable.default)
    return DefaultWithFolder(variable.key, tuple(kinds.get(chunk, chunk) for chunk in chunks if chunk))


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
    # What follows from the whole beginning; the solver finds a contradiction to it at once.
    conditions = [solver.prefix_of(value, segments[0][0])] if len(segments[0]) > 1 else []
    conditions.append(solver.prefix_of(value, first))
    if not middle and not segments[-1]:
        return solver.and_(conditions)
    conditions.append(solver.suffix_of(value, last))
    # Each segment is matched at its first position: if any choice of positions works, this one does.
    end = solver.length(first)
    for segment in middle:
        position = solver.index_of(value, segment, end)
        conditions.append(solver.at_least(position, solver.integer(0)))
        end = solver.plus(position, solver.length(segment))
    conditions.append(solver.at_least(solver.length(value), solver.plus(end, solver.length(last))))
    return solver.and_(conditions)


# A folder with one of these isn't plain text in every place; `'` ends the default of a variable.
_SPECIAL = "*?$'"


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
        _matches(encoder, value, split_symbolic(pattern, variables=variables, wildcards=wildcards), scope)
        for pattern in patterns
    )


def has_special_character(solver: Solver, folder: StringTerm) -> Formula:
    """Whether the folder has a character that means something in a pattern."""
    special = solver.union([solver.literal(c) for c in _SPECIAL])
    return solver.in_language(folder, solver.sequence([solver.any_string, special, solver.any_string]))


def _matches(encoder: Encoder, value: StringTerm, parts: tuple[SymbolicPart, ...], scope: WildcardScope) -> Formula:
    solver = encoder.solver
    plain = tuple(_plain(part) for part in parts)
    if plain != parts:
        has_special = has_special_character(solver, encoder.folder)
        # What a folder with special characters matches stays open; a witness has such a folder.
        return solver.or_(
            [
                solver.and_([solver.not_(has_special), _matches_parts(encoder, value, plain, scope)]),
                solver.and_([has_special, encoder.unescaped_match(f"{value} {scope.value} {parts}")]),
            ]
        )
    return _matches_parts(encoder, value, parts, scope)


def _plain(part: SymbolicPart) -> SymbolicPart:
    """Return the part as it is for a folder without special characters."""
    if isinstance(part, DefaultWithFolder):
        default = (item if isinstance(item, str) else FolderPlaceholder.LITERAL for item in part.default)
        return DefaultWithFolder(part.key, tuple(default))
    return FolderPlaceholder.LITERAL if isinstance(part, FolderPlaceholder) else part


def _matches_parts(
    encoder: Encoder, value: StringTerm, parts: tuple[SymbolicPart, ...], scope: WildcardScope
) -> Formula:
    solver = encoder.solver
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
        elif isinstance(part, FolderPlaceholder):
            segments.append(encoder.folder)
        else:
            variable, has_value = encoder.text(part.key), encoder.has_one_value(part.key)
            if part.default is None:
                present.append(has_value)
                segments.append(variable)
            else:
                segments.append(solver.if_else(has_value, variable, _default(encoder, part)))
    return solver.and_([*present, matches_segments(solver, value, segments)])


def _default(encoder: Encoder, variable: Variable | DefaultWithFolder) -> StringTerm:
    chunks = variable.default if isinstance(variable, DefaultWithFolder) else (variable.default or "",)
    solver = encoder.solver
    return solver.concat([solver.constant(chunk) if isinstance(chunk, str) else encoder.folder for chunk in chunks])


def has_early_variable(pattern: str, *, variables: bool) -> bool:
    """Whether a resource's ARN has a variable before its fifth colon: AWS doesn't replace it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-resourceelement
    """
    colons = 0
    for part in split_symbolic(pattern, variables=variables, wildcards=True):
        if isinstance(part, Variable | DefaultWithFolder):
            return colons < COLONS_OF_ARN
        colons += part.count(":") if isinstance(part, str) else 0
    return False


def may_match(solver: Solver, value: StringTerm, pattern: str, *, variables: bool) -> Formula:
    """Whether `value` matches a pattern if each variable in it, and the folder, may stand for anything."""
    parts = split_symbolic(pattern, variables=variables, wildcards=True)
    anything = [part if isinstance(part, str | Wildcard) else Wildcard.ANY for part in parts]
    return solver.in_language(value, glob_language(solver, anything, WildcardScope.TEXT))
