"""Texts of one side in a form that means the same on the other: own names and numbers as tokens."""

from typing import TYPE_CHECKING

from temp_access.verify.model import Target

if TYPE_CHECKING:
    from temp_access.review.side import Snapshot

# No policy, name or key can hold a NUL, so that nothing else looks like a token.
BUCKET, ROLE, SESSIONS, USER, ACCOUNT, PARTITION = (
    f"\0{name}\0" for name in ("bucket", "role", "sessions", "user", "account", "partition")
)


_MOST_KNOWN = 10_000


def normalize(side: "Snapshot", text: str) -> str:
    """Return `text` with this side's bucket, role, user, account and partition as tokens."""
    for token, own in side.names.pairs:
        if token in (BUCKET, ROLE, USER):
            # Only the whole name: the bucket `a` isn't the beginning of the bucket `ab`.
            if text == own:
                text = token
            elif text.startswith(f"{own}/"):
                text = token + text.removeprefix(own)
        else:
            text = text.replace(own, token)
    return text


def localize(side: "Snapshot", text: str) -> str:
    """Return the text that a shared form stands for on this side."""
    return side.names.localize(text) if "\0" in text else text


class NameTable:
    """The tokens of one target, with what was asked before kept: a review asks for the same few texts all the time."""

    def __init__(self, target: Target) -> None:
        self.pairs = _pairs(target)
        self._known: dict[str, str] = {}

    def localize(self, text: str) -> str:
        """Return what `text` stands for."""
        found = self._known.get(text)
        if found is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            found = text
            for token, own in reversed(self.pairs):
                found = found.replace(token, own)
            self._known[text] = found
        return found


def _pairs(target: Target) -> tuple[tuple[str, str], ...]:
    partition, account = target.partition, target.account
    return (
        (BUCKET, f"arn:{partition}:s3:::{target.bucket}"),
        (ROLE, target.role_arn),
        (USER, target.user_arn),
        (SESSIONS, f"arn:{partition}:sts::{account}:assumed-role/{target.role_name}/"),
        (ACCOUNT, f":{account}:"),
        (PARTITION, f"arn:{partition}:"),
    )
