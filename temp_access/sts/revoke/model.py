"""What a revocation says: which sessions of the role, issued before when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

# The longest that IAM lets any role's session last: an entry this old denies nothing that hasn't ended. The
# role's own maximum may have been lowered since the sessions were issued, so it isn't asked.
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html
LONGEST_SESSION = timedelta(hours=12)


class ScopeType(Enum):
    """Whose sessions are meant."""

    ALL = "all"
    GRANT = "grant"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class RevocationScope:
    """Which sessions are meant.

    `text` is, for a grant, what its session names begin with, for a session its `AROA…:name`, else empty.
    """

    kind: ScopeType
    text: str = ""


@dataclass(frozen=True, slots=True)
class Revocation:
    """The sessions of `scope` that were issued before `before` (UTC, whole seconds)."""

    scope: RevocationScope
    before: datetime

    @property
    def ends(self) -> datetime:
        """When every session that it denies has expired by itself."""
        return self.before + LONGEST_SESSION
