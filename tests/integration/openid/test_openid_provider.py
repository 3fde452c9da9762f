"""The tests' own OpenID provider: what it publishes, what it issues, and its keys."""

import json
import urllib.request
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.integration.openid.provider import AUDIENCE, OpenIdProvider, running_provider

pytestmark = pytest.mark.integration
SUBJECT = "repo:example/app:ref:refs/heads/main"


def _document(provider: OpenIdProvider, path: str) -> Any:
    with urllib.request.urlopen(f"{provider.url}/{path}", timeout=10) as response:  # noqa: S310
        return json.load(response)


def _verified(provider: OpenIdProvider, token: str, audience: str = AUDIENCE) -> dict[str, Any]:
    keys = jwt.PyJWKSet.from_dict(_document(provider, "jwks"))
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(token, key, ["RS256"], audience=audience, issuer=provider.issuer)
    return claims


def test_the_discovery_document_names_the_issuer_and_its_keys(openid_provider: OpenIdProvider) -> None:
    """Its URLs are below the issuer, as those of a provider behind a proxy."""
    document = _document(openid_provider, ".well-known/openid-configuration")
    assert document["issuer"] == openid_provider.issuer
    assert document["jwks_uri"] == f"{openid_provider.issuer}/jwks"
    assert "d" not in _document(openid_provider, "jwks")["keys"][0]


def test_it_issues_what_is_asked_for(openid_provider: OpenIdProvider) -> None:
    """Subject, audience, expiry and further claims are in the token, which a published key verifies."""
    claims = _verified(openid_provider, openid_provider.token(SUBJECT, "a.example", 77, amr=["mfa"]), "a.example")
    assert claims["sub"] == SUBJECT
    assert claims["exp"] - claims["iat"] == 77
    assert claims["amr"] == ["mfa"]


def test_a_token_signed_here_is_like_its_own(openid_provider: OpenIdProvider) -> None:
    """The tests have the provider's keys, to sign what it wouldn't."""
    assert _verified(openid_provider, openid_provider.signed(openid_provider.claims(SUBJECT)))["sub"] == SUBJECT


def test_no_forgery_is_a_token_of_the_provider(openid_provider: OpenIdProvider) -> None:
    """A library that takes RS256 only refuses every one."""
    for forgery, token in openid_provider.forgeries(SUBJECT).items():
        with pytest.raises((jwt.PyJWTError, KeyError)):
            pytest.fail(f"{forgery}: {_verified(openid_provider, token)}")


def test_rotated_keys_replace_the_former_ones(tmp_path: Path) -> None:
    """A token of the former key is refused, one of the new key isn't."""
    with running_provider(tmp_path) as provider:
        former = provider.token(SUBJECT)
        provider.rotate_keys()
        with pytest.raises(KeyError):
            _verified(provider, former)
        assert _verified(provider, provider.token(SUBJECT))["sub"] == SUBJECT
