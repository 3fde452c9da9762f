"""Texts that a pattern of a policy matches: its wildcards filled in."""

import itertools

from temp_access.policy.wildcards import Variable, Wildcard, split_pattern

_ANY = ("example", "")
_MOST_WILDCARDS = 6


def examples(pattern: str, *, user_name: str = "") -> tuple[str, ...]:
    """Return texts that `pattern` matches: `*` as some text and as none, `?` as one character."""
    pieces = split_pattern(pattern, variables=has_variables(pattern), wildcards=True)
    stars = sum(piece is Wildcard.ANY for piece in pieces)
    fillings = itertools.product(_ANY, repeat=stars) if stars <= _MOST_WILDCARDS else ((text,) * stars for text in _ANY)
    return tuple(dict.fromkeys(_filled(pieces, filling, user_name) for filling in fillings))


def has_variables(pattern: str) -> bool:
    """Whether what looks like policy variables in `pattern` is that; else its policy has a Version without them."""
    try:
        split_pattern(pattern, variables=True, wildcards=True)
    except ValueError:
        return False
    return True


def _filled(pieces: tuple[str | Wildcard | Variable, ...], filling: tuple[str, ...], user_name: str) -> str:
    rest = iter(filling)
    text = ""
    for piece in pieces:
        if piece is Wildcard.ANY:
            text += next(rest)
        elif piece is Wildcard.ONE:
            text += "x"
        elif isinstance(piece, Variable):
            text += user_name if piece.key.lower() == "aws:username" else piece.default or "value"
        else:
            text += str(piece)
    return text
