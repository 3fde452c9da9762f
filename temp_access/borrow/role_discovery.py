"""The deployed role and its bucket, found with what the caller may read."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from temp_access.aws.answers import is_denied, is_missing
from temp_access.aws.errors import NotDeployed, from_client_error
from temp_access.aws.identity import ClientIdentity
from temp_access.config.model import Config
from temp_access.config.table import format_duration
from temp_access.errors import UserError
from temp_access.iam.arn import Arn, iam_arn
from temp_access.policies.role_policy import BUCKET_TAG, CONFIG_TAG
from temp_access.policies.trust_policy import trust_policy

ROLE_CACHE_SECONDS = 3600
_STACKS = ("TempAccessStorage", "TempAccess")


@dataclass(frozen=True, slots=True)
class RoleDetails:
    """The deployed role and its bucket: `max_duration` in seconds.

    `bucket` is empty if the caller can't look it up, which only a grant's own role allows. `caller_arn` names the
    holder of a token by its issuer and subject. `config_mismatch` says how access.toml differs from the deployed one;
    None if it doesn't.
    """

    arn: str
    bucket: str
    max_duration: int
    caller_arn: str
    config_mismatch: str | None = None


def discover_role(
    identity: ClientIdentity,
    config: Config,
    caller_arn: str,
    *,
    role_arn: str | None = None,
    bucket: str | None = None,
    account: str | None = None,
) -> RoleDetails:
    """Return the role as iam:GetRole returns it, or else as the stacks' outputs name it.

    `role_arn` and `bucket` override both; `account` is the role's, if access.toml doesn't tell it. Raises NotDeployed
    if either is still missing, another BorrowError if a service gives no answer, and botocore.exceptions.BotoCoreError
    if it can't be reached.
    """
    max_duration = config.role.max_session_duration
    if role_arn and bucket:
        return RoleDetails(role_arn, bucket, max_duration, caller_arn)
    role: Mapping[str, Any] | None = None
    outputs: Mapping[str, str | None]
    caller, account = Arn.parse(caller_arn), role_account(config, account)
    if account and account != caller.account:
        # A role of this name in the caller's own account is a different role.
        arn = iam_arn(caller.partition, account, f"role{config.role.path}{config.role.name}")
        outputs = {"RoleArn": arn, "BucketName": config.bucket_name}
    elif role := get_role(identity, config.role.name):
        tags = {tag["Key"]: tag["Value"] for tag in role.get("Tags", ())}
        outputs = {"RoleArn": role["Arn"], "BucketName": tags.get(BUCKET_TAG), "ConfigDigest": tags.get(CONFIG_TAG)}
        max_duration = int(role["MaxSessionDuration"])
    else:
        outputs = stack_outputs(identity, config)
    role_arn, bucket = role_arn or outputs.get("RoleArn"), bucket or outputs.get("BucketName")
    if not role_arn or not bucket:
        raise _not_deployed(config, identity, caller_arn, role_arn)
    mismatch = _config_mismatch(config, role, outputs.get("ConfigDigest"), bucket)
    return RoleDetails(role_arn, bucket, max_duration, caller_arn, mismatch)


def cached_role(value: Mapping[str, Any] | None) -> RoleDetails | None:
    """Return the role that the cache's object describes; None if it is expired or has another form."""
    try:
        return RoleDetails(**value["role"]) if value and float(value["expires_at"]) > time.time() else None
    except (KeyError, TypeError, ValueError):
        return None


def role_account(config: Config, account: str | None) -> str | None:
    """Return the account of access.toml's environment, or else `account`; raises UserError if they differ."""
    known = config.environment.account
    if known and account and known != account:
        raise UserError(
            f"--account {account}: environments.{config.environment.name} is account {known}; leave --account out, or "
            "choose another environment with --env"
        )
    return known or account


def get_role(identity: ClientIdentity, name: str) -> Mapping[str, Any] | None:
    """Return the role `name` of the caller's account; None if it isn't there, or may not be read."""
    from botocore.exceptions import ClientError

    try:
        return dict(identity.iam.get_role(RoleName=name)["Role"])
    except ClientError as error:
        if is_unreadable(error, identity):
            return None
        raise from_client_error(error, identity.name, name) from error


def is_unreadable(error: Exception, identity: ClientIdentity) -> bool:
    """Whether the service said that something isn't there, or that these credentials may not read it.

    IAM knows no credentials of GetSessionToken without MFA:
    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
    """
    if is_denied(error) or is_missing(error):
        return True
    code = (getattr(error, "response", None) or {}).get("Error", {}).get("Code")
    return code == "InvalidClientTokenId" and identity.is_temporary


def stack_outputs(identity: ClientIdentity, config: Config) -> dict[str, str | None]:
    """Return the outputs of the stacks that are always there, as far as the caller may read them."""
    from botocore.exceptions import ClientError

    outputs: dict[str, str | None] = {}
    for name in _STACKS:
        try:
            stack = identity.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if is_unreadable(error, identity):
                continue
            raise from_client_error(error, identity.name, config.role.name) from error
        outputs |= {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}
    return outputs


def _not_deployed(config: Config, identity: ClientIdentity, caller_arn: str, role_arn: str | None) -> NotDeployed:
    missing = f"the bucket of {role_arn}" if role_arn else f"the role {config.role.name}"
    env = f" ENV={config.environment.name}" if config.environment.name else ""
    return NotDeployed(
        f"{caller_arn} can't find {missing} in {identity.region}: it isn't deployed, or these credentials may read "
        "neither the role nor the stacks",
        f"run `make deploy{env}` (for the local AWS, `make demo`), or pass --role-arn and --bucket",
    )


def _config_mismatch(config: Config, role: Mapping[str, Any] | None, digest: str | None, bucket: str) -> str | None:
    if digest is None or digest == config.digest:
        return None
    differences = _differences(config, role, bucket) or ["the differences are in what these credentials can't read"]
    return (
        f"{config.path.name} ({config.digest[:8]}) isn't the deployed version ({digest[:8]}): "
        f"{'; '.join(differences)}; deploy it, or pass the deployed file with --config"
    )


def _differences(config: Config, role: Mapping[str, Any] | None, bucket: str) -> list[str]:
    differences = []
    if config.bucket_name and config.bucket_name != bucket:
        differences.append(f"the bucket is {config.bucket_name} in the file, {bucket} in the deployment")
    if role is None:
        return differences
    configured, deployed = config.role.max_session_duration, int(role["MaxSessionDuration"])
    if configured != deployed:
        differences.append(
            f"the role's maximum session duration is {format_duration(configured)} in the file, "
            f"{format_duration(deployed)} in the deployment"
        )
    arn = Arn.parse(role["Arn"])
    user_arn = iam_arn(arn.partition, arn.account, f"user/{config.user.name}")
    trust = trust_policy(config.role, user_arn=user_arn, account=arn.account, partition=arn.partition)
    if trust != role["AssumeRolePolicyDocument"]:
        differences.append("the trust policy differs")
    return differences
