"""Who the credentials at hand are, and whether they may assume the role."""

from temp_access.aws.errors import from_client_error, from_connection_error
from temp_access.aws.identity import CallerIdentity
from temp_access.borrow.broker import AssumeRolePlan, CredentialBroker, CredentialRequest, assume
from temp_access.borrow.role_discovery import RoleDetails
from temp_access.borrow.session_names import session_name_prefix
from temp_access.config.model import Config, Grant
from temp_access.iam.sts_limits import MIN_DURATION

# What is asked for to see whether it is given is good for nothing.
_NOTHING = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}'


def who_is(base: CallerIdentity) -> str:
    """Return the ARN of the credentials; raises BorrowError."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return str(base.sts.get_caller_identity()["Arn"])
    except ClientError as error:
        raise from_client_error(error, base.name, "the role") from error
    except BotoCoreError as error:
        raise from_connection_error(error) from error


def grant_from_session_name(config: Config, caller_arn: str) -> str | None:
    """Return the listed grant that a session of the role is narrowed to, by its name; None for anything else."""
    parts = caller_arn.rpartition(":")[2].split("/")
    if parts[0] != "assumed-role" or parts[1] != config.role.name:
        return None
    pattern, user = config.role.conditions.session_name, config.user.name
    beginnings = {id_: session_name_prefix(pattern, id_, user_name=user) for id_ in config.grants}
    return next((id_ for id_, beginning in beginnings.items() if beginning and parts[2].startswith(beginning)), None)


def check_assume_role(vendor: CredentialBroker, *, role_arn: str | None, bucket: str | None) -> RoleDetails:
    """Assume the role for nothing and return it; raises BorrowError where that is refused."""
    from botocore.exceptions import BotoCoreError

    try:
        role, _ = vendor.role(CredentialRequest("", role_arn=role_arn, bucket=bucket))
        nobody = Grant("temp-access-status", "list", "-")
        assume(vendor.config, vendor.base, AssumeRolePlan(nobody, role, MIN_DURATION, _NOTHING), None)
    except BotoCoreError as error:
        raise from_connection_error(error) from error
    return role
