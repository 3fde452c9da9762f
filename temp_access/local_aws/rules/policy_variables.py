"""Policy variables, resolved as IAM resolves them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import re
import secrets
from collections.abc import Callable
from functools import lru_cache
from typing import Any

Lookup = Callable[[str], str | None]
# A literal `*` or `?` travels through a pattern as a private character that only `compiled` knows.
_LITERAL = {"*": "\ue000", "?": "\ue001"}
_PLAIN = {private: plain for plain, private in _LITERAL.items()}
# Equal to no value that anybody can send.
UNMATCHABLE = f"\ue002{secrets.token_hex(16)}"
_VARIABLE = re.compile(r"\$\{\s*([^{},]*?)\s*(?:,\s*'([^']*)'\s*)?\}")


def resolve(text: str, lookup: Lookup, *, pattern: bool) -> str:
    """Return the text with its variables replaced, or NEVER when one has neither a value nor a default.

    In a `pattern` the wildcards that come out of a variable are literal ones.
    """
    missing = False

    def replaced(match: re.Match[str]) -> str:
        nonlocal missing
        key, default = match.group(1), match.group(2)
        if key in ("*", "?", "$"):
            value: str | None = key
        else:
            value = lookup(key)
            if value is None:
                value = default
        if value is None:
            missing = True
            return ""
        return "".join(_LITERAL.get(character, character) for character in value) if pattern else value

    resolved = _VARIABLE.sub(replaced, text)
    return UNMATCHABLE if missing else resolved


@lru_cache(maxsize=4096)
def compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    """Return the pattern with `*` and `?` as wildcards, over line ends too, and literal ones as themselves."""
    if pattern == UNMATCHABLE:
        return re.compile(r"(?!)")
    if ignore_case:
        pattern = pattern.lower()
    wild = {"*": ".*", "?": "."}
    parts = [wild.get(character) or re.escape(_PLAIN.get(character, character)) for character in pattern]
    return re.compile("".join(parts) + r"\Z", re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def has_variables(element: Any) -> bool:
    """Return whether there is a variable anywhere in a string, list or mapping of a policy."""
    if isinstance(element, dict):
        return any(has_variables(value) for value in element.values())
    if isinstance(element, list):
        return any(has_variables(value) for value in element)
    return isinstance(element, str) and "${" in element


def resolve_list(values: list[str], lookup: Lookup) -> list[str]:
    """Resolve the patterns of a Resource or NotResource."""
    return [resolve(value, lookup, pattern=True) for value in values]


def resolve_conditions(conditions: dict[str, Any], lookup: Lookup) -> dict[str, Any]:
    """Resolve the values of the string and ARN operators; numbers, dates, addresses and flags take no variables."""
    resolved: dict[str, Any] = {}
    for operator, block in conditions.items():
        name = operator.lower().rpartition(":")[2]
        if not isinstance(block, dict) or not name.startswith(("string", "arn")):
            resolved[operator] = block
            continue
        pattern = "like" in name or name.startswith("arn")
        resolved[operator] = {key: _values(value, lookup, pattern=pattern) for key, value in block.items()}
    return resolved


def _values(value: Any, lookup: Lookup, *, pattern: bool) -> Any:
    if isinstance(value, list):
        return [_values(one, lookup, pattern=pattern) for one in value]
    return resolve(value, lookup, pattern=pattern) if isinstance(value, str) else value


def unresolved(element: Any) -> bool:
    """Return whether a resolved element still has a variable without a value in it."""
    if isinstance(element, dict):
        return any(unresolved(value) for value in element.values())
    if isinstance(element, list):
        return any(unresolved(value) for value in element)
    return bool(element == UNMATCHABLE)
