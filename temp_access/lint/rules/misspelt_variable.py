"""A policy variable is written ${key}, with a key that exists; any other has no value, so nothing matches.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from temp_access.iam.statements import StatementView
from temp_access.lint.model import TAG_KEYS, VARIABLE_KEYS, Violation

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
# A variable that lacks its dollar sign, a brace or its colon.
_BROKEN = re.compile(r"\$\{[^{}/]*|\$[a-zA-Z-]+[:.][\w/-]+\}?|\{aws[:.][\w/-]+\}")
_ESCAPES = frozenset("*?$")


def check(statement: StatementView) -> Iterator[Violation]:
    """Yield each misspelt variable, with the most similar known one."""
    values = [value for condition in statement.conditions for value in condition.values]
    for value in dict.fromkeys((*statement.resources, *values)):
        for match in _VARIABLE.finditer(value):
            key = match[1].partition(",")[0].strip()
            if match[1] not in _ESCAPES and not _is_known(key):
                yield _violation(match[0], key)
        for match in _BROKEN.finditer(_VARIABLE.sub("", value)):
            yield _violation(match[0], match[0].strip("${}"))


def _is_known(key: str) -> bool:
    name, slash, tag = key.lower().partition("/")
    prefix, colon, _ = name.partition(":")
    if slash and not tag:
        return False
    if prefix == "aws" or get_close_matches(name, VARIABLE_KEYS, n=1, cutoff=0.85):
        return name in (TAG_KEYS if slash else VARIABLE_KEYS)
    # Identity providers and services have keys of their own.
    return bool(colon)


def _violation(variable: str, key: str) -> Violation:
    name, slash, tag = key.partition("/")
    known = TAG_KEYS if slash else VARIABLE_KEYS
    similar = get_close_matches(name.lower().replace(".", ":", 1), known, n=1, cutoff=0.6)
    hint = f"did you mean ${{{known[similar[0]]}{slash}{tag}}}?" if similar else "write ${key}, with a key that exists"
    return Violation(variable, f"{variable} isn't a policy variable; {hint}")
