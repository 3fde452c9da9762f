"""The certificate of the local AWS: the hosts that it is valid for, its private key and its renewal."""

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509

from temp_access.local_aws.state_dir import StateDir, ensure_certificate

# The flags that Python 3.13 adds to the default context.
STRICT = ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN


@pytest.fixture(name="state_dir")
def _state_dir(tmp_path: Path) -> StateDir:
    state_dir = StateDir.of(tmp_path)
    state_dir.make()
    return state_dir


def handshake(state_dir: StateDir, host: str, flags: ssl.VerifyFlags) -> None:
    """Do a TLS handshake in memory between a server with the certificate and a client that trusts only its file."""
    client_context = ssl.create_default_context(cafile=str(state_dir.certificate))
    client_context.verify_flags |= flags
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_context.load_cert_chain(state_dir.certificate, state_dir.private_key)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=host)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    for endpoint in (client, server, client):
        try:
            endpoint.do_handshake()
        except ssl.SSLWantReadError:
            continue


@pytest.mark.parametrize("flags", [ssl.VERIFY_DEFAULT, STRICT], ids=["default", "strict"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_clients_accept_it_for_this_machine(state_dir: StateDir, host: str, flags: ssl.VerifyFlags) -> None:
    """They accept it even with the strict checks that are Python 3.13's default."""
    ensure_certificate(state_dir)
    handshake(state_dir, host, flags)


@pytest.mark.parametrize("host", ["example.com", "127.0.0.2"])
def test_clients_reject_it_for_any_other_host(state_dir: StateDir, host: str) -> None:
    """A client that trusts the certificate trusts no other machine."""
    ensure_certificate(state_dir)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(state_dir, host, ssl.VERIFY_DEFAULT)


def test_the_stored_key_is_private_and_cannot_sign_certificates(state_dir: StateDir) -> None:
    """Only its owner can read it, and it isn't the key of a certificate authority."""
    ensure_certificate(state_dir)
    assert stat.S_IMODE(state_dir.private_key.stat().st_mode) == 0o600
    server, issuer = x509.load_pem_x509_certificates(state_dir.certificate.read_bytes())
    assert not server.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert state_dir.private_key.read_text().count("PRIVATE KEY") == 2
    assert server.issuer == issuer.subject


def store(state_dir: StateDir, *, valid_for: timedelta) -> str:
    """Write a certificate to the state folder, and return the content of its file."""
    issued = trustme.CA().issue_cert("127.0.0.1", not_after=datetime.now(UTC) + valid_for)
    issued.private_key_pem.write_to_path(state_dir.private_key)
    issued.cert_chain_pems[0].write_to_path(state_dir.certificate)
    return state_dir.certificate.read_text()


def test_it_is_renewed_on_its_last_day(state_dir: StateDir) -> None:
    """It is kept until then, because running clients trust the one that they have read."""
    before = store(state_dir, valid_for=timedelta(hours=25))
    ensure_certificate(state_dir)
    assert state_dir.certificate.read_text() == before
    for hours in (23, -1):
        before = store(state_dir, valid_for=timedelta(hours=hours))
        ensure_certificate(state_dir)
        assert state_dir.certificate.read_text() != before
        handshake(state_dir, "127.0.0.1", ssl.VERIFY_DEFAULT)


@pytest.mark.parametrize("missing", ["certificate", "private_key"])
def test_a_missing_key_or_certificate_replaces_both(state_dir: StateDir, missing: str) -> None:
    """A private key belongs to one certificate."""
    ensure_certificate(state_dir)
    before = state_dir.certificate.read_text()
    getattr(state_dir, missing).unlink()
    ensure_certificate(state_dir)
    assert state_dir.certificate.read_text() != before
    handshake(state_dir, "localhost", ssl.VERIFY_DEFAULT)


@pytest.mark.parametrize("content", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_an_invalid_certificate_is_replaced(state_dir: StateDir, content: str) -> None:
    """An empty file, other text and a damaged certificate count as invalid."""
    ensure_certificate(state_dir)
    state_dir.certificate.write_text(content)
    ensure_certificate(state_dir)
    handshake(state_dir, "localhost", ssl.VERIFY_DEFAULT)


def test_a_self_signed_certificate_is_kept_while_it_is_valid(state_dir: StateDir) -> None:
    """Earlier versions stored one, and running clients trust it."""
    self_signed = trustme.CA()
    self_signed.private_key_pem.write_to_path(state_dir.private_key)
    self_signed.cert_pem.write_to_path(state_dir.certificate)
    ensure_certificate(state_dir)
    assert state_dir.certificate.read_bytes() == self_signed.cert_pem.bytes()
