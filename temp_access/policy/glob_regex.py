"""Turns the pieces of a pattern into a regular expression: the slow but general way to match."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

from temp_access.policy.wildcards import Wildcard


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
