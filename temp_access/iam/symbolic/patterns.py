"""Pattern matching as formulas; the placeholder that stands for every folder."""

from collections.abc import Sequence
from enum import Enum

from temp_access.iam.patterns import Variable, Wildcard, WildcardScope, split_pattern
from temp_access.iam.symbolic.encoder import Encoder
from temp_access.iam.symbolic.solver import (
    LAST_CHARACTER,
    Formula,
    NotEncodableError,
    RegularLanguage,
    Solver,
    StringTerm,
)

COLONS_BEFORE_LAST_PART = 5


def glob_language(logic: Solver, pieces: Sequence[str | Wildcard], style: WildcardScope) -> RegularLanguage:
    """Return what a pattern without variables matches; `temp_access.iam.patterns` says how far `*` reaches."""
    within_part = logic.either([logic.characters("\0", "9"), logic.characters(";", LAST_CHARACTER)])
    colons = 0 if style is not WildcardScope.TEXT else COLONS_BEFORE_LAST_PART
    found: list[RegularLanguage] = []
    for position, piece in enumerate(pieces):
        everywhere = colons >= COLONS_BEFORE_LAST_PART
        if isinstance(piece, str):
            colons += piece.count(":")
            found.append(logic.exactly(piece))
        elif piece is Wildcard.ONE:
            found.append(logic.any_character if everywhere else within_part)
        elif everywhere or (style is WildcardScope.RESOURCE and _ends_part(pieces, position)):
            found.append(logic.anything)
        else:
            found.append(logic.repeated(within_part))
    return logic.sequence(found)


def _ends_part(pieces: Sequence[str | Wildcard], position: int) -> bool:
    following = pieces[position + 1] if position + 1 < len(pieces) else ":"
    return isinstance(following, str) and following.startswith(":")


def ignoring_case(logic: Solver, text: str) -> RegularLanguage:
    """Return every spelling whose lower case is that of `text`, which must be ASCII."""
    return logic.sequence(
        # U+212A, the sign for kelvin, is the one other character whose lower case is ASCII.
        logic.either([logic.exactly(c) for c in {low, low.upper(), *("\u212a" if low == "k" else "")}])
        for low in text.lower()
    )


NAME = "«any-folder"
FOLDER = f"{NAME}*?$»"


class FolderPlaceholder(Enum):
    """A place where the folder stands: as literal text, or so that its characters have a meaning."""

    LITERAL = "literal"
    BARE = "bare"


Part = str | Wildcard | Variable | FolderPlaceholder


def split(text: str, *, variables: bool, wildcards: bool) -> tuple[Part, ...]:
    """Split a pattern into its pieces, as the evaluator does, with a Hole wherever the marker is.

    Raises UnmodelledError where the marker was changed, and can't be followed.
    """
    parts: list[Part] = []
    for index, chunk in enumerate(text.split(FOLDER)):
        # Without wildcards the bare marker is as good as an escaped one, but for its `$`.
        parts.extend([FolderPlaceholder.BARE] if index else [])
        for piece in split_pattern(chunk, variables=variables, wildcards=wildcards):
            parts.extend(_with_placeholders(piece) if isinstance(piece, str) else [piece])
    if any(NAME in part for part in parts if isinstance(part, str)):
        raise NotEncodableError(f"the folder is in {text!r} in a form that isn't followed here")
    return tuple(parts)


def _with_placeholders(literal: str) -> list[Part]:
    found: list[Part] = []
    for index, chunk in enumerate(literal.split(FOLDER)):
        found.extend([FolderPlaceholder.LITERAL] if index else [])
        found.extend([chunk] if chunk else [])
    return found


def matches_segments(logic: Solver, value: StringTerm, pieces: Sequence[StringTerm | Wildcard]) -> Formula:
    """Whether `value` is made of the pieces; `*` stands for anything, and `?` isn't modelled here."""
    if any(piece is Wildcard.ONE for piece in pieces):
        raise NotEncodableError("`?` in a pattern that has a variable isn't modelled")
    segments: list[list[StringTerm]] = [[]]
    for piece in pieces:
        if isinstance(piece, Wildcard):
            segments.append([])
        else:
            segments[-1].append(piece)
    first, *middle = [logic.concat(segment) for segment in segments]
    if not middle:
        return logic.equal(value, first)
    last = middle.pop()
    if not middle and not segments[-1]:
        return logic.prefix_of(value, first)
    found = [logic.prefix_of(value, first), logic.suffix_of(value, last)]
    # Each segment is taken at the first place where it fits: if any choice of places works, this one does.
    end = logic.length(first)
    for segment in middle:
        place = logic.find(value, segment, end)
        found.append(logic.at_least(place, logic.number(0)))
        end = logic.plus(place, logic.length(segment))
    found.append(logic.at_least(logic.length(value), logic.plus(end, logic.length(last))))
    return logic.and_(found)


_SPECIAL = "*?$"


def matches_any(
    encoder: Encoder,
    value: StringTerm,
    patterns: Sequence[str],
    *,
    variables: bool,
    style: WildcardScope = WildcardScope.TEXT,
    wildcards: bool = True,
) -> Formula:
    """Whether `value` matches one of the patterns."""
    return encoder.logic.or_(
        _matches(encoder, value, text, split(text, variables=variables, wildcards=wildcards), style)
        for text in patterns
    )


def _matches(encoder: Encoder, value: StringTerm, text: str, parts: tuple[Part, ...], style: WildcardScope) -> Formula:
    logic = encoder.logic
    if FolderPlaceholder.BARE in parts:
        special = logic.either([logic.exactly(c) for c in _SPECIAL])
        has_special = logic.in_language(encoder.folder, logic.sequence([logic.anything, special, logic.anything]))
        literal = tuple(FolderPlaceholder.LITERAL if part is FolderPlaceholder.BARE else part for part in parts)
        plain = _matches(encoder, value, text, literal, style)
        # What the folder's own wildcards match stays open; a witness shows it on a folder of its own.
        return logic.or_(
            [
                logic.and_([logic.not_(has_special), plain]),
                logic.and_([has_special, encoder.unescaped_match(f"{value} {style.value} {parts}")]),
            ]
        )
    if parts == (Wildcard.ANY,):
        return logic.true
    plain_parts = [part for part in parts if isinstance(part, str | Wildcard)]
    if len(plain_parts) == len(parts):
        if all(isinstance(part, str) for part in plain_parts):
            return logic.equal(value, logic.text("".join(map(str, plain_parts))))
        return logic.in_language(value, glob_language(logic, plain_parts, style))
    return _matches_texts(encoder, value, parts, style)


def _matches_texts(encoder: Encoder, value: StringTerm, parts: tuple[Part, ...], style: WildcardScope) -> Formula:
    logic = encoder.logic
    known: list[Formula] = []
    pieces: list[StringTerm | Wildcard] = []
    colons = 0
    for part in parts:
        if isinstance(part, Wildcard):
            if style is not WildcardScope.TEXT and colons < COLONS_BEFORE_LAST_PART:
                raise NotEncodableError("a wildcard in the first parts of an ARN that has a variable isn't modelled")
            pieces.append(part)
        elif isinstance(part, str):
            colons += part.count(":")
            pieces.append(logic.text(part))
        elif isinstance(part, Variable):
            found = encoder.value(part.key)
            if part.default is None:
                known.append(found.present)
                pieces.append(found.text)
            else:
                pieces.append(logic.choose(found.present, found.text, logic.text(part.default)))
        else:
            pieces.append(encoder.folder)
    return logic.and_([*known, matches_segments(logic, value, pieces)])
