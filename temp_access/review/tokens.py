"""Texts of one side in a form that means the same on the other: own names and numbers as tokens."""

from functools import lru_cache

from temp_access.review.side import Side
from temp_access.verify.model import Target

# No policy, name or key can hold a NUL, so that nothing else looks like a token.
BUCKET, ROLE, SESSIONS, USER, ACCOUNT, PARTITION = (
    f"\0{name}\0" for name in ("bucket", "role", "sessions", "user", "account", "partition")
)


def shared_form(side: Side, text: str) -> str:
    """Return `text` with this side's bucket, role, user, account and partition as tokens."""
    for token, own in _own(side.target):
        if token in (BUCKET, ROLE, USER):
            # Only the whole name: the bucket `a` isn't the beginning of the bucket `ab`.
            if text == own:
                text = token
            elif text.startswith(f"{own}/"):
                text = token + text.removeprefix(own)
        else:
            text = text.replace(own, token)
    return text


def own_form(side: Side, text: str) -> str:
    """Return the text that a shared form stands for on this side."""
    if "\0" not in text:
        return text
    for token, own in reversed(_own(side.target)):
        text = text.replace(token, own)
    return text


@lru_cache(maxsize=4)
def _own(target: Target) -> tuple[tuple[str, str], ...]:
    partition, account = target.partition, target.account
    return (
        (BUCKET, f"arn:{partition}:s3:::{target.bucket}"),
        (ROLE, target.role_arn),
        (USER, target.user_arn),
        (SESSIONS, f"arn:{partition}:sts::{account}:assumed-role/{target.role_name}/"),
        (ACCOUNT, f":{account}:"),
        (PARTITION, f"arn:{partition}:"),
    )
