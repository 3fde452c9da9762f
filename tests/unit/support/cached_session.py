"""A complete cached session, as the broker writes it."""

import time
from typing import Any

from temp_access.borrow.cached_session import CachedSession


def cached_session(**fields: Any) -> CachedSession:
    """Return a one-hour session for the grant bob, with `fields` replaced."""
    session: CachedSession = {
        "config": "/project/access.toml",
        "role": "arn:aws:iam::123456789012:role/temp-role",
        "bucket": "example-bucket",
        "caller": "arn:aws:iam::123456789012:user/temp-user",
        "region": "eu-central-1",
        "grant": "bob",
        "access": "read",
        "folder": "bob",
        "duration": 3600,
        "grant_duration": 3600,
        "session_name": "bob,temp-user",
        "session_arn": "arn:aws:sts::123456789012:assumed-role/temp-role/bob,temp-user",
        "chained": False,
        "issued_at": time.time(),
        "expires_at": time.time() + 3600,
        "local_run": {},
        "credentials": {
            "AccessKeyId": "ASIA",
            "SecretAccessKey": "s",
            "SessionToken": "t",
            "Expiration": "e",
        },
    }
    return {**session, **fields}  # type: ignore[typeddict-item]
