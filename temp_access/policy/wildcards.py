"""Patterns of the policy language as pieces: literal text, the wildcards `*` and `?`, policy variables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from temp_access.policy.request import Request


class Wildcard(Enum):
    """`*` stands for any characters, also none and also `/`; `?` for exactly one."""

    ANY = "*"
    ONE = "?"


@dataclass(frozen=True)
class Variable:
    """`${key}` or `${key, 'default'}`."""

    key: str
    default: str | None

    def resolve(self, request: Request) -> str | None:
        """The text that replaces the variable, or None if it has no value; a multivalued key never has one.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value
        """
        value = request.value(self.key)
        return value if isinstance(value, str) else self.default


PatternPart = str | Wildcard | Variable
COLONS_OF_ARN = 5

_TOKEN = re.compile(
    r"""\$\{(?:(?P<escaped>[*?$])                    # a literal *, ? or $
            |\s*(?P<key>[^{}',\s][^{}',]*?)\s*       # a condition key
             (?:,\s*'(?P<default>[^']*)'\s*)?)\}     # its default
      |(?P<broken>\$\{)
      |(?P<wildcard>[*?])""",
    re.VERBOSE,
)
_WILDCARD = re.compile(r"(?P<wildcard>[*?])")


def split_pattern(text: str, *, variables: bool, wildcards: bool) -> tuple[PatternPart, ...]:
    """Split a pattern into its pieces; neighbouring literal text is one piece.

    `${*}`, `${?}` and `${$}` are the literal characters. Without `variables` (Version 2008-10-17) a `${…}`
    is text like any other: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html

    Raises ValueError if the syntax of a variable is wrong.
    """
    pieces: list[PatternPart] = []
    literal: list[str] = []
    end = 0
    for token in (_TOKEN if variables else _WILDCARD).finditer(text):
        literal.append(text[end : token.start()])
        end = token.end()
        found = token.groupdict()
        if found.get("broken"):
            raise ValueError(f"bad policy variable in {text!r}; write ${{key}} or ${{key, 'default'}}")
        if found["wildcard"] and not wildcards:
            literal.append(token[0])
        elif found.get("escaped"):
            literal.append(found["escaped"])
        else:
            _flush(literal, pieces)
            pieces.append(Wildcard(token[0]) if found["wildcard"] else Variable(found["key"], found["default"]))
    literal.append(text[end:])
    _flush(literal, pieces)
    return tuple(pieces)


def pad_arn(pattern: str) -> str:
    """Return a pattern of resources as AWS completes it: parts that an ARN lacks at its end are `*`.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """
    # One `*` is enough: at the end of a part it runs on through the parts that follow.
    return f"{pattern}:*" if pattern.startswith("arn:") and pattern.count(":") < COLONS_OF_ARN else pattern


def _flush(literal: list[str], pieces: list[PatternPart]) -> None:
    if text := "".join(literal):
        pieces.append(text)
    literal.clear()
