"""StateDir: paths, certificate."""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from temp_access.files import atomic_write

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"
DEFAULT_STATE = Path(".temp-access/local")
DEFAULT_PORT = 4610
HEALTH_PATH = "/_local_aws/health"


@dataclass(frozen=True)
class StateDir:
    """The state folder and the files in it; only `make` writes anything."""

    root: Path

    @classmethod
    def of(cls, state_dir: Path) -> "StateDir":
        """Return the layout of `state_dir`, which need not exist yet."""
        return cls(Path(os.path.abspath(state_dir)))

    @property
    def certificate(self) -> Path:
        return self.root / "tls" / "certificate.pem"

    @property
    def private_key(self) -> Path:
        return self.root / "tls" / "private-key.pem"

    @property
    def services(self) -> Path:
        return self.root / "services"

    @property
    def objects(self) -> Path:
        return self.root / "objects"

    @property
    def deployer(self) -> Path:
        return self.root / "deployer.json"

    @property
    def users(self) -> Path:
        return self.root / "users"

    def user(self, name: str) -> Path:
        """The file with the access key of a deployed user."""
        return self.users / f"{name}.json"

    @property
    def users_lock(self) -> Path:
        return self.root / "users.lock"

    @property
    def server(self) -> Path:
        return self.root / "server.json"

    @property
    def settings(self) -> Path:
        return self.root / "settings.json"

    @property
    def access_log(self) -> Path:
        return self.root / "access.log"

    @property
    def server_log(self) -> Path:
        return self.root / "server.log"

    @property
    def start_lock(self) -> Path:
        return self.root / "start.lock"

    @property
    def server_lock(self) -> Path:
        return self.root / "server.lock"

    @property
    def client(self) -> Path:
        """The folder that stands in for ~/.aws and the CDK CLI's home."""
        return self.root / "client"

    def make(self) -> None:
        """Create the folders, for their owner alone."""
        for folder in (self.root, self.certificate.parent, self.services, self.objects, self.client):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.root.chmod(0o700)


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in the file, or an empty one when the file is missing or torn."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_private(path: Path, text: str) -> None:
    """Replace the file in one step, readable by its owner alone, and be sure that it is on the disk."""
    atomic_write(path, text.encode(), mode=0o600, fsync=True)


_NAMES = ("localhost", "*.localhost", "127.0.0.1")
_ORGANIZATION = "temp-access local AWS"
_VALIDITY = timedelta(days=825)
_RENEWAL = timedelta(days=1)


def ensure_certificate(layout: StateDir) -> None:
    """Issue a certificate with its private key, unless those in the state folder stay valid for another day.

    The certificate's file holds its issuer as well: the server sends the chain, and clients trust the same file.
    """
    if layout.private_key.exists() and _remaining(layout) > _RENEWAL:
        return
    # Imported here: the cached path of `temp-access credentials --local` imports this module too.
    import trustme

    # The issuer's private key is never stored, so nobody can make these clients trust another certificate.
    issuer = trustme.CA(organization_name=_ORGANIZATION)
    now = datetime.now(UTC)
    issued = issuer.issue_cert(
        *_NAMES,
        organization_name=_ORGANIZATION,
        # A clock that was just corrected may be a little behind.
        not_before=now - timedelta(days=1),
        not_after=now + _VALIDITY,
    )
    # The key changes before the certificate: interrupted in between, the next start finds no certificate.
    layout.certificate.unlink(missing_ok=True)
    write_private(layout.private_key, issued.private_key_pem.bytes().decode("ascii"))
    chain = [*issued.cert_chain_pems, issuer.cert_pem]
    write_private(layout.certificate, "".join(pem.bytes().decode("ascii") for pem in chain))


def _remaining(layout: StateDir) -> timedelta:
    """Return how long the server's certificate, the first in its file, stays valid; zero if it can't be read."""
    from cryptography import x509

    try:
        certificate = x509.load_pem_x509_certificate(layout.certificate.read_bytes())
    except (FileNotFoundError, ValueError):
        return timedelta(0)
    return certificate.not_valid_after_utc - datetime.now(UTC)
