"""Target: account, Region, names; from outputs or from templates."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from temp_access.aws.clients import endpoint_override
from temp_access.aws.errors import from_connection_error
from temp_access.aws.identity import region_of_the_environment
from temp_access.cfn.assembly import Assembly
from temp_access.config.model import Config
from temp_access.deployment.expected import expected_state
from temp_access.deployment.stacks import STACKS
from temp_access.deployment.state import State
from temp_access.errors import TempAccessError, UserError
from temp_access.iam.decision import Layer as Layer

if TYPE_CHECKING:
    import boto3


@dataclass(frozen=True, slots=True)
class Target:
    """The deployed stacks."""

    account: str
    region: str
    partition: str
    bucket: str
    role_name: str
    role_arn: str
    user_name: str
    user_arn: str
    digest: str
    endpoint: str | None = None
    offline: bool = False

    @property
    def names_layers(self) -> bool:
        """Whether the service's messages name the refusing layer reliably: AWS does, the local AWS doesn't."""
        return self.endpoint is None


def open_session(profile: str | None, region: str | None) -> "boto3.Session":
    """Return a session of `profile` (None: the default chain); raises UserError if there is nothing to use."""
    import boto3

    try:
        session = boto3.Session(profile_name=profile, region_name=region or region_of_the_environment())
        found = session.get_credentials()
    except Exception as error:
        # A credential_process can fail in any way.
        raise UserError(
            f"no usable credentials: {' '.join(str(error).split())}; log in, or pass another profile"
        ) from None
    if found is None:
        raise UserError(
            "no credentials of the deployer were found (environment, AWS_PROFILE, ~/.aws, container, instance); "
            "log in, or pass --deployer-profile; for the local AWS pass --local"
        )
    if session.region_name is None:
        raise UserError("no Region is set; pass --region, or set AWS_REGION")
    return session


def who_am_i(session: "boto3.Session") -> tuple[str, str]:
    """Return (account, ARN) of the session's credentials."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = session.client("sts").get_caller_identity()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        why = f"{error}; log in again, or use another profile (more: temp-access explain {code})"
    except BotoCoreError as error:
        why = str(from_connection_error(error))
    else:
        return answer["Account"], answer["Arn"]
    raise TempAccessError(f"can't tell whose credentials these are: {why}", exit_code=3)


def check_environment(config: Config, account: str, region: str) -> None:
    """Raise UserError if `config`'s environment is another account or Region than the credentials'."""
    wanted = config.environment
    for what, is_, should in (("account", account, wanted.account), ("Region", region, wanted.region)):
        if should and is_ != should:
            raise UserError(
                f"environments.{wanted.name} is {what} {should}, and these credentials are for {is_}; "
                "use the other's, or choose another environment with --env"
            )


def find_target(session: "boto3.Session", config: Config, account: str, arn: str) -> Target:
    """Return what the stacks' outputs say; raises UserError if they aren't deployed."""
    outputs: dict[str, str] = {}
    for stack in STACKS:
        outputs |= _outputs(session, stack)
    missing = [name for name in ("BucketName", "RoleArn", "RoleName", "UserName") if name not in outputs]
    if missing:
        raise UserError(f"the stacks lack the outputs {', '.join(missing)}; run `make deploy` again")
    partition = arn.split(":")[1]
    return Target(
        account=account,
        region=str(session.region_name),
        partition=partition,
        bucket=outputs["BucketName"],
        role_name=outputs["RoleName"],
        role_arn=outputs["RoleArn"],
        user_name=outputs["UserName"],
        user_arn=f"arn:{partition}:iam::{account}:user/{outputs['UserName']}",
        digest=config.digest,
        endpoint=endpoint_override(),
    )


def _outputs(session: "boto3.Session", stack: str) -> dict[str, str]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        found = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            raise UserError(
                f"the stack {stack} isn't deployed in this account and Region; run `make deploy` (for the "
                "local AWS, `make demo`)"
            ) from None
        raise TempAccessError(f"the stack {stack} can't be read: {error}", exit_code=3) from None
    except BotoCoreError as error:
        raise TempAccessError(f"the stack {stack} can't be read: {error}", exit_code=3) from None
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())}


# Stand-ins where the templates leave account and Region to the caller.
_ACCOUNT, _REGION = "111122223333", "us-east-1"


def offline_target(config: Config, assembly: Assembly) -> tuple[Target, State]:
    """Return the target and the state that `assembly` asks for."""
    account, region = assembly.account or _ACCOUNT, assembly.region or _REGION
    partition = partition_of(region)
    state = expected_state(assembly, account=account, region=region, partition=partition)
    target = Target(
        account=account,
        region=region,
        partition=partition,
        bucket=state.bucket.name,
        role_name=state.role.name,
        role_arn=f"arn:{partition}:iam::{account}:role/{state.role.name}",
        user_name=state.user.name,
        user_arn=f"arn:{partition}:iam::{account}:user/{state.user.name}",
        digest=config.digest,
        offline=True,
    )
    return target, state


def partition_of(region: str) -> str:
    """Return the partition of `region`, by the beginning of its name."""
    for beginning, partition in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("eusc-", "aws-eusc")):
        if region.startswith(beginning):
            return partition
    return "aws"
