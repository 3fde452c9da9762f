"""What the synthesized templates would deploy, as a target that nothing is called on."""

from temp_access.config.model import Config
from temp_access.verify.model import Target
from temp_access.verify.state.assembly import Assembly
from temp_access.verify.state.expected import expected_state
from temp_access.verify.state.model import State

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
