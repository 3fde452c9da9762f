"""Whether the caller may assume the role, and which grant a role session belongs to."""

from temp_access.aws.errors import MfaNeeded, from_connection_error
from temp_access.borrow.broker import AssumeRolePlan, CredentialBroker, Mfa, assume
from temp_access.borrow.role_discovery import RoleDetails
from temp_access.borrow.session_names import session_name_prefix
from temp_access.config.model import Config, Grant
from temp_access.iam.sts_limits import MIN_DURATION

_ID = "temp-access-status"
# The check's session may do nothing.
_DENY_ALL = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}'


def check_assume_role(broker: CredentialBroker, role: RoleDetails, mfa: Mfa | None = None) -> None:
    """Assume the role with a session policy that denies everything; raises BorrowError.

    The grant that this needs is none of access.toml's, so no message may name it.
    """
    from botocore.exceptions import BotoCoreError

    try:
        grant = Grant(_ID, "list", "-")
        assume(broker.config, broker.identity, AssumeRolePlan(grant, role, MIN_DURATION, _DENY_ALL), mfa)
    except MfaNeeded as error:
        if _ID not in error.remedy:
            raise
        raise MfaNeeded(error.cause, "pass --mfa-serial and --mfa-code to check with a code") from None
    except BotoCoreError as error:
        raise from_connection_error(error) from error


def grant_from_session_name(config: Config, caller_arn: str) -> str | None:
    """Return the id of the listed grant whose session name the role session has; None for any other principal."""
    parts = caller_arn.rpartition(":")[2].split("/")
    if parts[0] != "assumed-role" or parts[1] != config.role.name:
        return None
    pattern, user = config.role.conditions.session_name, config.user.name
    prefixes = {id_: session_name_prefix(pattern, id_, user_name=user) for id_ in config.grants}
    return next((id_ for id_, prefix in prefixes.items() if prefix and parts[2].startswith(prefix)), None)
