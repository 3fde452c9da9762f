"""`temp-access verify`: prove what borrowed credentials can and can't do."""

import argparse
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from temp_access.cli.options import add_aws, add_config, enter_local, load_config, seconds
from temp_access.config.model import Config
from temp_access.deployment.target import Target
from temp_access.errors import TempAccessError, UserError
from temp_access.verify.probes import VerificationReport

if TYPE_CHECKING:
    import boto3

    from temp_access.aws.clients import Clients
    from temp_access.config.model import Grant
    from temp_access.verify.live.drift_reader import StateReader
    from temp_access.verify.live.run import Deployment
    from temp_access.verify.plan.plan import ProbePlan
    from temp_access.verify.plan.user import Managed


EXAMPLES = """\
examples (after `make demo`):
  temp-access verify --local
  temp-access verify --local --grant bob --json reports/verify.json
  temp-access verify --local --self-test
  temp-access verify --offline
  temp-access verify --env prod --deployer-profile admin --markdown "$GITHUB_STEP_SUMMARY"

exit code: 0 all passed, 1 a probe failed (or a defect of the self-test survived), 2 bad configuration or usage,
3 inconclusive (or the modes in use are too few to show a defect)"""
_SETTLE = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    add_config(parser)
    add_aws(parser)
    parser.add_argument("--profile", help="temp-user's own credentials (default: a key minted for the run)")
    parser.add_argument("--deployer-profile", metavar="PROFILE", help="default: the default credentials")
    parser.add_argument("--template", type=Path, default=Path("cdk.out"), metavar="DIR", help="default: cdk.out")
    parser.add_argument("--grant", action="append", default=[], metavar="ID", help="probe this grant only; repeatable")
    parser.add_argument("--sample", type=int, metavar="N", help="probe N grants, chosen by --seed")
    parser.add_argument("--seed", type=int, metavar="N", help="default: a new one, printed")
    parser.add_argument(
        "--settle", type=seconds, metavar="TIME", help="how long to wait for IAM's delays (60s; local: 0s)"
    )
    parser.add_argument("--mfa-serial", metavar="ARN", help="temp-user's MFA device, if the role asks for MFA")
    parser.add_argument("--mfa-code", metavar="CODE", help="its present code")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report as JSON")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write the report as JUnit XML")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the report as Markdown")
    parser.add_argument("--offline", action="store_true", help="ask the evaluator about the templates; call nothing")
    parser.add_argument("--quiet", action="store_true", help="show the table only")
    parser.add_argument("--self-test", action="store_true", help="break the session policy in each known way")


def run(args: argparse.Namespace) -> int:
    """Verify, print and write the reports, and return the exit code."""
    from temp_access.files import check_writable

    config = load_config(args)
    check_writable([path for path in (args.json, args.junit, args.markdown) if path])
    return _verify_offline(args, config) if args.offline else _verify_live(args, config)


def _open(args: argparse.Namespace, config: Config) -> "tuple[Deployment, StateReader, str]":
    from temp_access.aws.clients import ClientFactory
    from temp_access.deployment.deployed import read_physical
    from temp_access.deployment.expected import expected_state
    from temp_access.deployment.stacks import read_stacks
    from temp_access.deployment.target import check_environment, find_target, open_session, who_am_i
    from temp_access.verify.live.drift_reader import StateReader
    from temp_access.verify.live.run import Deployment

    assembly = read_stacks(args.template, digest=config.digest)
    deployer = open_session(args.deployer_profile, args.region)
    account, arn = who_am_i(deployer)
    check_environment(config, account, str(deployer.region_name))
    target = find_target(deployer, config, account, arn)
    if arn == target.user_arn:
        raise UserError(f"these are {target.user_name}'s own credentials; pass the deployer's with --deployer-profile")
    expected = expected_state(
        assembly,
        read_physical(deployer.client("cloudformation")),
        account=account,
        region=target.region,
        partition=target.partition,
    )
    settle = args.settle if args.settle is not None else 0 if target.endpoint else _SETTLE
    user = _user_session(args, target)
    mfa = (args.mfa_serial, args.mfa_code) if args.mfa_serial and args.mfa_code else None
    deployment = Deployment(config, target, deployer, user, mfa, settle)
    return deployment, StateReader(expected, ClientFactory(deployer).base(), target), arn


def _user_session(args: argparse.Namespace, target: Target) -> "boto3.Session | None":
    """Return temp-user's session: --profile's, else the environment's if it is temp-user's."""
    from temp_access.deployment.target import open_session, who_am_i

    if args.profile is None and args.deployer_profile is None:
        return None
    try:
        session = open_session(args.profile, args.region)
        _, arn = who_am_i(session)
    except TempAccessError:
        # The default credentials aren't asked for: a key can be minted.
        if args.profile:
            raise
        return None
    if arn == target.user_arn:
        return session
    if args.profile:
        raise UserError(f"the profile {args.profile} is {arn}, not {target.user_arn}; pass {target.user_name}'s")
    return None


def _grants(args: argparse.Namespace, config: Config) -> "list[Grant]":
    from temp_access.verify.plan.selection import choose_grants

    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(1_000_000)
    grants = choose_grants(config, args.grant, args.sample, seed)
    if args.sample is not None:
        print(f"probing {len(grants)} of {len(config.grants)} grants, --seed {seed}", file=sys.stderr)
    return grants


def _plan(
    config: Config, grants: "list[Grant]", target: Target, run_name: str, managed: "Managed", arn: str
) -> "ProbePlan":
    from temp_access.verify.plan.assume_role import is_stranger
    from temp_access.verify.plan.plan import make_plan
    from temp_access.verify.plan.user import user_allows

    return make_plan(
        config,
        grants,
        target,
        run_name,
        user_allows=user_allows(config, target, managed),
        # The bucket that `cdk bootstrap` makes: there wherever the stacks could be deployed.
        other_bucket=f"cdk-hnb659fds-assets-{target.account}-{target.region}",
        deployer_is_stranger=is_stranger(config, arn),
    )


def _verify_live(args: argparse.Namespace, config: Config) -> int:
    from temp_access.deployment.effective_policies import managed_document
    from temp_access.verify.live.run import verify_live

    enter_local(args)
    deployment, state, arn = _open(args, config)
    target = deployment.target
    where = f" at {target.endpoint}" if target.endpoint else ""
    print(f"verifying account {target.account}, {target.region}, bucket {target.bucket}{where}", file=sys.stderr)
    if args.self_test:
        return _self_test(deployment, state)
    grants = _grants(args, config)

    def planner(run_name: str, deployer: "Clients") -> "ProbePlan":
        return _plan(config, grants, target, run_name, lambda arn: managed_document(deployer.iam, arn), arn)

    report = verify_live(deployment, planner, state, sys.stderr, quiet=args.quiet)
    _print(args, report)
    return report.exit_code


def _verify_offline(args: argparse.Namespace, config: Config) -> int:
    from temp_access.deployment.effective_policies import known_document
    from temp_access.deployment.stacks import read_stacks
    from temp_access.deployment.target import offline_target
    from temp_access.iam.aws_managed import bundled_document
    from temp_access.verify.offline.run import evaluator_calls, verify_offline
    from temp_access.verify.operations import new_run

    if args.local or args.self_test:
        raise UserError("--offline calls nothing; leave out --local and --self-test, or --offline")
    target, state = offline_target(config, read_stacks(args.template, digest=config.digest))
    run_name = new_run()
    deployer = f"arn:{target.partition}:iam::{target.account}:user/an-administrator"
    plan = _plan(config, _grants(args, config), target, run_name, known_document, deployer)
    answerer = evaluator_calls(config, target, state, bundled_document)
    report = verify_offline(plan, answerer, target, run_name, sys.stderr, quiet=args.quiet)
    _print(args, report)
    return report.exit_code


def _print(args: argparse.Namespace, report: VerificationReport) -> None:
    from temp_access.files import write_report
    from temp_access.verify.report.json_report import to_json
    from temp_access.verify.report.junit import to_junit
    from temp_access.verify.report.markdown import to_markdown
    from temp_access.verify.report.terminal import print_table

    written = []
    # Before the table, which a closed pipe may cut short.
    for path, convert in ((args.json, to_json), (args.junit, to_junit), (args.markdown, to_markdown)):
        if path:
            write_report(path, convert(report))
            written.append(str(path))
    print_table(report, sys.stdout)
    if written:
        print(f"reports: {', '.join(written)}", file=sys.stderr)


def _self_test(deployment: "Deployment", state: "StateReader") -> int:
    from temp_access.verify.live.run import LiveRun
    from temp_access.verify.live.self_test import MutantStatus, SelfTest, run_mutants

    fates = []
    with LiveRun(deployment, state, sys.stderr) as live:
        for trial in run_mutants(live, SelfTest(deployment.config, deployment.target, live.name)):
            fates.append(trial.status)
            print(
                f"{trial.status.value:9}  {trial.mutant.name}: {trial.mutant.caught_by}: {trial.observed}",
                flush=True,
            )
    survivors = fates.count(MutantStatus.SURVIVED)
    print(
        f"{len(fates)} mutants: {fates.count(MutantStatus.KILLED)} caught, {survivors} survived, "
        f"{fates.count(MutantStatus.UNDECIDED)} undecided"
    )
    if survivors:
        return 1
    return 3 if MutantStatus.UNDECIDED in fates else 0
