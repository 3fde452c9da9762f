"""What a decision can depend on without being known: values of condition keys, and parts of policies."""

from enum import Enum


class UnknownValue(Enum):
    """A condition key whose value isn't known.

    PRESENT: the request has the key. POSSIBLE: the request may have it, or not.
    """

    PRESENT = "present"
    POSSIBLE = "possible"


class UnknownOutcome(Exception):
    """The outcome of a test depends on `name`: a condition key, or a part of a policy that can't be read."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name
