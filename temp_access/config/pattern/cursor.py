"""A place in the pattern's text."""

from dataclasses import dataclass

from temp_access.config.pattern.errors import PatternError


@dataclass(slots=True)
class Cursor:
    """The text of a pattern and the index (0-based) of the character to read next."""

    text: str
    at: int = 0

    def peek(self) -> str:
        """Return the next character, or the empty string at the end."""
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        """Return the next character and step over it."""
        char = self.peek()
        self.at += 1
        return char

    def looking_at(self, *texts: str) -> bool:
        """Return whether one of these texts comes next."""
        return self.text.startswith(texts, self.at)

    def skip(self, text: str) -> bool:
        """Step over the text if it comes next, and return whether it did."""
        found = self.looking_at(text)
        if found:
            self.at += len(text)
        return found

    def error_at(self, reason: str, at: int | None = None) -> PatternError:
        """Return the error for the character at an index (0-based, else the next one)."""
        return PatternError((self.at if at is None else at) + 1, reason)
