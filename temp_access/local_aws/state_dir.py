"""The state folder of the local AWS: its files, and the certificate in it."""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from temp_access.files import atomic_write, read_bounded_text

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"
DEFAULT_STATE = Path(".temp-access/local")
DEFAULT_PORT = 4610
HEALTH_PATH = "/_local_aws/health"
_CERTIFICATE_HOSTS = ("localhost", "*.localhost", "127.0.0.1")
_CERTIFICATE_ORGANIZATION = "temp-access local AWS"
_CERTIFICATE_VALIDITY = timedelta(days=825)
_CERTIFICATE_RENEWAL = timedelta(days=1)


@dataclass(frozen=True)
class StateDir:
    """The paths of the state folder and its files; only `make` writes."""

    root: Path

    @classmethod
    def of(cls, state_dir: Path) -> "StateDir":
        """Return the state folder at this path, which need not exist yet."""
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
        """The file with the access key of the deployed user `name`."""
        return self.users / f"{name}.json"

    @property
    def users_lock(self) -> Path:
        return self.root / "users.lock"

    @property
    def issuers(self) -> Path:
        """The file that says where the documents of OpenID providers are."""
        return self.root / "issuers.json"

    @property
    def issuers_lock(self) -> Path:
        return self.root / "issuers.lock"

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
    def access_logs(self) -> tuple[Path, Path]:
        """The access log, and the former one that was full."""
        return self.access_log, self.root / "access.log.1"

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
        """The folder that clients use instead of ~/.aws and the CDK CLI's home."""
        return self.root / "client"

    def make(self) -> None:
        """Create the folders, with access for their owner only."""
        for folder in (self.root, self.certificate.parent, self.services, self.objects, self.client):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.root.chmod(0o700)


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in the file, or an empty one if the file is missing or invalid."""
    try:
        value = json.loads(read_bounded_text(path, encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def write_private(path: Path, content: str) -> None:
    """Replace the file atomically by one that only its owner can read, and flush it to the disk."""
    atomic_write(path, content.encode(), mode=0o600, fsync=True)


def ensure_certificate(state_dir: StateDir) -> None:
    """Issue a certificate and its private key, unless those in the state folder are valid for another day.

    The certificate's file also has its issuer's: the server sends both, and clients trust the same file.
    """
    if state_dir.private_key.exists() and _remaining_validity(state_dir) > _CERTIFICATE_RENEWAL:
        return
    # Imported here: the cached path of `temp-access credentials --local` imports this module too.
    import trustme

    # The issuer's private key is never stored, so it can't sign another certificate that these clients trust.
    issuer = trustme.CA(organization_name=_CERTIFICATE_ORGANIZATION)
    now = datetime.now(UTC)
    issued = issuer.issue_cert(
        *_CERTIFICATE_HOSTS,
        organization_name=_CERTIFICATE_ORGANIZATION,
        # The clock may be set back a little later.
        not_before=now - timedelta(days=1),
        not_after=now + _CERTIFICATE_VALIDITY,
    )
    # The certificate is written last: after an interrupt in between, the next start finds none and issues both.
    state_dir.certificate.unlink(missing_ok=True)
    write_private(state_dir.private_key, issued.private_key_pem.bytes().decode("ascii"))
    chain = [*issued.cert_chain_pems, issuer.cert_pem]
    write_private(state_dir.certificate, "".join(pem.bytes().decode("ascii") for pem in chain))


def _remaining_validity(state_dir: StateDir) -> timedelta:
    """Return how long the server's certificate, the first in its file, is still valid; zero if it can't be read."""
    from cryptography import x509

    try:
        certificate = x509.load_pem_x509_certificate(state_dir.certificate.read_bytes())
    except (FileNotFoundError, ValueError):
        return timedelta(0)
    return certificate.not_valid_after_utc - datetime.now(UTC)
