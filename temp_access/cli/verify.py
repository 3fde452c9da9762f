"""`temp-access verify`: check with real calls what borrowed credentials can and can't do."""

import argparse
import random
import sys
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from temp_access.cli.options import (
    add_aws_options,
    add_config_options,
    add_deployer_option,
    add_template_option,
    duration_argument,
    load_config,
)
from temp_access.config.model import Config
from temp_access.deployment.target import Target
from temp_access.errors import TempAccessError, UserError
from temp_access.verify.probes import Verdict, VerificationReport

if TYPE_CHECKING:
    import boto3

    from temp_access.aws.clients import Clients
    from temp_access.config.model import Grant
    from temp_access.deployment.effective_policies import ManagedDocument
    from temp_access.verify.identity_tokens import IdentityToken
    from temp_access.verify.live.drift_reader import StateReader
    from temp_access.verify.live.run import Deployment
    from temp_access.verify.plan.plan import ProbePlan


EXAMPLES = """\
examples (after `make demo`):
  temp-access verify --local
  temp-access verify --local --grant bob --json reports/verify.json
  temp-access verify --local --self-test
  temp-access verify --offline
  temp-access verify --env prod --deployer-profile admin --markdown "$GITHUB_STEP_SUMMARY"

exit code: 0 all probes passed, 1 a probe failed (self-test: a mutant survived, or something was left behind), 2 bad
configuration or usage, 3 inconclusive (self-test: the access modes in use can't show a mutant)"""
_SETTLE = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    add_config_options(parser)
    add_aws_options(parser)
    parser.add_argument("--profile", help="temp-user's profile (default: an access key created for the run)")
    add_deployer_option(parser)
    add_template_option(parser)
    parser.add_argument(
        "--grant", action="append", default=[], metavar="ID", help="probe only this grant; can be repeated"
    )
    parser.add_argument("--sample", type=int, metavar="N", help="probe N randomly chosen grants")
    parser.add_argument("--seed", type=int, metavar="N", help="the seed of --sample (default: a new one, printed)")
    parser.add_argument(
        "--settle",
        type=duration_argument,
        metavar="TIME",
        help="how long to wait for IAM changes (default: 60s; local AWS: 0s)",
    )
    parser.add_argument("--mfa-serial", metavar="ARN", help="temp-user's MFA device, if the role requires MFA")
    parser.add_argument("--mfa-code", metavar="CODE", help="the device's current code")
    parser.add_argument(
        "--web-identity-token",
        action="append",
        default=[],
        metavar="PROVIDER=FILE",
        help="be the borrower whom this token of an identity provider is for; can be repeated",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report as JSON")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write the report as JUnit XML")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the report as Markdown")
    parser.add_argument("--offline", action="store_true", help="evaluate the templates' policies; make no calls")
    parser.add_argument("--quiet", action="store_true", help="print only the table of results")
    parser.add_argument(
        "--self-test",
        action="store_true",
        help="mutate session policies and roles of grants; the probes must notice each mutant",
    )


def run(args: argparse.Namespace) -> int:
    """Verify, print and write the reports, and return the exit code."""
    from temp_access.files import check_writable

    config = load_config(args)
    check_writable([path for path in (args.json, args.junit, args.markdown) if path])
    return _verify_offline(args, config) if args.offline else _verify_live(args, config)


def _open(args: argparse.Namespace, config: Config) -> "tuple[Deployment, StateReader, str]":
    from temp_access.aws.clients import ClientFactory, service_client
    from temp_access.cli.account import open_account, require_deployer
    from temp_access.cli.local_target import enter_local
    from temp_access.deployment.deployed import physical_ids
    from temp_access.deployment.expected import existing_providers, expected_state
    from temp_access.deployment.stacks import read_stacks
    from temp_access.deployment.target import deployed_target
    from temp_access.verify.live.drift_reader import StateReader
    from temp_access.verify.live.run import Deployment

    if args.local:
        # A local AWS that doesn't run is the first thing to say; templates that don't fit are said before any call.
        enter_local(args.state)
    assembly = read_stacks(args.template, config=config)
    account = open_account(args, config, args.deployer_profile)
    deployer = account.session
    target = deployed_target(deployer, config, account.id, account.arn)
    require_deployer(account, target.user_name)
    expected = expected_state(
        assembly,
        physical_ids(service_client(deployer, "cloudformation"), assembly.templates),
        account=account.id,
        region=target.region,
        partition=target.partition,
    )
    settle = args.settle if args.settle is not None else 0 if target.endpoint else _SETTLE
    user = _user_session(args, target)
    mfa = (args.mfa_serial, args.mfa_code) if args.mfa_serial and args.mfa_code else None
    deployment = Deployment(config, target, deployer, user, mfa, settle)
    expected = replace(expected, existing_providers=existing_providers(config, target.arn))
    return deployment, StateReader(expected, ClientFactory(deployer).base(), target, assembly.templates), account.arn


def _user_session(args: argparse.Namespace, target: Target) -> "boto3.Session | None":
    """Return the session of --profile, or of the default credentials if they are temp-user's."""
    from temp_access.cli.account import open_user_session
    from temp_access.deployment.target import open_session, session_identity

    if args.profile:
        return open_user_session(args, target)
    if args.deployer_profile is None:
        return None
    try:
        session = open_session(None, args.region)
        _, arn = session_identity(session)
    except TempAccessError:
        # The default credentials are optional: the run can create an access key.
        return None
    return session if arn == target.user_arn else None


def _grants(args: argparse.Namespace, config: Config) -> "list[Grant]":
    from temp_access.verify.plan.selection import choose_grants

    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(1_000_000)
    grants = choose_grants(config, args.grant, args.sample, seed)
    if args.sample is not None:
        print(f"probing {len(grants)} of {len(config.grants)} grants, --seed {seed}", file=sys.stderr)
    return grants


def _plan(
    config: Config,
    grants: "list[Grant]",
    target: Target,
    run_name: str,
    managed: "ManagedDocument",
    arn: str,
    tokens: "dict[str, IdentityToken]",
) -> "ProbePlan":
    from temp_access.verify.plan.assume_role import is_untrusted
    from temp_access.verify.plan.plan import make_plan
    from temp_access.verify.plan.user import decide_for_user

    return make_plan(
        config,
        grants,
        target,
        run_name,
        decide_for_user=decide_for_user(config, target, managed),
        # `cdk bootstrap` creates this bucket, so it exists wherever the stacks are deployed.
        other_bucket=f"cdk-hnb659fds-assets-{target.account}-{target.region}",
        deployer_is_untrusted=is_untrusted(config, arn),
        decide_for_person=lambda name: decide_for_user(config, target, managed, name),
        tokens={label: token.claims for label, token in tokens.items()},
    )


def _verify_live(args: argparse.Namespace, config: Config) -> int:
    from temp_access.deployment.effective_policies import managed_document
    from temp_access.verify.identity_tokens import read_tokens
    from temp_access.verify.live.run import verify_live

    tokens = read_tokens(args.web_identity_token, config)
    deployment, state, arn = _open(args, config)
    deployment = replace(deployment, tokens=tokens)
    target = deployment.target
    endpoint = f" at {target.endpoint}" if target.endpoint else ""
    print(f"verifying account {target.account}, {target.region}, bucket {target.bucket}{endpoint}", file=sys.stderr)
    if args.self_test:
        return _self_test(deployment, state)
    grants = _grants(args, config)

    def planner(run_name: str, deployer: "Clients") -> "ProbePlan":
        return _plan(config, grants, target, run_name, lambda arn: managed_document(deployer.iam, arn), arn, tokens)

    report = verify_live(deployment, planner, state, sys.stderr, quiet=args.quiet)
    _print(args, report)
    return report.exit_code


def _verify_offline(args: argparse.Namespace, config: Config) -> int:
    from temp_access.deployment.effective_policies import known_document, template_policies
    from temp_access.deployment.stacks import read_stacks
    from temp_access.deployment.unread import unread
    from temp_access.verify.identity_tokens import read_tokens
    from temp_access.verify.offline.run import evaluator_calls, verify_offline
    from temp_access.verify.operations import new_run

    if args.local or args.self_test:
        raise UserError("--offline makes no calls; leave out --offline, or --local and --self-test")
    assembly = read_stacks(args.template, config=config)
    policies = template_policies(config, assembly, keeps_unknown=False)
    target = policies.target
    run_name = new_run()
    deployer = f"arn:{target.partition}:iam::{target.account}:user/an-administrator"
    tokens = read_tokens(args.web_identity_token, config)
    plan = _plan(config, _grants(args, config), target, run_name, known_document, deployer, tokens)
    claims = {label: token.claims for label, token in tokens.items()}
    calls = evaluator_calls(config, policies, unread=unread(assembly, target, policies.state), tokens=claims)
    report = verify_offline(plan, calls, target, run_name, sys.stderr, quiet=args.quiet)
    _print(args, report)
    return report.exit_code


def _print(args: argparse.Namespace, report: VerificationReport) -> None:
    from temp_access.files import write_report
    from temp_access.verify.report.json_report import to_json
    from temp_access.verify.report.junit import to_junit
    from temp_access.verify.report.markdown import to_markdown
    from temp_access.verify.report.terminal import print_table

    written = []
    # Written before the table, which a closed pipe can interrupt.
    for path, convert in ((args.json, to_json), (args.junit, to_junit), (args.markdown, to_markdown)):
        if path:
            write_report(path, convert(report))
            written.append(str(path))
    print_table(report, sys.stdout)
    if written:
        print(f"reports: {', '.join(written)}", file=sys.stderr)


def _self_test(deployment: "Deployment", state: "StateReader") -> int:
    from temp_access.verify.live.role_mutants import RoleMutants
    from temp_access.verify.live.run import LiveRun
    from temp_access.verify.live.self_test import MutantStatus, SelfTest, run_mutants

    config, target = deployment.config, deployment.target
    statuses = []
    with LiveRun(deployment, state, sys.stderr) as live:
        of_roles = RoleMutants(config, target, state.expected, live.name).results() if config.own_role_grants else ()
        for result in chain(run_mutants(live, SelfTest(config, target, live.name)), of_roles):
            statuses.append(result.status)
            print(
                f"{result.status.value:9}  {result.mutant.name}: {result.mutant.killed_by}: {result.observed}",
                flush=True,
            )
    left = live.nothing_left()
    print(f"clean-up: {left.observed}", flush=True)
    survivors = statuses.count(MutantStatus.SURVIVED)
    print(
        f"{len(statuses)} mutants: {statuses.count(MutantStatus.KILLED)} caught, {survivors} survived, "
        f"{statuses.count(MutantStatus.UNDECIDED)} undecided"
    )
    if survivors or left.verdict is Verdict.FAILED:
        return 1
    return 3 if MutantStatus.UNDECIDED in statuses or left.verdict is Verdict.INCONCLUSIVE else 0
