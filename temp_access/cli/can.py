"""`temp-access can`: one question to the evaluator, answered with its reasons."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from temp_access.cli.options import add_aws, add_config, enter_local, load_config

if TYPE_CHECKING:
    from temp_access.config.model import Config
    from temp_access.whatif.model import PolicySource


EXAMPLES = """\
examples (after `make synth`):
  temp-access can bob s3:GetObject bob/report.csv
  temp-access can bob s3:ListBucket bobby/
  temp-access can role s3:DeleteObject s3://example-bucket/bob/x --session bob --deployed
  temp-access can user sts:AssumeRole role
  temp-access can arn:aws:iam::222233334444:role/build sts:AssumeRole role --context sts:ExternalId=the-partner-7f3a
  temp-access can bob s3:PutObject bob/x --deployed --local     (after `make demo`)

WHO       user: temp-user; role: temp-role, not narrowed; a grant's id (or role --session ID): temp-role narrowed to
          that grant; or the ARN of a user, a role or a role's session
RESOURCE  a key of the bucket (bob/x), bucket, role, user, s3://BUCKET/KEY, an ARN, or *

exit code: 0 allowed, 1 denied, 2 bad usage, 3 it depends on policies that aren't known here"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("who", metavar="WHO", help="user, role, a grant's id, or an ARN")
    parser.add_argument("action", metavar="ACTION", help="like s3:GetObject")
    parser.add_argument("resource", metavar="RESOURCE", help="like bob/x, bucket, s3://BUCKET/KEY, role, or an ARN")
    parser.add_argument("--session", metavar="ID", help="narrow the role's session to this grant")
    parser.add_argument("--prefix", metavar="PREFIX", help="the prefix of a listing")
    parser.add_argument(
        "--context", action="append", default=[], metavar="KEY=VALUE", help="a condition key; repeatable"
    )
    parser.add_argument("--template", type=Path, default=Path("cdk.out"), metavar="DIR", help="default: cdk.out")
    parser.add_argument("--deployed", action="store_true", help="ask about what is deployed, not about the templates")
    parser.add_argument("--deployer-profile", metavar="PROFILE", help="to read it (default: the default credentials)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_config(parser)
    add_aws(parser)


def run(args: argparse.Namespace) -> int:
    """Answer the question, and return the exit code."""
    from temp_access.whatif.answer import decide
    from temp_access.whatif.question import given_context, read_principal, read_question
    from temp_access.whatif.render import as_json, as_text

    config = load_config(args)
    given = given_context(args.context)
    source = _deployed(args, config) if args.deployed or args.local else _templates(args, config)
    who = read_principal(args.who, args.session, config, source.target)
    answer = decide(who, read_question(args.action, args.resource, args.prefix, source, given), given, source, config)
    print(json.dumps(as_json(answer), indent=2) if args.json else as_text(answer))
    return answer.exit_code


def _templates(args: argparse.Namespace, config: "Config") -> "PolicySource":
    from temp_access.deployment.stacks import read_stacks
    from temp_access.whatif.sources import from_templates

    return from_templates(config, read_stacks(args.template, digest=config.digest))


def _deployed(args: argparse.Namespace, config: "Config") -> "PolicySource":
    from temp_access.deployment.target import check_environment, find_target, open_session, who_am_i
    from temp_access.whatif.sources import from_deployed

    enter_local(args)
    session = open_session(args.deployer_profile, args.region)
    account, arn = who_am_i(session)
    check_environment(config, account, str(session.region_name))
    target = find_target(session, config, account, arn)
    where = f" at {target.endpoint}" if target.endpoint else ""
    print(f"asking account {account}, {target.region}, bucket {target.bucket}{where}", file=sys.stderr)
    return from_deployed(config, target, session)
