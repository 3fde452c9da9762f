"""Whether a text of the request matches a pattern, as a formula; temp_access.policy.patterns does it for values."""

from collections.abc import Sequence

from temp_access.policy.glob_regex import WildcardScope
from temp_access.policy.prove.encoder import Encoder
from temp_access.policy.prove.languages import COLONS_BEFORE_LAST_PART, glob_language
from temp_access.policy.prove.marker import FolderPlaceholder, Part, split
from temp_access.policy.prove.segments import matches_segments
from temp_access.policy.prove.solver import Formula, StringTerm
from temp_access.policy.prove.unmodelled import NotEncodableError
from temp_access.policy.wildcards import Variable, Wildcard

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
