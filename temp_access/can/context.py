"""The condition keys of a call: those that every call has, and those that were given."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from temp_access.can.model import PolicyOwner, Principal, Question
from temp_access.config.model import Config
from temp_access.errors import UserError
from temp_access.policy.request import ContextValue
from temp_access.sts.naming import fill_pattern
from temp_access.verify.model import Target

_ANYWHERE = "192.0.2.1"


def given_context(pairs: Iterable[str]) -> dict[str, ContextValue]:
    """Return the keys of `KEY=VALUE` texts; a key that is given several times has several values."""
    found: dict[str, list[str]] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or ":" not in key:
            raise UserError(f"--context {pair}: write KEY=VALUE with the key's service, like aws:SourceIp=192.0.2.1")
        found.setdefault(next((known for known in found if known.lower() == key.lower()), key), []).append(value)
    return {key: values[0] if len(values) == 1 else values for key, values in found.items()}


def assumed_context(who: Principal, call: Question, config: Config, target: Target) -> dict[str, ContextValue]:
    """Return what such a call has anyway: TLS, now, from an address that the role's conditions admit.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    now, networks = datetime.now(UTC), config.role.conditions.source_ip
    keys: dict[str, ContextValue] = {
        "aws:SecureTransport": "true",
        "aws:SourceIp": networks[0].partition("/")[0] if networks else _ANYWHERE,
        "aws:RequestedRegion": target.region,
        "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())),
    }
    if who.owner is PolicyOwner.ROLE:
        keys["aws:TokenIssueTime"] = keys["aws:CurrentTime"]
    if call.prefix is not None:
        keys["s3:prefix"] = call.prefix
    if call.action.lower() == "sts:assumerole":
        caller = who.principal.rpartition("/")[2] if ":user/" in who.principal else config.user.name
        keys["sts:RoleSessionName"] = fill_pattern(
            config.role.conditions.session_name, user_name=caller, filler="session"
        )
    return keys


def merge_context(assumed: Mapping[str, ContextValue], given: Mapping[str, ContextValue]) -> dict[str, ContextValue]:
    """Return both; what is given wins, however its key is spelled."""
    names = {key.lower() for key in given}
    return {key: value for key, value in assumed.items() if key.lower() not in names} | dict(given)
