"""Whether the compiler gives a listed grant the policy that it gives any folder, with this folder in its place."""

from typing import Any

from temp_access.policy.prove.marker import FOLDER
from temp_access.policy.prove.sessions import ScopedSessions
from temp_access.policy.session import escape


def is_uniform(sessions: ScopedSessions, folder: str, pattern: Any) -> bool:
    """Whether the session policy of `folder` is `pattern`, the one of MARKER, with the folder put in."""
    return bool(substitute_folder(pattern, folder) == compiled(sessions, folder))


def compiled(sessions: ScopedSessions, folder: str) -> Any:
    """Return the session policy of a folder."""
    world = sessions.world
    return sessions.compiler(folder, sessions.access, bucket=world.bucket, partition=world.partition)


def substitute_folder(value: Any, folder: str) -> Any:
    """Return a policy of MARKER with `folder` in each of its places."""
    if isinstance(value, str):
        return value.replace(escape(FOLDER), escape(folder)).replace(FOLDER, folder)
    if isinstance(value, dict):
        return {key: substitute_folder(item, folder) for key, item in value.items()}
    return [substitute_folder(item, folder) for item in value] if isinstance(value, list) else value
