"""`temp-access policy`: the policy of a grant's sessions, and what it restricts; or who can assume the role."""

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from temp_access.cli.borrow_options import add_grant_options, add_identity_options, add_token_option
from temp_access.cli.local_target import account_of, caller_identity, open_broker
from temp_access.cli.options import load_config, write_stdout
from temp_access.errors import UserError

if TYPE_CHECKING:
    from temp_access.borrow.role_discovery import RoleDetails
    from temp_access.config.model import Config, Grant


EXAMPLES = """\
examples (after `make demo`):
  temp-access policy bob --local
  temp-access policy bob --bucket example --access read --minimal
  temp-access policy bob --local --check        # sends it to STS once, and shows the packed size
  temp-access policy bob --local --trust        # who can assume the role

For a grant with borrowers, it is the policy of the grant's own role. If access.toml or --bucket names the bucket, no
credentials are needed. Otherwise the bucket is looked up. --trust needs the account: of --account or --env, or else
that of the credentials. It also prints, to standard error, what borrowers need in policies of their own.

exit code: 0 success, 1 refused or not reachable, 2 bad input or too large"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    add_grant_options(parser)
    parser.add_argument("--minimal", action="store_true", help="print the policy as it is sent, on one line")
    parser.add_argument("--trust", action="store_true", help="print the trust policy of the grant's role instead")
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object: the policies, and the statements for borrowers"
    )
    parser.add_argument(
        "--check", action="store_true", help="assume the role with it once, for 15m and without caching"
    )
    add_token_option(parser)
    add_identity_options(parser)


def run(args: argparse.Namespace) -> int:
    """Print the policy to standard output, and its size and effect to standard error."""
    from temp_access.borrow.grants import find_grant, narrow, policy_to_send, session_policy_text
    from temp_access.policies.checks import MAX_SESSION_POLICY

    config = load_config(args)
    listed = find_grant(config, args.id)
    grant = narrow(listed, args.access, args.within)
    if args.trust:
        return _trust(args, config, listed)
    role = _role(args, config, grant)
    if not role.bucket:
        raise UserError("the policy names the bucket, and these credentials can't look it up; pass --bucket")
    policy = session_policy_text(grant, role)
    is_own = policy_to_send(config, grant, role) is None
    if args.json:
        name = "role_policy" if is_own else "session_policy"
        write_stdout(json.dumps({"grant": grant.id, name: json.loads(policy)}, indent=2, ensure_ascii=False) + "\n")
    else:
        write_stdout((policy if args.minimal else json.dumps(json.loads(policy), indent=2, ensure_ascii=False)) + "\n")
    if is_own:
        _print_stderr(f"the policy of the role {role.arn.rpartition('/')[2]}; its sessions need no session policy")
    else:
        from temp_access.iam.packed_size import estimate_packed_size

        packed = estimate_packed_size(policy)
        _print_stderr(f"{len(policy)} of {MAX_SESSION_POLICY} characters; estimated packed size {packed}")
        if packed.may_be_refused:
            _print_stderr(
                "warning: STS may refuse this session policy as too large once packed; --check asks it, and a shorter "
                "folder or fewer actions pack better"
            )
        _print_stderr(f"without the session policy: {_ceiling(config, listed, role)}")
    if args.check:
        _check(args, config, grant, role, None if is_own else policy)
    return 0


def _role(args: argparse.Namespace, config: "Config", grant: "Grant") -> "RoleDetails":
    from temp_access.borrow.broker import CredentialRequest
    from temp_access.borrow.role_discovery import RoleDetails
    from temp_access.borrow.session_store import NullStore
    from temp_access.iam.arn import iam_arn
    from temp_access.policies.role_names import grant_role_resource

    bucket = args.bucket or config.bucket_name
    if bucket and not args.check:
        # The session policy uses only the partition of the role's ARN.
        resource = grant_role_resource(config.role, grant.id)
        if not grant.borrowers:
            resource = f"role{config.role.path}{config.role.name}"
        arn = args.role_arn or iam_arn(_partition(args, config), config.environment.account or "", resource)
        return RoleDetails(arn, bucket, config.role.max_session_duration, "")
    request = CredentialRequest(args.id, role_arn=args.role_arn, bucket=bucket, account=account_of(args, config, grant))
    return open_broker(args, NullStore(), config, grant=grant).role(request, grant)[0]


def _partition(args: argparse.Namespace, config: "Config") -> str:
    from temp_access.aws.identity import region_from_environment
    from temp_access.deployment.target import partition_of

    return partition_of(args.region or config.environment.region or region_from_environment() or "")


def _ceiling(config: "Config", grant: "Grant", role: "RoleDetails") -> str:
    from temp_access.policies.access_modes import grant_access, role_ceiling

    ceiling = grant_access(grant) if grant.borrowers else role_ceiling(config)
    where = f"{grant.folder}/ of the bucket" if grant.borrowers else "the whole bucket"
    return f"{', '.join([*ceiling.bucket_actions, *ceiling.object_actions])} on {where} {role.bucket}"


def _trust(args: argparse.Namespace, config: "Config", grant: "Grant") -> int:
    """Print the trust policy of the grant's role, and what borrowers need in policies of their own."""
    from temp_access.cli.caller_statements import caller_statements, print_caller_statements
    from temp_access.iam.arn import iam_arn
    from temp_access.policies.borrower_trust import grant_trust_policy
    from temp_access.policies.trust_policy import trust_policy

    account, partition = _account_and_partition(args, config, grant)
    if grant.borrowers:
        trust = grant_trust_policy(grant, config, account=account, partition=partition)
    else:
        user_arn = iam_arn(partition, account, f"user/{config.user.name}")
        trust = trust_policy(config.role, user_arn=user_arn, account=account, partition=partition)
    if args.json:
        statements = [each.as_json for each in caller_statements(config, account, partition, [grant])]
        report: dict[str, Any] = {"grant": grant.id, "trust_policy": trust, "caller_statements": statements}
        write_stdout(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
        return 0
    separators = (",", ":") if args.minimal else None
    write_stdout(
        json.dumps(trust, indent=None if args.minimal else 2, separators=separators, ensure_ascii=False) + "\n"
    )
    print_caller_statements(config, account, partition, [grant])
    return 0


def _account_and_partition(args: argparse.Namespace, config: "Config", grant: "Grant") -> tuple[str, str]:
    from temp_access.borrow.role_discovery import role_account
    from temp_access.iam.arn import Arn

    if args.role_arn:
        arn = Arn.parse(args.role_arn)
        return arn.account, arn.partition
    if account := role_account(config, account_of(args, config, grant)):
        return account, _partition(args, config)
    caller = Arn.parse(caller_identity(args, config, grant=grant).arn)
    if any(each.account == caller.account for each in grant.borrowers):
        raise UserError("these credentials are of another account than the role; pass the role's with --account")
    return caller.account, caller.partition


def _check(args: argparse.Namespace, config: "Config", grant: "Grant", role: "RoleDetails", policy: str | None) -> None:
    from botocore.exceptions import BotoCoreError

    from temp_access.aws.errors import from_connection_error
    from temp_access.borrow.assume import AssumeRolePlan, assume
    from temp_access.iam.sts_limits import MIN_DURATION

    try:
        session, _ = assume(
            config,
            caller_identity(args, config, grant=grant),
            AssumeRolePlan(grant, role, MIN_DURATION, policy),
            None,
        )
    except BotoCoreError as error:
        raise from_connection_error(error) from error
    packed = "" if session.packed_size is None else f"; packed size {session.packed_size}% of the limit"
    _print_stderr(f"STS accepts it{packed}" if policy else "STS lets these credentials assume the role")


def _print_stderr(line: str) -> None:
    print(line, file=sys.stderr)
