"""The self-signed certificate of the loopback server, made with the openssl command."""

import os
import shutil
import subprocess

from local_aws.layout import StateDir
from temp_access.errors import UserError

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
