"""Reading WHO: `user`, `role`, a grant's id, or any principal's ARN; and `--session ID`."""

import re

from temp_access.can.model import PolicyOwner, Principal
from temp_access.config.model import Config, Grant
from temp_access.errors import UserError
from temp_access.sts.errors import GrantNotFound
from temp_access.sts.grants import find_grant
from temp_access.sts.naming import fill_pattern, session_name
from temp_access.verify.model import Target

_ARN = re.compile(r"arn:[\w-]+:(?:iam::\d{12}:(?:user|role)/.+|sts::\d{12}:assumed-role/[^/]+/[^/]+)")
_FORMS = "user, role, a grant's id, or the ARN of a user, a role or a role's session"


def read_principal(text: str, session: str | None, config: Config, target: Target) -> Principal:
    """Return the caller that `text` names, its session narrowed to the grant `session`.

    A grant's id means a session of the role for that grant; `role --session ID` says the same, and serves for ids
    that are words of ours. Raises UserError and GrantNotFound.
    """
    if text not in ("user", "role") and not text.startswith("arn:"):
        if session not in (None, text):
            raise UserError(f"{text} is a grant already, and --session {session} contradicts it; leave one of them out")
        try:
            return _of_role(config, target, find_grant(config, text))
        except GrantNotFound as error:
            raise UserError(f"{error.cause}; WHO is {_FORMS}") from None
    arn = {"user": target.user_arn, "role": target.role_arn}.get(text, text)
    if not _ARN.fullmatch(arn):
        raise UserError(f"{arn!r} is no principal's ARN; use {_FORMS}")
    grant = find_grant(config, session) if session is not None else None
    if arn == target.role_arn:
        return _of_role(config, target, grant)
    if arn.startswith(_sessions(target.partition, target.account, target.role_name)):
        return _of_role(config, target, grant, arn)
    if grant:
        raise UserError(
            f"--session narrows a session of {target.role_name}, and {text} is none; write role --session {session}"
        )
    if arn == target.user_arn:
        return Principal(arn, PolicyOwner.USER, target.user_name)
    if ":role/" in arn:
        _, partition, _, _, account, path = arn.split(":", 5)
        principal = _sessions(partition, account, path.rpartition("/")[2]) + "session"
        return Principal(principal, PolicyOwner.OTHER, f"a session of {arn}", arn)
    return Principal(arn, PolicyOwner.OTHER, arn)


def _of_role(config: Config, target: Target, grant: Grant | None, arn: str | None = None) -> Principal:
    pattern, user = config.role.conditions.session_name, config.user.name
    if grant:
        words = f"{grant.id} ({grant.access} in {grant.folder}/)"
        name = session_name(pattern, grant.id, user_name=user, who=user)
    else:
        words = f"{target.role_name}, not narrowed to a grant"
        name = fill_pattern(pattern, user_name=user, filler="session")
    principal = arn or _sessions(target.partition, target.account, target.role_name) + name
    return Principal(principal, PolicyOwner.ROLE, words, target.role_arn, grant)


def _sessions(partition: str, account: str, role_name: str) -> str:
    return f"arn:{partition}:sts::{account}:assumed-role/{role_name}/"
