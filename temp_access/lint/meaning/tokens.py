"""What a trust policy requires of a token: the identity providers of a statement, and the values of their claims.

A provider's claims are condition keys that begin with its host, `token.actions.githubusercontent.com:sub`. A request
has those of one provider only.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from temp_access.iam.patterns import Variable, Wildcard, split_pattern
from temp_access.iam.statements import ConditionEntry, PolicyType, StatementView
from temp_access.lint.actions import named_actions
from temp_access.lint.meaning.conditions import (
    has_pattern_values,
    is_negated,
    limits,
    operator_name,
    requires_key,
)

_ACTION = "sts:AssumeRoleWithWebIdentity"
_PROVIDER = re.compile(r"arn:[^:]+:iam::[^:]*:oidc-provider/(?P<host>.+)", re.IGNORECASE)
_EQUALITIES = frozenset(
    ["stringequals", "stringequalsignorecase", "stringlike", "binaryequals", "arnequals", "arnlike"]
)
# AWS knows these without a provider in the account. Their tokens are of the users of an app, which the audience names.
BUILT_IN = {
    "accounts.google.com": ("aud", "oaud"),
    "cognito-identity.amazonaws.com": ("aud",),
    "graph.facebook.com": ("app_id",),
    "www.amazon.com": ("app_id",),
}


@dataclass(frozen=True, slots=True)
class TokenProvider:
    """An identity provider that a statement trusts; `host` is None if it isn't known, or if it can be any provider."""

    name: str
    host: str | None
    conditions: tuple[ConditionEntry, ...]

    @property
    def shown(self) -> str:
        """The provider in messages and ids."""
        return self.host or self.name

    @property
    def is_built_in(self) -> bool:
        """Whether its tokens are for the users of an app, whoever they are."""
        return self.host in BUILT_IN

    def keys(self, *claims: str) -> tuple[str, ...]:
        """Return the keys of these claims that the statement has conditions on, in lower case."""
        keys = (each.lower_key for each in self.conditions if each.keys_known)
        return tuple(dict.fromkeys(key for key in keys if _claim(key) in claims and self._has(key)))

    def limits(self, *claims: str) -> bool:
        """Whether the conditions exclude some values of one of these claims."""
        return any(limits(self.conditions, key) for key in self.keys(*claims))

    def values(self, key: str, *, loosely: bool = False) -> Iterator[tuple[tuple[str, str], ...]]:
        """Yield the values of each condition that holds only for tokens with one of them, as written and as patterns.

        With `loosely`, those of conditions that hold for tokens without the claim as well.
        """
        if loosely or requires_key(self.conditions, key):
            for entry in self.conditions:
                if entry.lower_key == key and operator_name(entry) in _EQUALITIES and not is_negated(entry):
                    wildcards = has_pattern_values(entry)
                    yield tuple((value, _as_pattern(value, wildcards=wildcards)) for value in entry.values)

    @property
    def is_excluded(self) -> bool:
        """Whether the statement requires a claim of another provider, so that no token of this one meets it."""
        keys = {each.lower_key for each in self.conditions if each.keys_known}
        return any(_is_of_token(key) and not self._has(key) and requires_key(self.conditions, key) for key in keys)

    def _has(self, key: str) -> bool:
        host = key_host(key)
        return _is_of_token(key) and (self.host is None or "<" in host or host == self.host)


def key_host(key: str) -> str:
    """Return the host of a claim's key; an issuer's slash at the end doesn't matter."""
    return key.rpartition(":")[0].removesuffix("/")


def token_providers(statement: StatementView) -> Iterator[TokenProvider]:
    """Yield the providers whose tokens an Allow of a trust policy accepts, unless another's claim is required."""
    if statement.kind is not PolicyType.TRUST or not statement.allow or not any(named_actions(statement, [_ACTION])):
        return
    for provider in dict(_providers(statement)).values():
        if not provider.is_excluded:
            yield provider


def _providers(statement: StatementView) -> Iterator[tuple[str, TokenProvider]]:
    if statement.not_principal:
        yield "", TokenProvider("NotPrincipal", None, statement.conditions)
        return
    for type_, name in statement.principals:
        if name == "*" and type_ in ("AWS", "Federated", "*"):
            yield "*", TokenProvider("*", None, statement.conditions)
        elif type_ == "Federated" and ":saml-provider/" not in name:
            match = _PROVIDER.fullmatch(name)
            host = (match["host"] if match else name).lower().removesuffix("/")
            yield name, TokenProvider(name, None if "<" in host else host, statement.conditions)


def _claim(key: str) -> str:
    return key.rpartition(":")[2]


def _is_of_token(key: str) -> bool:
    # The prefixes of AWS's own keys (aws, sts, saml) have no dot.
    host = key_host(key)
    return "." in host or "<" in host


def _as_pattern(value: str, *, wildcards: bool) -> str:
    """Return a value in which `*` and `?` are wildcards and nothing else; a variable can be anything."""
    try:
        parts = split_pattern(value, variables=True, wildcards=wildcards)
    except ValueError:
        return value
    return "".join("*" if isinstance(part, Wildcard | Variable) else re.sub("[*?]", "x", str(part)) for part in parts)
