"""Whether a text of the request matches a pattern, as a formula; temp_access.policy.patterns does it for values."""

from collections.abc import Sequence

from temp_access.policy.glob_regex import Style
from temp_access.policy.prove.encoder import Encoder
from temp_access.policy.prove.languages import COLONS_BEFORE_LAST_PART, glob_language
from temp_access.policy.prove.marker import Hole, Part, split
from temp_access.policy.prove.segments import matches_segments
from temp_access.policy.prove.solver import Formula, Text
from temp_access.policy.prove.unmodelled import UnmodelledError
from temp_access.policy.wildcards import Variable, Wildcard

_SPECIAL = "*?$"


def matches_any(
    encoder: Encoder,
    value: Text,
    patterns: Sequence[str],
    *,
    variables: bool,
    style: Style = Style.TEXT,
    wildcards: bool = True,
) -> Formula:
    """Whether `value` matches one of the patterns."""
    return encoder.logic.any(
        _matches(encoder, value, text, split(text, variables=variables, wildcards=wildcards), style)
        for text in patterns
    )


def _matches(encoder: Encoder, value: Text, text: str, parts: tuple[Part, ...], style: Style) -> Formula:
    logic = encoder.logic
    if Hole.BARE in parts:
        special = logic.either([logic.exactly(c) for c in _SPECIAL])
        has_special = logic.within(encoder.folder, logic.sequence([logic.anything, special, logic.anything]))
        literal = tuple(Hole.LITERAL if part is Hole.BARE else part for part in parts)
        plain = _matches(encoder, value, text, literal, style)
        # What the folder's own wildcards match stays open; a witness shows it on a folder of its own.
        return logic.any(
            [
                logic.all([logic.no(has_special), plain]),
                logic.all([has_special, encoder.bare_match(f"{value} {style.value} {parts}")]),
            ]
        )
    if parts == (Wildcard.ANY,):
        return logic.true
    plain_parts = [part for part in parts if isinstance(part, str | Wildcard)]
    if len(plain_parts) == len(parts):
        if all(isinstance(part, str) for part in plain_parts):
            return logic.equal(value, logic.text("".join(map(str, plain_parts))))
        return logic.within(value, glob_language(logic, plain_parts, style))
    return _matches_texts(encoder, value, parts, style)


def _matches_texts(encoder: Encoder, value: Text, parts: tuple[Part, ...], style: Style) -> Formula:
    logic = encoder.logic
    known: list[Formula] = []
    pieces: list[Text | Wildcard] = []
    colons = 0
    for part in parts:
        if isinstance(part, Wildcard):
            if style is not Style.TEXT and colons < COLONS_BEFORE_LAST_PART:
                raise UnmodelledError("a wildcard in the first parts of an ARN that has a variable isn't modelled")
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
    return logic.all([*known, matches_segments(logic, value, pieces)])
