"""Patterns whose literal parts are themselves unknown texts: a value cut at the `*` of the pattern."""

from collections.abc import Sequence

from temp_access.policy.prove.solver import Formula, Solver, StringTerm
from temp_access.policy.prove.unmodelled import NotEncodableError
from temp_access.policy.wildcards import Wildcard


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
