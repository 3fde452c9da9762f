"""What STS requires of a web identity token, and the condition keys that its claims give a trust policy.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

import math
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from temp_access.local_aws.rules.call import AwsError

# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc.html
CLOCK_SKEW = 300
ALGORITHM = "RS256"
NOT_VALIDATED = (
    "The web identity token that was passed could not be validated by AWS. Get a new identity token from the identity "
    "provider and then retry the request."
)
NO_KEY = (
    "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity "
    "documentation for requirements"
)
_TAGS_CLAIM, _SOURCE_IDENTITY_CLAIM = "https://aws.amazon.com/tags", "https://aws.amazon.com/source_identity"
_REQUIRED_CLAIMS = ("iss", "aud", "sub", "exp", "iat")
_GITHUB = "token.actions.githubusercontent.com"
_GITHUB_KEYS = (
    "actor",
    "actor_id",
    "enterprise_id",
    "environment",
    "job_workflow_ref",
    "ref",
    "repository",
    "repository_id",
    "workflow",
)


@dataclass(frozen=True)
class TokenIdentity:
    """The claims of a token; verified or not, as the name of the variable says."""

    claims: Mapping[str, Any]

    @property
    def issuer(self) -> str:
        return str(self.claims["iss"])

    @property
    def host(self) -> str:
        """The issuer without https://, which is the prefix of its condition keys and the end of its provider's ARN."""
        return self.issuer.removeprefix("https://")

    @property
    def subject(self) -> str:
        return str(self.claims["sub"])

    @property
    def audiences(self) -> list[str]:
        """The client ids of the token: `azp` if it has that claim, else `aud`.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
        """
        value = self.claims.get("azp") or self.claims["aud"]
        return [str(item) for item in value] if isinstance(value, list) else [str(value)]

    @property
    def session_tags(self) -> dict[str, str]:
        """The session tags that the token passes.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
        """
        claim = self.claims.get(_TAGS_CLAIM)
        tags = claim.get("principal_tags") if isinstance(claim, dict) else None
        if not isinstance(tags, dict):
            return {}
        return {key: str(value[0] if isinstance(value, list) and value else value) for key, value in tags.items()}

    @property
    def source_identity(self) -> str | None:
        """The source identity that the token sets.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
        """
        value = self.claims.get(_SOURCE_IDENTITY_CLAIM)
        return value if isinstance(value, str) and value else None

    def trust_keys(self) -> dict[str, Any]:
        """The condition keys of the call, in lower case."""
        keys = {**self.session_keys(), f"{self.host}:oaud": self.claims["aud"], f"{self.host}:email": None}
        further = _GITHUB_KEYS if self.host == _GITHUB else ()
        keys.update({f"{self.host}:{name}": self.claims.get(name) for name in ("email", *further)})
        return {key.lower(): value for key, value in keys.items() if isinstance(value, str | list)}

    def session_keys(self) -> dict[str, Any]:
        """The condition keys that calls of the session have too, in lower case."""
        audience = self.audiences[0] if len(self.audiences) == 1 else self.audiences
        keys = {"aud": audience, "sub": self.subject, "amr": self.claims.get("amr")}
        return {f"{self.host}:{name}".lower(): value for name, value in keys.items() if isinstance(value, str | list)}


def invalid(message: str) -> AwsError:
    """Return the error for a token that can't be accepted."""
    return AwsError("InvalidIdentityToken", message)


def access_denied() -> AwsError:
    """Return the denial, which is the same for a role that doesn't exist."""
    return AwsError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)


def algorithm(header: Mapping[str, Any]) -> None:
    """A token is signed with RS256: neither unsigned nor with a shared secret, which might be the public key.

    AWS takes RS384, RS512 and the ES algorithms too.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
    """
    if header.get("alg") != ALGORITHM:
        raise invalid(NOT_VALIDATED)


def required_claims(claims: Mapping[str, Any]) -> None:
    """A token names its issuer, audience, subject, time of issue and expiry.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
    """
    for name in _REQUIRED_CLAIMS:
        value = claims.get(name)
        is_time = _is_time(value)
        is_text = isinstance(value, str) and value != ""
        is_texts = isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)
        if not (is_time if name in ("exp", "iat") else is_text or (name == "aud" and is_texts)):
            raise invalid(f"Missing a required claim: {name}")


def registered_provider(
    identity: TokenIdentity, account: str, client_ids_of: Callable[[str], list[str] | None]
) -> tuple[str, list[str]]:
    """The issuer is an IAM OIDC provider in the role's account; returns its ARN and its client ids.

    `client_ids_of` takes an ARN, and returns None if there is no such provider.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
    """
    arn = f"arn:aws:iam::{account}:oidc-provider/{identity.host}"
    client_ids = client_ids_of(arn) if identity.issuer.startswith("https://") else None
    if client_ids is None:
        raise invalid(f"No OpenIDConnect provider found in your account for {identity.issuer}")
    return arn, client_ids


def audience_is_registered(identity: TokenIdentity, client_ids: Collection[str]) -> None:
    """The token's audience is one of the provider's client ids.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
    """
    if not set(identity.audiences) & set(client_ids):
        raise invalid("Incorrect token audience")


def validity(identity: TokenIdentity) -> None:
    """A token is accepted until five minutes after its expiry, and not before its time.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc.html
    """
    now, expiry = int(time.time()), identity.claims["exp"]
    if now >= expiry + CLOCK_SKEW:
        raise AwsError(
            "ExpiredTokenException",
            f"Token expired: current date/time {now} must be before the expiration date/time {int(expiry)}",
        )
    for name in ("iat", "nbf"):
        value = identity.claims.get(name, 0)
        if not _is_time(value) or value > now + CLOCK_SKEW:
            raise invalid(NOT_VALIDATED)


def _is_time(value: Any) -> bool:
    # Python's parser takes Infinity and NaN, which never expire.
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
