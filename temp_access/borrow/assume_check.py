"""Whether the caller may assume the role, and which grant a role session belongs to."""

from temp_access.aws.errors import MfaNeeded, from_connection_error
from temp_access.borrow.assume import AssumeRolePlan, Mfa, assume
from temp_access.borrow.broker import CredentialBroker
from temp_access.borrow.role_discovery import RoleDetails
from temp_access.borrow.session_names import session_name_prefix
from temp_access.config.model import Config, Grant
from temp_access.iam.sts_limits import MIN_DURATION
from temp_access.policies.role_names import grant_role_name

_ID = "temp-access-status"
# The check's session may do nothing.
_DENY_ALL = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}'


def check_assume_role(
    broker: CredentialBroker, role: RoleDetails, mfa: Mfa | None = None, grant: Grant | None = None
) -> None:
    """Assume the role with a session policy that denies everything; raises BorrowError.

    `grant` is the one whose own role it is. For the role of all others, the grant that this needs is none of
    access.toml's, so no message may name it.
    """
    from botocore.exceptions import BotoCoreError

    try:
        check = grant or Grant(_ID, "list", "-")
        assume(broker.config, broker.identity, AssumeRolePlan(check, role, MIN_DURATION, _DENY_ALL), mfa)
    except MfaNeeded as error:
        if _ID not in error.remedy:
            raise
        raise MfaNeeded(error.cause, "pass --mfa-serial and --mfa-code to check with a code") from None
    except BotoCoreError as error:
        raise from_connection_error(error) from error


def grant_from_session_name(config: Config, caller_arn: str) -> str | None:
    """Return the id of the listed grant whose role or session name the role session has; None for any other one."""
    parts = caller_arn.rpartition(":")[2].split("/")
    if parts[0] != "assumed-role":
        return None
    if parts[1] != config.role.name:
        return next((i for i in config.own_role_grants if grant_role_name(config.role.name, i) == parts[1]), None)
    pattern, user = config.role.conditions.session_name, config.user.name
    prefixes = {id_: session_name_prefix(pattern, id_, user_name=user) for id_ in config.shared_role_grants}
    return next((id_ for id_, prefix in prefixes.items() if prefix and parts[2].startswith(prefix)), None)
