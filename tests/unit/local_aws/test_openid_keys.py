"""How the local AWS fetches the keys of an OpenID provider, from servers on loopback over http and https."""

import asyncio
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from temp_access.cli.main import main
from temp_access.errors import UserError
from temp_access.local_aws.issuers import IssuerPlace, issuer_place, place_issuer
from temp_access.local_aws.rules.call import AwsError
from temp_access.local_aws.server import openid_keys
from temp_access.local_aws.server.openid_keys import OpenIdKeys
from temp_access.local_aws.state_dir import StateDir

ISSUER = "https://openid.example.com/realms/a"
DISCOVERY = "/realms/a/.well-known/openid-configuration"
KEY = rsa.generate_private_key(65537, 2048)


def jwk(key_id: str, **fields: Any) -> dict[str, Any]:
    """Return a published key with this id."""
    return {**RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": key_id, **fields}


class Site:
    """A server on loopback with documents by path; `requests` are the paths that were asked for."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.documents: dict[str, Any] = {
            DISCOVERY: {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"},
            "/realms/a/keys": {"keys": [jwk("one")]},
        }
        self.status = 200
        self.requests: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.requests.append(self.path)
                document = site.documents.get(self.path)
                self.send_response(site.status if document is not None else 404)
                self.send_header("Location", "https://elsewhere.example.com/")
                self.end_headers()
                self.wfile.write(document if isinstance(document, bytes) else json.dumps(document).encode())

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        scheme = "http" if context is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self.server.server_address[1]}/realms/a"


@pytest.fixture
def site() -> Iterator[Site]:
    """Run a server over http."""
    running = Site()
    yield running
    running.server.shutdown()
    running.server.server_close()


def found(state_dir: Path, *key_ids: str | None) -> list[str]:
    """Ask for the keys one after another, and return for each its id or the code of the error."""

    async def ask() -> list[str]:
        keys, answers = OpenIdKeys(StateDir.of(state_dir)), []
        for key_id in key_ids:
            try:
                answers.append(str((await keys.key(ISSUER, key_id)).key_id))
            except AwsError as error:
                answers.append(error.code)
        return answers

    return asyncio.run(ask())


def test_keys_are_found_below_the_issuer_and_fetched_from_its_place(tmp_path: Path, site: Site) -> None:
    """The discovery document names URLs of the issuer; each document is asked for once."""
    place_issuer(tmp_path, ISSUER, site.url)
    assert found(tmp_path, "one", "one", None) == ["one", "one", "one"]
    assert site.requests == [DISCOVERY, "/realms/a/keys"]


def test_a_provider_over_https_is_verified_with_its_ca_file(tmp_path: Path) -> None:
    """Without the file, or with another one, the provider can't be reached."""
    authority, other = trustme.CA(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    site = Site(context)
    for name, issuer in (("right", authority), ("wrong", other)):
        issuer.cert_pem.write_to_path(str(tmp_path / f"{name}.pem"))
    for ca_file, answer in ((None, "IDPCommunicationError"), ("wrong", "IDPCommunicationError"), ("right", "one")):
        place_issuer(tmp_path, ISSUER, site.url, tmp_path / f"{ca_file}.pem" if ca_file else None)
        assert found(tmp_path, "one") == [answer]
    site.server.shutdown()
    site.server.server_close()


def test_an_unknown_key_is_looked_for_again_at_a_bounded_rate(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sends tokens with any key id doesn't make the local AWS ask the provider each time."""
    place_issuer(tmp_path, ISSUER, site.url)
    assert (
        found(tmp_path, "one", *(f"other-{number}" for number in range(50))) == ["one"] + ["InvalidIdentityToken"] * 50
    )
    assert len(site.requests) == 2
    monkeypatch.setattr(openid_keys, "REFETCH_SECONDS", 0.0)
    site.requests.clear()
    assert found(tmp_path, "one", "other") == ["one", "InvalidIdentityToken"]
    assert len(site.requests) == 4


def test_a_provider_that_fails_is_asked_again_at_a_bounded_rate(tmp_path: Path, site: Site) -> None:
    """The error stays the one that occurred."""
    place_issuer(tmp_path, ISSUER, site.url)
    site.status = 503
    assert found(tmp_path, *["one"] * 20) == ["IDPCommunicationError"] * 20
    assert len(site.requests) == 1


@pytest.mark.parametrize(
    ("path", "document"),
    [
        (DISCOVERY, None),
        (DISCOVERY, []),
        (DISCOVERY, b"\xff"),
        (DISCOVERY, b"[" * 100_000),
        (DISCOVERY, {"issuer": ISSUER}),
        (DISCOVERY, {"issuer": "https://other.example.com", "jwks_uri": f"{ISSUER}/keys"}),
        (DISCOVERY, {"issuer": f"{ISSUER}/", "jwks_uri": f"{ISSUER}/keys"}),
        (DISCOVERY, {"issuer": ISSUER, "jwks_uri": "http://127.0.0.1:9/keys"}),
        (DISCOVERY, {"issuer": ISSUER, "jwks_uri": "http://openid.example.com/realms/a/keys"}),
        (DISCOVERY, {"issuer": ISSUER, "jwks_uri": "file:///etc/passwd"}),
        (DISCOVERY, {"issuer": ISSUER, "jwks_uri": 5}),
        ("/realms/a/keys", None),
        ("/realms/a/keys", {"keys": {}}),
        ("/realms/a/keys", {"keys": []}),
        ("/realms/a/keys", {"keys": [5, {"kid": "one"}]}),
        ("/realms/a/keys", {"keys": [jwk("one", use="enc")]}),
        ("/realms/a/keys", {"keys": [jwk("one", kty="oct", k="c2VjcmV0")]}),
        ("/realms/a/keys", {"keys": [jwk("one", n="!")]}),
        ("/realms/a/keys", {"keys": [jwk("one"), jwk("one")]}),
        ("/realms/a/keys", b'{"keys": [], "x": "' + b"x" * 1024 * 1024 + b'"}'),
    ],
)
def test_documents_that_name_no_key(tmp_path: Path, site: Site, path: str, document: Any) -> None:
    """The discovery document is the issuer's, and only RSA keys for signatures count."""
    place_issuer(tmp_path, ISSUER, site.url)
    site.documents[path] = document
    assert found(tmp_path, "one") == ["InvalidIdentityToken"]


def test_an_elliptic_key_is_no_key_for_rs256(tmp_path: Path, site: Site) -> None:
    """It is left out, also when a token has no key id."""
    place_issuer(tmp_path, ISSUER, site.url)
    elliptic = ec.generate_private_key(ec.SECP256R1()).public_key()
    published = {**ECAlgorithm.to_jwk(elliptic, as_dict=True), "kid": "ec"}
    site.documents["/realms/a/keys"] = {"keys": [jwk("one"), published]}
    assert found(tmp_path, "ec", None) == ["InvalidIdentityToken", "one"]


def test_no_redirect_is_followed(tmp_path: Path, site: Site) -> None:
    """It could lead anywhere."""
    place_issuer(tmp_path, ISSUER, site.url)
    site.status = 302
    assert found(tmp_path, "one") == ["InvalidIdentityToken"]


def test_an_issuer_without_a_place_is_reached_itself(tmp_path: Path) -> None:
    """Here its name doesn't exist."""

    async def ask() -> str:
        try:
            await OpenIdKeys(StateDir.of(tmp_path)).key("https://nowhere.invalid", "one")
        except AwsError as error:
            return error.code
        return "found"

    assert asyncio.run(ask()) == "IDPCommunicationError"


def test_a_place_takes_effect_at_once(tmp_path: Path, site: Site) -> None:
    """What was known from the former place is forgotten."""

    async def ask() -> list[str]:
        keys, answers = OpenIdKeys(StateDir.of(tmp_path)), []
        for url in (site.url, "http://127.0.0.1:9"):
            place_issuer(tmp_path, ISSUER, url)
            try:
                answers.append(str((await keys.key(ISSUER, "one")).key_id))
            except AwsError as error:
                answers.append(error.code)
        return answers

    assert asyncio.run(ask()) == ["one", "IDPCommunicationError"]


@pytest.mark.parametrize(
    ("issuer", "url"),
    [
        ("http://a.example.com", "http://127.0.0.1:9000"),
        ("https://a.example.com?x", "http://127.0.0.1:9000"),
        ("https://a b", "http://127.0.0.1:9000"),
        ("https://a.example.com", "http://192.0.2.1:9000"),
        ("https://a.example.com", "http://127.0.0.1.example.com"),
        ("https://a.example.com", "ftp://127.0.0.1"),
        ("https://a.example.com", "127.0.0.1:9000"),
        ("https://a.example.com", "http://127.0.0.1:9000/?x=1"),
        ("https://a.example.com", "http://[::1"),
        ("https://a.example.com", "http://127.0.0.1:99999"),
    ],
)
def test_a_place_is_on_this_machine(tmp_path: Path, issuer: str, url: str) -> None:
    """And an issuer is one that AWS takes."""
    with pytest.raises(UserError):
        place_issuer(tmp_path, issuer, url)
    assert issuer_place(StateDir.of(tmp_path), issuer) is None


def test_the_command_places_an_issuer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It needs no server."""
    arguments = ["local", "issuer", ISSUER, "http://127.0.0.1:9000/", "--state", str(tmp_path)]
    assert main(arguments) == 0
    assert "at http://127.0.0.1:9000/" in capsys.readouterr().out
    assert issuer_place(StateDir.of(tmp_path), ISSUER) == IssuerPlace("http://127.0.0.1:9000")
    assert main(["local", "issuer", "x", "http://127.0.0.1", "--state", str(tmp_path)]) == 2
