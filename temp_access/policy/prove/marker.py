"""The folder that stands for all folders, and its places in a compiled policy.

The marker holds every character that the policy language gives a meaning, so that its escaped form and
its bare form are told apart wherever a compiler puts it.
"""

from enum import Enum

from temp_access.policy.prove.unmodelled import NotEncodableError
from temp_access.policy.wildcards import Variable, Wildcard, split_pattern

NAME = "«any-folder"
FOLDER = f"{NAME}*?$»"


class FolderPlaceholder(Enum):
    """A place where the folder stands: as literal text, or so that its characters have a meaning."""

    LITERAL = "literal"
    BARE = "bare"


Part = str | Wildcard | Variable | FolderPlaceholder


def split(text: str, *, variables: bool, wildcards: bool) -> tuple[Part, ...]:
    """Split a pattern into its pieces, as the evaluator does, with a Hole wherever the marker is.

    Raises UnmodelledError where the marker was changed, and can't be followed.
    """
    parts: list[Part] = []
    for index, chunk in enumerate(text.split(FOLDER)):
        # Without wildcards the bare marker is as good as an escaped one, but for its `$`.
        parts.extend([FolderPlaceholder.BARE] if index else [])
        for piece in split_pattern(chunk, variables=variables, wildcards=wildcards):
            parts.extend(_with_placeholders(piece) if isinstance(piece, str) else [piece])
    if any(NAME in part for part in parts if isinstance(part, str)):
        raise NotEncodableError(f"the folder is in {text!r} in a form that isn't followed here")
    return tuple(parts)


def _with_placeholders(literal: str) -> list[Part]:
    found: list[Part] = []
    for index, chunk in enumerate(literal.split(FOLDER)):
        found.extend([FolderPlaceholder.LITERAL] if index else [])
        found.extend([chunk] if chunk else [])
    return found
