"""A policy variable is written ${key}, with a key that exists; another never has a value, so nothing matches.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from temp_access.iam.statements import StatementView
from temp_access.lint.model import TAG_KEYS, VARIABLE_KEYS, Violation

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
# What is left of one whose dollar, brace or colon was lost.
_BROKEN = re.compile(r"\$\{[^{}/]*|\$[a-zA-Z-]+[:.][\w/-]+\}?|\{aws[:.][\w/-]+\}")
_ESCAPES = frozenset("*?$")


def check(statement: StatementView) -> Iterator[Violation]:
    """Yield each variable that is misspelt, with the nearest that is known."""
    values = [value for condition in statement.conditions for value in condition.values]
    for value in dict.fromkeys((*statement.resources, *values)):
        for match in _VARIABLE.finditer(value):
            key = match[1].partition(",")[0].strip()
            if match[1] not in _ESCAPES and not _is_known(key):
                yield _fault(match[0], key)
        for match in _BROKEN.finditer(_VARIABLE.sub("", value)):
            yield _fault(match[0], match[0].strip("${}"))


def _is_known(key: str) -> bool:
    name, slash, _ = key.lower().partition("/")
    prefix, colon, _ = name.partition(":")
    if prefix == "aws" or get_close_matches(name, VARIABLE_KEYS, n=1, cutoff=0.85):
        return name in (TAG_KEYS if slash else VARIABLE_KEYS)
    # Identity providers and services bring keys of their own.
    return bool(colon)


def _fault(text: str, key: str) -> Violation:
    name, slash, tag = key.partition("/")
    known = TAG_KEYS if slash else VARIABLE_KEYS
    near = get_close_matches(name.lower().replace(".", ":", 1), known, n=1, cutoff=0.6)
    hint = f"did you mean ${{{known[near[0]]}{slash}{tag}}}?" if near else "write ${key}, with a key that exists"
    return Violation(text, f"{text} is no policy variable; {hint}")
