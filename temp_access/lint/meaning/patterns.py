"""What a pattern matches, by the evaluator's own matching; a variable and a reference are a text of their own."""

import re
from functools import lru_cache

from temp_access.iam.patterns import PatternSet, Variable, Wildcard, WildcardScope, compile_patterns, split_pattern
from temp_access.iam.request import Request

# The names of a policy variable, which no probe has.
_PLACEHOLDER = "\ue000"
_VARIABLE = re.compile(r"\$\{(?![*?$]\})(?:[^{}]*\})?")
ANYBODY = Request(principal="*", action="", resource="", account="", resource_account="")


def without_variables(pattern: str) -> str:
    """Return a pattern with a placeholder for each variable; the escapes `${*}`, `${?}` and `${$}` stay."""
    return _VARIABLE.sub(_PLACEHOLDER, pattern).replace("<AWS.Partition>", "aws")


def has_wildcard(pattern: str) -> bool:
    """Whether a pattern has a `*` or `?` that isn't escaped."""
    parts = split_pattern(without_variables(pattern), variables=True, wildcards=True)
    return any(isinstance(part, Wildcard) for part in parts)


def is_catch_all(pattern: str) -> bool:
    """Whether a pattern matches every text that isn't empty: `*`, `**`, `?*`, `*?`."""
    parts = split_pattern(without_variables(pattern), variables=True, wildcards=True)
    return all(isinstance(part, Wildcard) for part in parts) and (
        Wildcard.ANY in parts and parts.count(Wildcard.ONE) <= 1
    )


def text_matches(pattern: str, text: str) -> bool:
    """Whether `*` and `?` in a pattern can stand for the rest of a text, in upper or lower case."""
    return _compiled(pattern, WildcardScope.TEXT).matches(text.lower(), ANYBODY)


def resource_matches(pattern: str, arn: str) -> bool:
    """Whether a resource pattern matches an ARN; parts that are missing at its end are `*`."""
    return _compiled(pattern, WildcardScope.RESOURCE).matches(arn, ANYBODY)


def variables(pattern: str) -> tuple[str, ...]:
    """Return the keys of a pattern's variables; none if one can't be read."""
    try:
        parts = split_pattern(pattern, variables=True, wildcards=True)
    except ValueError:
        return ()
    return tuple(part.key for part in parts if isinstance(part, Variable))


@lru_cache(maxsize=4096)
def _compiled(pattern: str, scope: WildcardScope) -> PatternSet:
    text = scope is WildcardScope.TEXT
    return compile_patterns([without_variables(pattern)], variables=True, scope=scope, ignore_case=text)
