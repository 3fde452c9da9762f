"""What a caller's ARN says: a short name for who it is, and which external id is its own."""

from temp_access.config.model import Config


def principal_name(caller_arn: str) -> str:
    """Return the last part of the ARN: a user's name, or the session name of an assumed role."""
    return caller_arn.rpartition(":")[2].rpartition("/")[2]


def user_name(config: Config, caller_arn: str) -> str:
    """Return what `${aws:username}` stands for: the calling user, temp-user for any other principal."""
    return principal_name(caller_arn) if ":user/" in caller_arn else config.user.name


def external_id(config: Config, caller_arn: str, role_arn: str) -> str | None:
    """Return the external id that access.toml asks of this caller, None if it asks for none."""
    _, _, service, _, account, resource = caller_arn.split(":", 5)
    if service == "sts" and resource.startswith("assumed-role/"):
        resource = "role/" + resource.split("/")[1]
    for trusted in config.role.trusted:
        kind, _, path = trusted.resource.partition("/")
        # A session's ARN leaves out the role's path.
        named = kind == "root" or resource in (trusted.resource, f"{kind}/{path.rpartition('/')[2]}")
        if named and account == (trusted.account or role_arn.split(":")[4]):
            return trusted.external_id
    return None
