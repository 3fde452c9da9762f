"""StateDir: paths, certificate."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temp_access.errors import UserError
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


# Written out in full: what openssl adds by itself differs between its versions, and Python's strict
# checking refuses a certificate without the key usage.
_CONFIG = """[req]
prompt = no
distinguished_name = name
x509_extensions = extensions
[name]
CN = temp-access local AWS
[extensions]
basicConstraints = critical, CA:TRUE
keyUsage = critical, digitalSignature, keyCertSign
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
subjectAltName = DNS:localhost, DNS:*.localhost, IP:127.0.0.1
"""


def ensure_certificate(layout: StateDir) -> None:
    """Make the certificate and its private key unless good ones are there; raise UserError without openssl."""
    openssl = shutil.which("openssl")
    if openssl is None:
        raise UserError("the command openssl was not found: install it, it makes the local AWS's certificate")
    if layout.private_key.exists() and layout.certificate.exists() and _good_for_a_day(openssl, layout):
        return
    config = layout.certificate.with_name("openssl.cnf")
    config.write_text(_CONFIG, encoding="ascii")
    os.close(os.open(layout.private_key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    layout.private_key.chmod(0o600)
    command = [openssl, "req", "-x509", "-config", str(config), "-newkey", "rsa:2048", "-nodes", "-sha256"]
    command += ["-days", "825", "-keyout", str(layout.private_key), "-out", str(layout.certificate)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        layout.certificate.unlink(missing_ok=True)
        raise UserError(f"openssl could not make a certificate: {made.stderr.strip()[-300:]}")


def _good_for_a_day(openssl: str, layout: StateDir) -> bool:
    command = [openssl, "x509", "-checkend", "86400", "-noout", "-in", str(layout.certificate)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
