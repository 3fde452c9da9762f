"""Whether the compiler gives a listed grant the policy that it gives any folder, with this folder in its place."""

from typing import Any

from temp_access.policy.prove.marker import MARKER
from temp_access.policy.prove.sessions import Sessions
from temp_access.policy.session import escape


def is_uniform(sessions: Sessions, folder: str, pattern: Any) -> bool:
    """Whether the session policy of `folder` is `pattern`, the one of MARKER, with the folder put in."""
    return bool(put_in(pattern, folder) == compiled(sessions, folder))


def compiled(sessions: Sessions, folder: str) -> Any:
    """Return the session policy of a folder."""
    world = sessions.world
    return sessions.compiler(folder, sessions.access, bucket=world.bucket, partition=world.partition)


def put_in(value: Any, folder: str) -> Any:
    """Return a policy of MARKER with `folder` in each of its places."""
    if isinstance(value, str):
        return value.replace(escape(MARKER), escape(folder)).replace(MARKER, folder)
    if isinstance(value, dict):
        return {key: put_in(item, folder) for key, item in value.items()}
    return [put_in(item, folder) for item in value] if isinstance(value, list) else value
