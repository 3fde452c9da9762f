"""The local AWS's certificate: what clients accept it for, who can read its key, and when it is renewed."""

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509

from temp_access.local_aws.state_dir import StateDir, ensure_certificate

# What Python 3.13 adds to the default context.
STRICT = ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN


@pytest.fixture(name="layout")
def _layout(tmp_path: Path) -> StateDir:
    layout = StateDir.of(tmp_path)
    layout.make()
    return layout


def handshake(layout: StateDir, host: str, flags: ssl.VerifyFlags) -> None:
    """Connect a client that trusts the certificate's file alone to a server that has it, in memory."""
    client_context = ssl.create_default_context(cafile=str(layout.certificate))
    client_context.verify_flags |= flags
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_context.load_cert_chain(layout.certificate, layout.private_key)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=host)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue


@pytest.mark.parametrize("flags", [ssl.VERIFY_DEFAULT, STRICT], ids=["default", "strict"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_clients_accept_it_for_this_machine(layout: StateDir, host: str, flags: ssl.VerifyFlags) -> None:
    """Also with the strict checks that Python 3.13 makes by default."""
    ensure_certificate(layout)
    handshake(layout, host, flags)


@pytest.mark.parametrize("host", ["example.com", "127.0.0.2"])
def test_clients_refuse_it_for_any_other_host(layout: StateDir, host: str) -> None:
    """A client that trusts it is open to this machine alone."""
    ensure_certificate(layout)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(layout, host, ssl.VERIFY_DEFAULT)


def test_the_stored_key_is_private_and_issues_no_certificates(layout: StateDir) -> None:
    """Its owner alone can read it, and it isn't the key of a certificate authority."""
    ensure_certificate(layout)
    assert stat.S_IMODE(layout.private_key.stat().st_mode) == 0o600
    server, issuer = x509.load_pem_x509_certificates(layout.certificate.read_bytes())
    assert not server.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert layout.private_key.read_text().count("PRIVATE KEY") == 2
    assert server.issuer == issuer.subject


def store(layout: StateDir, *, valid_for: timedelta) -> str:
    """Put a certificate into the state folder, and return its file's content."""
    issued = trustme.CA().issue_cert("127.0.0.1", not_after=datetime.now(UTC) + valid_for)
    issued.private_key_pem.write_to_path(layout.private_key)
    issued.cert_chain_pems[0].write_to_path(layout.certificate)
    return layout.certificate.read_text()


def test_it_is_renewed_on_its_last_day(layout: StateDir) -> None:
    """Not earlier: running clients trust the one that they have read."""
    before = store(layout, valid_for=timedelta(hours=25))
    ensure_certificate(layout)
    assert layout.certificate.read_text() == before
    for hours in (23, -1):
        before = store(layout, valid_for=timedelta(hours=hours))
        ensure_certificate(layout)
        assert layout.certificate.read_text() != before
        handshake(layout, "127.0.0.1", ssl.VERIFY_DEFAULT)


@pytest.mark.parametrize("damaged", ["certificate", "private_key"])
def test_a_missing_half_is_replaced_together_with_the_other(layout: StateDir, damaged: str) -> None:
    """A key fits no other certificate."""
    ensure_certificate(layout)
    before = layout.certificate.read_text()
    getattr(layout, damaged).unlink()
    ensure_certificate(layout)
    assert layout.certificate.read_text() != before
    handshake(layout, "localhost", ssl.VERIFY_DEFAULT)


@pytest.mark.parametrize("content", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_certificate_that_cannot_be_read_is_replaced(layout: StateDir, content: str) -> None:
    """Whatever stands in the file."""
    ensure_certificate(layout)
    layout.certificate.write_text(content)
    ensure_certificate(layout)
    handshake(layout, "localhost", ssl.VERIFY_DEFAULT)


def test_a_self_signed_certificate_is_kept_while_it_is_valid(layout: StateDir) -> None:
    """Earlier versions stored one: clients that trust it go on working."""
    own = trustme.CA()
    own.private_key_pem.write_to_path(layout.private_key)
    own.cert_pem.write_to_path(layout.certificate)
    ensure_certificate(layout)
    assert layout.certificate.read_bytes() == own.cert_pem.bytes()
