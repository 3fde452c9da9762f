"""The condition keys with what an identity provider says of its user: `HOST:sub`, `HOST:aud`, `saml:sub` and others.

Only a request with that provider's own token, or assertion, has them; a session that was created with one may still
have some of them.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from temp_access.iam.callers import CallerKind, caller_kind
from temp_access.iam.unknown import UnknownValue

# A provider is named by its issuer's domain and path, and keys of services have no dot before their colon.
_OF_TOKENS = re.compile(r"(?P<host>[^:]+\.[^:]+):(?P<claim>[^:]+)")
_OF_ASSERTIONS = "saml:"
_SAML_PROVIDER = ":saml-provider/"
# Each ID token has them: https://openid.net/specs/openid-connect-core-1_0.html#IDToken
REQUIRED_CLAIMS = frozenset(("aud", "sub"))


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A key of the tokens of the provider `host`, None for the keys of SAML assertions; both are in lower case."""

    host: str | None
    claim: str

    @property
    def is_required(self) -> bool:
        """Whether each token of an OpenID Connect provider has it."""
        return self.host is not None and self.claim in REQUIRED_CLAIMS

    def availability(self, principal: str) -> UnknownValue | None:
        """Return whether the requests of a caller have it: PRESENT, POSSIBLE, or None (never)."""
        kind, name = caller_kind(principal), principal.lower()
        if kind is CallerKind.ROLE:
            return UnknownValue.POSSIBLE
        if kind not in (CallerKind.PROVIDER, CallerKind.SERVICE):
            return None
        if self.host is None:
            return UnknownValue.POSSIBLE if _SAML_PROVIDER in name else None
        if name.endswith(f":oidc-provider/{self.host}"):
            return UnknownValue.PRESENT if self.is_required else UnknownValue.POSSIBLE
        # The providers without an ARN, such as accounts.google.com and cognito-identity.amazonaws.com.
        return UnknownValue.POSSIBLE if name == self.host else None


@lru_cache(maxsize=1024)
def token_key(key: str) -> TokenKey | None:
    """Return the key of tokens or assertions with this name (in lower case); None for a key of another kind."""
    if key.startswith(_OF_ASSERTIONS):
        return TokenKey(None, key.removeprefix(_OF_ASSERTIONS))
    match = _OF_TOKENS.fullmatch(key)
    return TokenKey(match["host"], match["claim"]) if match else None
