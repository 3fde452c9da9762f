"""Whether the deployer is somebody whom the trust policy doesn't name."""

from temp_access.config.model import Config


def is_stranger(config: Config, arn: str) -> bool:
    """Whether no principal of access.toml is `arn`, its role or its account."""
    _, _, service, _, account, resource = arn.split(":", 5)
    if service == "sts" and resource.startswith("assumed-role/"):
        resource = "role/" + resource.split("/")[1]
    for trusted in config.role.trusted:
        if trusted.account not in (None, account):
            continue
        kind, _, path = trusted.resource.partition("/")
        # A session's ARN leaves out the role's path.
        if kind == "root" or resource in (trusted.resource, f"{kind}/{path.rpartition('/')[2]}"):
            return False
    return True
