"""`temp-access policy`: the session policy that a grant is sent, its size, and what it keeps away."""

import argparse
import json
import sys
from typing import TYPE_CHECKING

from temp_access.cli.borrow_options import add_base
from temp_access.cli.local_target import caller_identity, open_broker
from temp_access.cli.options import load_config, write_out

if TYPE_CHECKING:
    from temp_access.borrow.role_discovery import RoleDetails
    from temp_access.config.model import Config, Grant


EXAMPLES = """\
examples (after `make demo`):
  temp-access policy bob --local
  temp-access policy bob --bucket example --access read --minimal
  temp-access policy bob --local --check        # sends it once, and says what STS makes of its size

The bucket is looked up unless access.toml or --bucket names it: then no credentials are needed.

exit code: 0 fine, 1 refused or not reachable, 2 bad input or too large"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("id", metavar="ID", help="a grant's id, or one that [any_id] admits")
    parser.add_argument("--access", metavar="MODE", help="less than the grant's: list, read, write, read-write")
    parser.add_argument("--minimal", action="store_true", help="print it as it is sent, in one line")
    parser.add_argument("--check", action="store_true", help="borrow with it for 15m, keeping nothing")
    add_base(parser)


def run(args: argparse.Namespace) -> int:
    """Print the policy on standard output, and what is to be said about it on stderr."""
    from temp_access.borrow.broker import session_policy_text
    from temp_access.borrow.grants import find_grant, narrow
    from temp_access.policies.checks import SESSION_POLICY, estimate_packed_size

    config = load_config(args)
    grant = narrow(find_grant(config, args.id), args.access)
    role = _role(args, config)
    text = session_policy_text(grant, role)
    write_out((text if args.minimal else json.dumps(json.loads(text), indent=2, ensure_ascii=False)) + "\n")
    _tell(
        f"{len(text)} of {SESSION_POLICY} characters; "
        f"packed about {estimate_packed_size(text)}% of STS's room (an estimate)"
    )
    _tell(f"without it: {_ceiling(config, role)}")
    if args.check:
        _check(args, config, grant, role, text)
    return 0


def _role(args: argparse.Namespace, config: "Config") -> "RoleDetails":
    from temp_access.aws.identity import region_of_the_environment
    from temp_access.borrow.broker import CredentialRequest
    from temp_access.borrow.role_discovery import RoleDetails
    from temp_access.borrow.session_store import NullStore
    from temp_access.deployment.target import partition_of

    bucket = args.bucket or config.bucket_name
    if bucket and not args.check:
        # The partition is all that the policy takes from the role.
        partition = partition_of(args.region or config.environment.region or region_of_the_environment() or "")
        arn = args.role_arn or f"arn:{partition}:iam::{config.environment.account or ''}:role/{config.role.name}"
        return RoleDetails(arn, bucket, config.role.max_session_duration, "")
    return open_broker(args, NullStore(), config).role(
        CredentialRequest(args.id, role_arn=args.role_arn, bucket=bucket)
    )[0]


def _ceiling(config: "Config", role: "RoleDetails") -> str:
    from temp_access.policies.access_modes import ACCESS_MODES, combined_mode

    ceiling = combined_mode(ACCESS_MODES[mode] for mode in config.modes)
    lists = ["s3:ListBucket"] if ceiling.allows_listing else []
    return f"{', '.join([*lists, *ceiling.object_actions])} on the whole bucket {role.bucket}"


def _check(args: argparse.Namespace, config: "Config", grant: "Grant", role: "RoleDetails", text: str) -> None:
    from botocore.exceptions import BotoCoreError

    from temp_access.aws.errors import from_connection_error
    from temp_access.borrow.broker import AssumeRolePlan, assume
    from temp_access.iam.sts_limits import MIN_DURATION

    try:
        session, _ = assume(
            config, caller_identity(args, config), AssumeRolePlan(grant, role, MIN_DURATION, text), None
        )
    except BotoCoreError as error:
        raise from_connection_error(error) from error
    packed = "" if session.packed is None else f", packed {session.packed}%"
    _tell(f"STS takes it{packed}")


def _tell(text: str) -> None:
    print(text, file=sys.stderr)
