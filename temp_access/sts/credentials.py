"""Temporary credentials, which never show their secret parts."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key, with session token and expiration (UTC) if it is temporary; its repr hides both."""

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    expiration: datetime | None = None

    def __str__(self) -> str:
        until = f" until {self.expiration:%H:%M:%S} UTC" if self.expiration else ""
        return f"…{self.access_key_id[-4:]}{until}"
