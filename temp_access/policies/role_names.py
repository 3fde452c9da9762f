"""The role of a grant with borrowers: its name, and its longest session."""

import hashlib
import re
from typing import TYPE_CHECKING

from temp_access.iam.sts_limits import MIN_ROLE_MAXIMUM

if TYPE_CHECKING:
    from temp_access.config.model import Grant, Role

MAX_ROLE_NAME = 64
_HASH_LENGTH = 16
# IAM's names are unique regardless of case, so a name with capital letters isn't unique by itself.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_READABLE = re.compile(r"[a-z0-9,.@_+-]+")
_OTHER = re.compile(r"[^A-Za-z0-9,.@_+-]")


def grant_role_name(role_name: str, id_: str) -> str:
    """Return the name of the role of the grant `id_`: `<role>-<id>`.

    An id with other characters than a-z, 0-9 and ,.@_+-, and one that makes the name longer than 64 characters, is
    shortened, `-` replaces those characters, and `=` with 16 hexadecimal digits of the id's SHA-256 follows. Only such
    names contain `=` behind the role's name, so no two ids have the same role name, whatever their case is.
    """
    name = f"{role_name}-{id_}"
    if _READABLE.fullmatch(id_) and len(name) <= MAX_ROLE_NAME:
        return name
    digest = hashlib.sha256(id_.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_LENGTH]
    readable = f"{role_name}-{_OTHER.sub('-', id_)}"[: MAX_ROLE_NAME - _HASH_LENGTH - 1]
    return f"{readable}={digest}"


def grant_role_resource(role: "Role", id_: str) -> str:
    """Return the resource of the ARN of a grant's role, such as `role/temp-role-bob`."""
    return f"role{role.path}{grant_role_name(role.name, id_)}"


def grant_session_maximum(grant: "Grant", role: "Role") -> int:
    """Return the longest session of a grant's role in seconds; IAM accepts no maximum under one hour."""
    return max(MIN_ROLE_MAXIMUM, grant.duration or role.max_session_duration)
