"""`temp-access policy`: the session policy of a grant, its size, and what it restricts."""

import argparse
import json
import sys
from typing import TYPE_CHECKING

from temp_access.cli.borrow_options import add_grant_options, add_identity_options
from temp_access.cli.local_target import caller_identity, open_broker
from temp_access.cli.options import load_config, write_stdout

if TYPE_CHECKING:
    from temp_access.borrow.role_discovery import RoleDetails
    from temp_access.config.model import Config, Grant


EXAMPLES = """\
examples (after `make demo`):
  temp-access policy bob --local
  temp-access policy bob --bucket example --access read --minimal
  temp-access policy bob --local --check        # sends it to STS once, and shows the packed size

If access.toml or --bucket names the bucket, no credentials are needed. Otherwise the bucket is looked up.

exit code: 0 success, 1 refused or not reachable, 2 bad input or too large"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    add_grant_options(parser)
    parser.add_argument("--minimal", action="store_true", help="print the policy as it is sent, on one line")
    parser.add_argument(
        "--check", action="store_true", help="assume the role with it once, for 15m and without caching"
    )
    add_identity_options(parser)


def run(args: argparse.Namespace) -> int:
    """Print the policy to standard output, and its size and effect to standard error."""
    from temp_access.borrow.grants import find_grant, narrow, session_policy_text
    from temp_access.iam.sts_limits import estimate_packed_size
    from temp_access.policies.checks import MAX_SESSION_POLICY

    config = load_config(args)
    grant = narrow(find_grant(config, args.id), args.access)
    role = _role(args, config)
    policy = session_policy_text(grant, role)
    write_stdout((policy if args.minimal else json.dumps(json.loads(policy), indent=2, ensure_ascii=False)) + "\n")
    packed = estimate_packed_size(policy)
    _print_stderr(f"{len(policy)} of {MAX_SESSION_POLICY} characters; estimated packed size {packed}% of the limit")
    _print_stderr(f"without the session policy: {_ceiling(config, role)}")
    if args.check:
        _check(args, config, grant, role, policy)
    return 0


def _role(args: argparse.Namespace, config: "Config") -> "RoleDetails":
    from temp_access.aws.identity import region_from_environment
    from temp_access.borrow.broker import CredentialRequest
    from temp_access.borrow.role_discovery import RoleDetails
    from temp_access.borrow.session_store import NullStore
    from temp_access.deployment.target import partition_of
    from temp_access.iam.arn import iam_arn

    bucket = args.bucket or config.bucket_name
    if bucket and not args.check:
        # The session policy uses only the partition of the role's ARN.
        partition = partition_of(args.region or config.environment.region or region_from_environment() or "")
        arn = args.role_arn or iam_arn(
            partition, config.environment.account or "", f"role{config.role.path}{config.role.name}"
        )
        return RoleDetails(arn, bucket, config.role.max_session_duration, "")
    return open_broker(args, NullStore(), config).role(
        CredentialRequest(args.id, role_arn=args.role_arn, bucket=bucket)
    )[0]


def _ceiling(config: "Config", role: "RoleDetails") -> str:
    from temp_access.policies.access_modes import role_ceiling

    ceiling = role_ceiling(config)
    return f"{', '.join([*ceiling.bucket_actions, *ceiling.object_actions])} on the whole bucket {role.bucket}"


def _check(args: argparse.Namespace, config: "Config", grant: "Grant", role: "RoleDetails", policy: str) -> None:
    from botocore.exceptions import BotoCoreError

    from temp_access.aws.errors import from_connection_error
    from temp_access.borrow.broker import AssumeRolePlan, assume
    from temp_access.iam.sts_limits import MIN_DURATION

    try:
        session, _ = assume(
            config, caller_identity(args, config), AssumeRolePlan(grant, role, MIN_DURATION, policy), None
        )
    except BotoCoreError as error:
        raise from_connection_error(error) from error
    packed = "" if session.packed_size is None else f"; packed size {session.packed_size}% of the limit"
    _print_stderr(f"STS accepts it{packed}")


def _print_stderr(line: str) -> None:
    print(line, file=sys.stderr)
