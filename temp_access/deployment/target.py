"""Target: the account, Region and names of a deployment, from the stacks' outputs or from templates."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from temp_access.aws.answers import is_missing
from temp_access.aws.clients import endpoint_override, service_client
from temp_access.aws.configuration_errors import missing_credentials, missing_region, problem_of
from temp_access.aws.errors import from_connection_error
from temp_access.aws.identity import ask_only_at_terminal, region_from_environment
from temp_access.cfn.assembly import Assembly
from temp_access.cfn.intrinsics import TemplateContext
from temp_access.config.model import Config
from temp_access.deployment.expected import expected_state
from temp_access.deployment.stacks import STACKS
from temp_access.deployment.state import State
from temp_access.errors import TempAccessError, UserError
from temp_access.iam.arn import Arn, bucket_arn, iam_arn, role_session_arn

if TYPE_CHECKING:
    import boto3


@dataclass(frozen=True, slots=True)
class Target:
    """The account, Region and resource names of deployed stacks.

    `digest` is that of access.toml without its grants with borrowers, and `grants_digest` that of those; `endpoint` is
    the local AWS's, None for AWS itself.
    """

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
    grants_digest: str = ""

    def arn(self, resource: str) -> str:
        """Return the ARN of an IAM resource of the account, such as `role/NAME` with its path."""
        return iam_arn(self.partition, self.account, resource)

    @property
    def bucket_arn(self) -> str:
        """The bucket's ARN."""
        return bucket_arn(self.partition, self.bucket)

    def session_arn(self, session_name: str) -> str:
        """Return the ARN of a session of the role."""
        return role_session_arn(self.partition, self.account, self.role_name, session_name)

    @property
    def names_layers(self) -> bool:
        """Whether error messages name the denying layer reliably: AWS's do, the local AWS's don't."""
        return self.endpoint is None


def open_session(profile: str | None, region: str | None) -> "boto3.Session":
    """Return a session of `profile`, None for the default chain; raises UserError without credentials or Region."""
    import boto3

    try:
        session = boto3.Session(profile_name=profile, region_name=region or region_from_environment())
        ask_only_at_terminal(session._session)
        credentials = session.get_credentials()
        if credentials is not None:
            credentials.get_frozen_credentials()
    except TempAccessError:
        raise
    except Exception as error:
        # A credential_process can fail in any way.
        problem = problem_of(error, profile)
        raise UserError(f"no usable credentials: {problem.what}; {problem.remedy}; or pass another profile") from None
    if credentials is None:
        odd = missing_credentials()
        reason = f"; {odd.what}; {odd.remedy}, or" if odd else ";"
        raise UserError(
            f"found no credentials of the deployer (environment, AWS_PROFILE, ~/.aws, container, instance){reason} "
            "log in, or pass --deployer-profile; for the local AWS pass --local"
        )
    if not session.region_name:
        problem = missing_region()
        raise UserError(f"{problem.what}; {problem.remedy}")
    return session


def session_identity(session: "boto3.Session") -> tuple[str, str]:
    """Return (account, ARN) of the session's credentials."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        identity = service_client(session, "sts").get_caller_identity()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        reason = f"{error}; log in again, or use another profile (more: temp-access explain {code})"
    except BotoCoreError as error:
        reason = str(from_connection_error(error))
    else:
        return identity["Account"], identity["Arn"]
    raise TempAccessError(f"can't determine whose credentials these are: {reason}", exit_code=3)


def check_environment(config: Config, account: str, region: str) -> None:
    """Raise UserError if the credentials are for another account or Region than `config`'s environment."""
    environment = config.environment
    for name, actual, expected in (("account", account, environment.account), ("Region", region, environment.region)):
        if expected and actual != expected:
            raise UserError(
                f"environments.{environment.name} is {name} {expected}, but these credentials are for {actual}; "
                f"use credentials for {expected}, or choose another environment with --env"
            )


def deployed_target(session: "boto3.Session", config: Config, account: str, arn: str) -> Target:
    """Return the target from the stacks' outputs; raises UserError if the stacks aren't deployed."""
    outputs: dict[str, str] = {}
    for stack in STACKS:
        outputs |= _outputs(session, stack)
    missing = [name for name in ("BucketName", "RoleArn", "RoleName", "UserName") if name not in outputs]
    if missing:
        raise UserError(f"the stacks lack the outputs {', '.join(missing)}; run `make deploy` again")
    partition = Arn.parse(arn).partition
    return Target(
        account=account,
        region=str(session.region_name),
        partition=partition,
        bucket=outputs["BucketName"],
        role_name=outputs["RoleName"],
        role_arn=outputs["RoleArn"],
        user_name=outputs["UserName"],
        user_arn=iam_arn(partition, account, f"user/{outputs['UserName']}"),
        digest=config.digest,
        grants_digest=config.grants_digest,
        endpoint=endpoint_override(),
    )


def _outputs(session: "boto3.Session", stack: str) -> dict[str, str]:
    outputs = find_stack(session, stack)
    if outputs is None:
        raise UserError(
            f"the stack {stack} isn't deployed in this account and Region; run `make deploy` (for the "
            "local AWS, `make demo`)"
        )
    return outputs


def find_stack(session: "boto3.Session", stack: str) -> dict[str, str] | None:
    """Return the outputs of a stack, None if CloudFormation says that it doesn't exist.

    Raises TempAccessError (inconclusive) if CloudFormation says neither.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        description = service_client(session, "cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if is_missing(error):
            return None
        raise TempAccessError(f"the stack {stack} can't be read: {error}", exit_code=3) from None
    except (BotoCoreError, IndexError) as error:
        raise TempAccessError(f"the stack {stack} can't be read: {error}", exit_code=3) from None
    return {output["OutputKey"]: output["OutputValue"] for output in description.get("Outputs", ())}


# Stand-ins for templates that aren't for one account and Region.
_ACCOUNT, _REGION = "111122223333", "us-east-1"


def template_target(config: Config, assembly: Assembly, *, keeps_unknown: bool = True) -> tuple[Target, State]:
    """Return the target and state that `assembly` defines.

    Unless `keeps_unknown`, raises UnresolvedError for what isn't known before the deployment.
    """
    account, region = assembly.account or _ACCOUNT, assembly.region or _REGION
    partition = partition_of(region)
    state = expected_state(assembly, account=account, region=region, partition=partition, keeps_unknown=keeps_unknown)
    target = Target(
        account=account,
        region=region,
        partition=partition,
        bucket=state.bucket.name,
        role_name=state.role.name,
        role_arn=iam_arn(partition, account, f"role{state.role.path}{state.role.name}"),
        user_name=state.user.name,
        user_arn=iam_arn(partition, account, f"user/{state.user.name}"),
        digest=config.digest,
        grants_digest=config.grants_digest,
        offline=True,
    )
    return target, state


def template_context(assembly: Assembly, target: Target, *, keeps_unknown: bool = True) -> TemplateContext:
    """Return what the references of the templates resolve to; see TemplateContext for `keeps_unknown`."""
    return TemplateContext(
        assembly.templates, target.account, target.region, target.partition, keeps_unknown=keeps_unknown
    )


# The prefixes of botocore's endpoints.json.
_PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "eusc-": "aws-eusc",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
}


def partition_of(region: str) -> str:
    """Return the partition of `region`, from the prefix of its name."""
    for prefix, partition in _PARTITIONS.items():
        if region.startswith(prefix):
            return partition
    return "aws"
