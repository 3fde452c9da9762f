"""The deployed role, as those who may assume it can find it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from temp_access.aws.errors import NotDeployed
from temp_access.aws.identity import CallerIdentity
from temp_access.config.model import Config
from temp_access.config.table import format_duration
from temp_access.policies.role_policy import BUCKET_TAG, CONFIG_TAG
from temp_access.policies.trust_policy import trust_policy

ROLE_CACHE_SECONDS = 3600
_STACKS = ("TempAccessStorage", "TempAccess")


@dataclass(frozen=True, slots=True)
class RoleDetails:
    """The deployed role and its bucket: `maximum` in seconds; `stale` says how access.toml differs from it."""

    arn: str
    bucket: str
    max_duration: int
    caller_arn: str
    config_mismatch: str | None = None


def discover_role(
    identity: CallerIdentity, config: Config, caller_arn: str, *, role_arn: str | None = None, bucket: str | None = None
) -> RoleDetails:
    """Return what iam:GetRole says, else the stacks' outputs, else what was given by hand.

    What was given by hand wins over both. Raises NotDeployed where that isn't enough, and
    botocore.exceptions.BotoCoreError where the service can't be reached.
    """
    maximum = config.role.max_session_duration
    role: Mapping[str, Any] | None
    found: dict[str, str | None]
    if role_arn and bucket:
        return RoleDetails(role_arn, bucket, maximum, caller_arn)
    account = config.environment.account
    if account and account != caller_arn.split(":")[4]:
        # A role of this name in the caller's own account would be another one.
        role, found = None, _in_other_account(config, caller_arn)
    elif role := _role(identity, config.role.name):
        tags = {tag["Key"]: tag["Value"] for tag in role.get("Tags", ())}
        found = {"RoleArn": role["Arn"], "BucketName": tags.get(BUCKET_TAG), "ConfigDigest": tags.get(CONFIG_TAG)}
        maximum = int(role["MaxSessionDuration"])
    else:
        found = _outputs(identity)
    arn, name = role_arn or found.get("RoleArn"), bucket or found.get("BucketName")
    if not arn or not name:
        raise _not_deployed(config, identity, caller_arn, arn)
    return RoleDetails(arn, name, maximum, caller_arn, _stale(config, role, found.get("ConfigDigest"), name))


def _role(base: CallerIdentity, name: str) -> Mapping[str, Any] | None:
    from botocore.exceptions import ClientError

    try:
        return dict(base.iam.get_role(RoleName=name)["Role"])
    except ClientError:
        # Not there, or not these credentials' to see: GetSessionToken's may not call IAM at all.
        return None


def _in_other_account(config: Config, caller_arn: str) -> dict[str, str | None]:
    partition = caller_arn.split(":")[1]
    arn = f"arn:{partition}:iam::{config.environment.account}:role/{config.role.name}"
    return {"RoleArn": arn, "BucketName": config.bucket_name}


def _outputs(base: CallerIdentity) -> dict[str, str | None]:
    from botocore.exceptions import ClientError

    found: dict[str, str | None] = {}
    for stack in _STACKS:
        try:
            described = base.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        except ClientError:
            continue
        found |= {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", ())}
    return found


def _not_deployed(config: Config, base: CallerIdentity, caller_arn: str, arn: str | None) -> NotDeployed:
    missing = f"the bucket of {arn}" if arn else f"the role {config.role.name}"
    env = f" ENV={config.environment.name}" if config.environment.name else ""
    return NotDeployed(
        f"{missing} isn't found by {caller_arn} in {base.region}: it isn't deployed, or these credentials may see "
        "neither the role nor the stacks",
        f"run `make deploy{env}` (for the local AWS, `make demo`), or pass --role-arn and --bucket",
    )


def _stale(config: Config, role: Mapping[str, Any] | None, digest: str | None, bucket: str) -> str | None:
    if digest is None or digest == config.digest:
        return None
    differences = list(_differences(config, role, bucket)) or ["only what these credentials can't see differs"]
    return (
        f"{config.path.name} isn't the one that is deployed ({config.digest[:8]} here, {digest[:8]} there: "
        f"{'; '.join(differences)}); deploy it, or use the other with --config"
    )


def _differences(config: Config, role: Mapping[str, Any] | None, bucket: str) -> list[str]:
    found = []
    if config.bucket_name and config.bucket_name != bucket:
        found.append(f"the bucket is {config.bucket_name} here, {bucket} there")
    if role is None:
        return found
    here, there = config.role.max_session_duration, int(role["MaxSessionDuration"])
    if here != there:
        found.append(f"the role's maximum is {format_duration(here)} here, {format_duration(there)} there")
    partition, account = role["Arn"].split(":")[1], role["Arn"].split(":")[4]
    user_arn = f"arn:{partition}:iam::{account}:user/{config.user.name}"
    trust = trust_policy(config.role, user_arn=user_arn, account=account, partition=partition)
    if trust != role["AssumeRolePolicyDocument"]:
        found.append("who may assume the role, or on which conditions, differs")
    return found
