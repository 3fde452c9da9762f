"""Patterns of the policy language, and ids and folders of access.toml, as languages of the solver."""

from collections.abc import Sequence

from temp_access.config.pattern import Chars, Choice, LiteralText, Node, Repeat
from temp_access.config.pattern import Sequence as InOrder
from temp_access.policy.glob_regex import WildcardScope
from temp_access.policy.prove.solver import LAST_CHARACTER, RegularLanguage, Solver
from temp_access.policy.wildcards import Wildcard

COLONS_BEFORE_LAST_PART = 5


def glob_language(logic: Solver, pieces: Sequence[str | Wildcard], style: WildcardScope) -> RegularLanguage:
    """Return what a pattern without variables matches; `temp_access.policy.glob_regex` says how far `*` reaches."""
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


def id_language(logic: Solver, node: Node) -> RegularLanguage:
    """Return the ids that a pattern of `[any_id]` admits."""
    match node:
        case LiteralText(text):
            return logic.exactly(text)
        case Chars(ranges):
            return logic.either([logic.characters(low, high) for low, high in ranges])
        case InOrder(parts):
            return logic.sequence([id_language(logic, part) for part in parts])
        case Choice(options):
            return logic.either([id_language(logic, option) for option in options])
        case Repeat(part, least, most):
            return logic.repeated(id_language(logic, part), least, most)


def alphabet(logic: Solver, node: Node) -> RegularLanguage:
    """Return every character that an id of the pattern can have."""
    match node:
        case LiteralText(text):
            return logic.either([logic.exactly(char) for char in sorted(set(text))])
        case Chars():
            return id_language(logic, node)
        case InOrder(children) | Choice(children):
            return logic.either([alphabet(logic, child) for child in children])
        case Repeat(part, _, _):
            return alphabet(logic, part)


def folder_language(logic: Solver) -> RegularLanguage:
    """Return the folders that access.toml can give, and some that it refuses (`..`, or too long ones)."""
    # temp_access.config.ids: U+0020 to U+00FF without controls, no blank at either end of a part.
    visible = [("!", "."), ("0", "~"), ("\xa1", "\xff")]
    edge = logic.either([logic.characters(low, high) for low, high in visible])
    inner = logic.either([edge, logic.exactly(" "), logic.exactly("\xa0")])
    part = logic.sequence([edge, logic.repeated(logic.sequence([logic.repeated(inner), edge]), 0, 1)])
    return logic.sequence([part, logic.repeated(logic.sequence([logic.exactly("/"), part]))])
