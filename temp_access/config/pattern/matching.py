"""Matching without backtracking: all the places where a part can end, at once."""

from temp_access.config.pattern.tree import Chars, Choice, LiteralText, Node, Repeat, Sequence


def whole_match(tree: Node, text: str) -> bool:
    """Return whether the tree covers the text from its start to its end."""
    return bool(_Matcher(text).ends(tree, starts=1) >> len(text) & 1)


class _Matcher:
    """One text; a set of places in it is an integer whose bit i stands for "after i characters"."""

    def __init__(self, text: str) -> None:
        self._places: dict[str, int] = {}
        for index, char in enumerate(text):
            self._places[char] = self._places.get(char, 0) | 1 << index
        self._class_places: dict[int, int] = {}

    def ends(self, node: Node, starts: int) -> int:
        """Return every place where the part can end, given those where it can start."""
        if not starts:
            return 0
        match node:
            case Chars():
                return (starts & self._places_of(node)) << 1
            case LiteralText(text):
                for char in text:
                    starts = (starts & self._places.get(char, 0)) << 1
                return starts
            case Sequence(parts):
                for part in parts:
                    starts = self.ends(part, starts)
                return starts
            case Choice(options):
                found = 0
                for option in options:
                    found |= self.ends(option, starts)
                return found
            case Repeat(part, least, most):
                return self._repeated_ends(part, least, most, starts)

    def _repeated_ends(self, part: Node, least: int, most: int, starts: int) -> int:
        for _ in range(least):
            starts = self.ends(part, starts)
        found = starts
        for _ in range(most - least):
            # A place that was reached before, in fewer rounds, has all it can lead to in `found` already.
            starts = self.ends(part, starts) & ~found
            if not starts:
                break
            found |= starts
        return found

    def _places_of(self, chars: Chars) -> int:
        # By identity: hashing the ranges for each round of a repetition would take most of the time.
        found = self._class_places.get(id(chars))
        if found is None:
            found = sum(places for char, places in self._places.items() if char in chars)
            self._class_places[id(chars)] = found
        return found
