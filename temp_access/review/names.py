"""Tokens for the names of a deployment, so that names compare across two snapshots."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from temp_access.deployment.target import Target
from temp_access.iam.arn import bucket_arn, iam_arn, role_session_arn

# Policies, names and keys can't contain NUL, so nothing else looks like a token.
BUCKET, ROLE, SESSIONS, USER, ACCOUNT, PARTITION = (
    f"\0{name}\0" for name in ("bucket", "role", "sessions", "user", "account", "partition")
)
# An id ends with the second NUL.
GRANT_TOKEN = re.compile(r"\0(role|sessions) of\0([^\0]*)\0")


def role_token(id_: str) -> str:
    """Return the token of the role of the grant `id_`."""
    return f"\0role of\0{id_}\0"


def sessions_token(id_: str) -> str:
    """Return the token before the name of a session of the role of the grant `id_`."""
    return f"\0sessions of\0{id_}\0"


_MAX_CACHED = 10_000


class NameTable:
    """The tokens of one target with the names that they represent; both directions are cached.

    `roles` has the path and name of the role of each grant with borrowers, by id. `role_name` returns what it would be
    for other ids.
    """

    def __init__(self, target: Target, roles: Mapping[str, str], role_name: Callable[[str], str]) -> None:
        partition, account = target.partition, target.account
        self._pairs = (
            (BUCKET, bucket_arn(partition, target.bucket)),
            (ROLE, target.role_arn),
            (USER, target.user_arn),
            (SESSIONS, role_session_arn(partition, account, target.role_name, "")),
            (ACCOUNT, f":{account}:"),
            (PARTITION, f"arn:{partition}:"),
        )
        self._role_name, self._roles = role_name, dict(roles)
        self._role_prefix = iam_arn(partition, account, "role")
        self._sessions_prefix = role_session_arn(partition, account, "", "")[:-1]
        self._by_arn = {self._role_prefix + name: role_token(id_) for id_, name in roles.items()}
        self._by_name = {name.rpartition("/")[2]: sessions_token(id_) for id_, name in roles.items()}
        self.normalize = lru_cache(_MAX_CACHED)(self._with_tokens)
        self.localize = lru_cache(_MAX_CACHED)(self._with_names)

    def agrees_with(self, other: "NameTable") -> bool:
        """Whether what both tables name has the same name in both."""
        shared = self._roles.keys() & other._roles.keys()
        return self._pairs == other._pairs and all(self._roles[id_] == other._roles[id_] for id_ in shared)

    def _with_tokens(self, pattern: str) -> str:
        if pattern in self._by_arn:
            return self._by_arn[pattern]
        if self._by_name and pattern.startswith(self._sessions_prefix):
            name, slash, rest = pattern.removeprefix(self._sessions_prefix).partition("/")
            if slash and name in self._by_name:
                return self._by_name[name] + rest
        for token, name in self._pairs:
            if token in (BUCKET, ROLE, USER):
                # Only the whole name: the bucket `a` isn't the beginning of the bucket `ab`.
                if pattern == name:
                    pattern = token
                elif pattern.startswith(f"{name}/"):
                    pattern = token + pattern.removeprefix(name)
            else:
                pattern = pattern.replace(name, token)
        return pattern

    def _with_names(self, pattern: str) -> str:
        if " of\0" in pattern:
            pattern = GRANT_TOKEN.sub(self._grant_name, pattern)
        for token, name in reversed(self._pairs):
            pattern = pattern.replace(token, name)
        return pattern

    def _grant_name(self, match: re.Match[str]) -> str:
        name = self._roles.get(match[2]) or self._role_name(match[2])
        return self._role_prefix + name if match[1] == "role" else f"{self._sessions_prefix}{name.rpartition('/')[2]}/"
