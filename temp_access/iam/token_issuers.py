"""Issuers of tokens that many owners share, and how far the subject of a trust policy must reach for each."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequiredSubject:
    """What the literal beginning of a subject must match, and how to write it."""

    pattern: re.Pattern[str]
    form: str


def required_subject(host: str) -> RequiredSubject | None:
    """Return what subjects of this issuer must begin with; None if nothing is required."""
    if host.split("/")[0] == "token.actions.githubusercontent.com":
        return RequiredSubject(re.compile(r"repo:[^/:*?]+/[^/:*?]+:."), "repo:OWNER/REPO:")
    return None
