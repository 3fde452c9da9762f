"""Policy variables and wildcards, resolved and matched as IAM does.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import re
import secrets
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

Lookup = Callable[[str], str | None]
# In a resolved pattern a private character stands for a literal `*` or `?`; only `compile_pattern` knows them.
_PRIVATE = {"*": "\ue000", "?": "\ue001"}
_LITERAL = {private: literal for literal, private in _PRIVATE.items()}
# Random, so that no request can send a value that equals it.
UNMATCHABLE = f"\ue002{secrets.token_hex(16)}"
_VARIABLE = re.compile(r"\$\{\s*([^{},]*?)\s*(?:,\s*'([^']*)'\s*)?\}")


def resolve(template: str, lookup: Lookup, *, pattern: bool) -> str:
    """Return the template with its variables replaced, or UNMATCHABLE if one has neither a value nor a default.

    In a `pattern` the wildcards in a variable's value are literal.
    """
    missing = False

    def replacement(match: re.Match[str]) -> str:
        nonlocal missing
        key, default = match.group(1), match.group(2)
        value = key if key in ("*", "?", "$") else lookup(key)
        if value is None:
            value = default
        if value is None:
            missing = True
            return ""
        return "".join(_PRIVATE.get(character, character) for character in value) if pattern else value

    resolved = _VARIABLE.sub(replacement, template)
    return UNMATCHABLE if missing else resolved


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    """Return a regular expression for a resolved pattern; its wildcards match line ends too."""
    if pattern == UNMATCHABLE:
        return re.compile(r"(?!)")
    if ignore_case:
        pattern = pattern.lower()
    wildcards = {"*": ".*", "?": "."}
    parts = [wildcards.get(character) or re.escape(_LITERAL.get(character, character)) for character in pattern]
    return re.compile("".join(parts) + r"\Z", re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def has_variables(element: Any) -> bool:
    """Return whether a string in a policy's element has a variable."""
    return any("${" in string for string in _strings(element))


def has_unmatchable(element: Any) -> bool:
    """Return whether a string in a resolved element is UNMATCHABLE."""
    return any(string == UNMATCHABLE for string in _strings(element))


def _strings(element: Any) -> Iterator[str]:
    if isinstance(element, str):
        yield element
    elif isinstance(element, dict | list):
        for item in element.values() if isinstance(element, dict) else element:
            yield from _strings(item)


def resolve_list(patterns: list[str], lookup: Lookup) -> list[str]:
    """Resolve the patterns of a Resource or NotResource element."""
    return [resolve(pattern, lookup, pattern=True) for pattern in patterns]


def resolve_conditions(conditions: dict[str, Any], lookup: Lookup) -> dict[str, Any]:
    """Resolve the values of the string and ARN operators; the other operators take no variables."""
    resolved: dict[str, Any] = {}
    for operator, keys in conditions.items():
        name = operator.lower().rpartition(":")[2]
        if not isinstance(keys, dict) or not name.startswith(("string", "arn")):
            resolved[operator] = keys
            continue
        pattern = "like" in name or name.startswith("arn")
        resolved[operator] = {key: _resolve_values(value, lookup, pattern=pattern) for key, value in keys.items()}
    return resolved


def _resolve_values(value: Any, lookup: Lookup, *, pattern: bool) -> Any:
    if isinstance(value, list):
        return [_resolve_values(item, lookup, pattern=pattern) for item in value]
    return resolve(value, lookup, pattern=pattern) if isinstance(value, str) else value
