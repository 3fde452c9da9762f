"""The rules by id: each is a function that yields a message for each fault of a statement."""

from collections.abc import Callable, Iterator

from temp_access.lint.model import Statement
from temp_access.lint.rules import (
    account_trust,
    everyone,
    location_under_prefix,
    prefix_without_slash,
    session_principal,
    string_equals_wildcard,
    variable_version,
)

RULES: dict[str, Callable[[Statement], Iterator[str]]] = {
    "AccountTrust": account_trust.check,
    "Everyone": everyone.check,
    "LocationUnderPrefix": location_under_prefix.check,
    "PrefixWithoutSlash": prefix_without_slash.check,
    "SessionPrincipal": session_principal.check,
    "StringEqualsWildcard": string_equals_wildcard.check,
    "VariableVersion": variable_version.check,
}
