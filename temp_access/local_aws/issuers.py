"""Where the local AWS reaches an OpenID provider: at its issuer's own URL, or at another one, as for a test's provider.

AWS wants an issuer that begins with https:// and has no port. A provider on this machine can't have such a name, so the
state folder has a file that says at which URL the documents of an issuer are. The local AWS reads it at each fetch.
"""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from temp_access.errors import UserError
from temp_access.files import locked
from temp_access.local_aws.state_dir import StateDir, read_json, write_private

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class IssuerPlace:
    """Where an issuer's documents are: below `url`, whose certificate a CA of the file `ca_file` issued."""

    url: str
    ca_file: str | None = None


def place_issuer(state_dir: Path, issuer: str, url: str, ca_file: Path | None = None) -> None:
    """Let the local AWS fetch what lies below the issuer from below `url` instead, from the next fetch on.

    `url` is on this machine: http://, or https:// with a certificate that the local AWS verifies with `ca_file`.
    Raises UserError for another issuer or URL.
    """
    if not re.fullmatch(r"https://[^\s?#]+", issuer):
        raise UserError(f"the issuer {issuer!r} must begin with https:// and have no query, as AWS wants it")
    if not _is_on_this_machine(url):
        raise UserError(
            f"the URL {url!r} is not on this machine; pass the one at which the provider listens, such as "
            "http://127.0.0.1:9000"
        )
    state = StateDir.of(state_dir)
    state.make()
    with locked(state.issuers_lock):
        place = IssuerPlace(url.rstrip("/"), str(ca_file.absolute()) if ca_file else None)
        places = {**read_json(state.issuers), issuer.rstrip("/"): asdict(place)}
        write_private(state.issuers, json.dumps(places, indent=2) + "\n")


def issuer_place(state_dir: StateDir, issuer: str) -> IssuerPlace | None:
    """Return where the issuer's documents are, or None for its own URL."""
    place = read_json(state_dir.issuers).get(issuer.rstrip("/"))
    return IssuerPlace(**place) if isinstance(place, dict) else None


def _is_on_this_machine(url: str) -> bool:
    try:
        parts = urlsplit(url)
        has_port = parts.port != 0
    except ValueError:
        return False
    is_plain = has_port and not (parts.query or parts.fragment or parts.username)
    return is_plain and parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK
