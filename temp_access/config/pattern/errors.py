"""What a refused pattern raises."""


class PatternError(ValueError):
    """A pattern outside the subset: where (`position`, 1-based, in characters), why, and what to write."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(position, reason)
        self.position = position
        self.reason = reason

    def __str__(self) -> str:
        return f"at character {self.position}: {self.reason}"
