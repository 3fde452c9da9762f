"""The keys that OpenID providers publish: fetched when a token needs them, kept, and fetched again for a new one.

https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
"""

import asyncio
import http.client
import ssl
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import jwt

from temp_access.local_aws.issuers import IssuerPlace, issuer_place
from temp_access.local_aws.rules.call import AwsError, parse_json
from temp_access.local_aws.rules.web_identity import ALGORITHM, NO_KEY, invalid
from temp_access.local_aws.state_dir import StateDir

# Everybody can send tokens with any key id: each issuer is asked at most this often.
REFETCH_SECONDS = 2.0
_KEPT_SECONDS = 300.0
_TIMEOUT_SECONDS = 5.0
_MAX_DOCUMENT = 1024 * 1024
_UNREACHABLE = (
    "The request could not be fulfilled because the identity provider (IDP) that was asked to verify the incoming "
    "identity token could not be reached."
)


@dataclass
class _Issuer:
    """What is known of one issuer; `fetched_at` is when it was last asked, with or without success."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    place: IssuerPlace | None = None
    keys: list[dict[str, Any]] = field(default_factory=list)
    error: AwsError | None = None
    fetched_at: float = float("-inf")


class OpenIdKeys:
    """The published keys of all issuers."""

    def __init__(self, state_dir: StateDir) -> None:
        self._state_dir = state_dir
        self._issuers: dict[str, _Issuer] = {}

    async def key(self, issuer: str, key_id: str | None) -> jwt.PyJWK:
        """Return the key with this id, or without an id the only one.

        Call it for registered issuers only. Raises AwsError if there is none, or the provider can't be reached.
        """
        known = self._issuers.setdefault(issuer, _Issuer())
        async with known.lock:
            place = issuer_place(self._state_dir, issuer)
            age = time.monotonic() - known.fetched_at
            if place != known.place or age > _KEPT_SECONDS:
                known.keys, age = [], float("inf")
            key = _chosen(known.keys, key_id)
            if key is None and age > REFETCH_SECONDS:
                known.place, known.fetched_at, known.error = place, time.monotonic(), None
                try:
                    known.keys = await asyncio.to_thread(_published_keys, issuer, place)
                except AwsError as error:
                    known.error = error
                key = _chosen(known.keys, key_id)
            if key is None:
                raise known.error or invalid(NO_KEY)
        try:
            return jwt.PyJWK(key, ALGORITHM)
        except jwt.PyJWTError:
            raise invalid(NO_KEY) from None


def _chosen(keys: list[dict[str, Any]], key_id: str | None) -> dict[str, Any] | None:
    chosen = [key for key in keys if key_id in (None, key.get("kid"))]
    return chosen[0] if len(chosen) == 1 else None


def _published_keys(issuer: str, place: IssuerPlace | None) -> list[dict[str, Any]]:
    """Return the RSA keys for signatures; the discovery document names the issuer itself, and where its keys are."""
    base = issuer.rstrip("/")
    document = _fetch(f"{base}/.well-known/openid-configuration", base, place)
    keys_url = document.get("jwks_uri")
    if document.get("issuer") != issuer or not isinstance(keys_url, str):
        raise invalid(NO_KEY)
    keys = _fetch(keys_url, base, place).get("keys")
    return [
        key
        for key in (keys if isinstance(keys, list) else [])
        if isinstance(key, dict) and key.get("kty") == "RSA" and key.get("use", "sig") == "sig"
    ]


def _fetch(url: str, base: str, place: IssuerPlace | None) -> dict[str, Any]:
    """Return the JSON object at the URL; what lies below the issuer is fetched from its place, if it has one."""
    if place is not None and (url == base or url.startswith(f"{base}/")):
        url = place.url + url.removeprefix(base)
    parts = urlsplit(url)
    is_placed = place is not None and url.startswith(f"{place.url}/")
    if parts.hostname is None or not (parts.scheme == "https" or (parts.scheme == "http" and is_placed)):
        raise invalid(NO_KEY)
    try:
        connection = _connection(parts.scheme, parts.hostname, parts.port, place if is_placed else None)
        try:
            connection.request("GET", f"{parts.path}{f'?{parts.query}' if parts.query else ''}")
            response = connection.getresponse()
            content = response.read(_MAX_DOCUMENT + 1)
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException):
        raise AwsError("IDPCommunicationError", _UNREACHABLE) from None
    if response.status >= 500:
        raise AwsError("IDPCommunicationError", _UNREACHABLE)
    try:
        document = parse_json(content.decode("utf-8"))
    except ValueError:
        document = None
    # No redirect is followed: it could lead to a server that isn't the issuer's.
    if response.status != 200 or len(content) > _MAX_DOCUMENT or not isinstance(document, dict):
        raise invalid(NO_KEY)
    return document


def _connection(scheme: str, host: str, port: int | None, place: IssuerPlace | None) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=_TIMEOUT_SECONDS)
    context = ssl.create_default_context(cafile=place.ca_file if place is not None else None)
    return http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_SECONDS, context=context)
