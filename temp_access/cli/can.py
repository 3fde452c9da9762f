"""`temp-access can`: whether a principal can do an action on a resource, with the evaluator's reasons."""

import argparse
import json
import sys
from typing import TYPE_CHECKING

from temp_access.cli.options import (
    add_aws_options,
    add_config_options,
    add_deployer_option,
    add_template_option,
    load_config,
)

if TYPE_CHECKING:
    from temp_access.config.model import Config
    from temp_access.whatif.model import PolicySource


EXAMPLES = """\
examples (after `make synth`):
  temp-access can bob s3:GetObject bob/report.csv
  temp-access can bob s3:ListBucket bobby/
  temp-access can role s3:DeleteObject s3://example-bucket/bob/x --session bob --deployed
  temp-access can user sts:AssumeRole role
  temp-access can user/ann sts:AssumeRole role/temp-role-ann
  temp-access can arn:aws:iam::222233334444:role/build sts:AssumeRole role --context sts:ExternalId=the-partner-7f3a
  temp-access can bob s3:PutObject bob/x --deployed --local     # after `make demo`

WHO       user: temp-user; role: temp-role without a session policy; a grant's id (or role --session ID): temp-role
          with that grant's session policy, or the role of a grant with borrowers; user/NAME, role/NAME,
          sso/SET/USERNAME, oidc/PROVIDER/SUBJECT or service/NAME, as in access.toml; an account (its root user), a
          service, * (an anonymous caller), an id such as AROA…:SESSION; or the ARN of a user, a role, a role session,
          a federated user, root, an identity provider or a CloudFront origin access identity
RESOURCE  an object key of the bucket (bob/x), bucket, role, user, role/NAME, s3://BUCKET/KEY, an ARN, or *

exit code: 0 allowed, 1 denied, 2 bad usage, 3 depends on what isn't known or isn't read: a policy, a condition key,
a resource of the templates"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        "who", metavar="WHO", help="the principal: user, role, a grant's id, user/NAME, role/NAME, an ARN …"
    )
    parser.add_argument("action", metavar="ACTION", help="the action, like s3:GetObject")
    parser.add_argument(
        "resource", metavar="RESOURCE", help="the resource, like bob/x, bucket, s3://BUCKET/KEY, role, or an ARN"
    )
    parser.add_argument("--session", metavar="ID", help="with WHO role: the grant whose session policy applies")
    add_question_options(parser)


def add_question_options(parser: argparse.ArgumentParser) -> None:
    """Add the options on the request and on which policies decide it."""
    parser.add_argument("--prefix", metavar="PREFIX", help="the prefix of a listing (s3:prefix)")
    parser.add_argument(
        "--context",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a condition key and its value; can be repeated",
    )
    add_template_option(parser)
    parser.add_argument(
        "--deployed", action="store_true", help="evaluate the deployed policies instead of the templates"
    )
    add_deployer_option(parser)
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    add_config_options(parser)
    add_aws_options(parser)


def run(args: argparse.Namespace) -> int:
    """Answer the question, and return the exit code."""
    from temp_access.whatif.answer import decide
    from temp_access.whatif.context import parse_context
    from temp_access.whatif.principal import read_principal
    from temp_access.whatif.question import read_question
    from temp_access.whatif.render import as_json, as_text

    config = load_config(args)
    context = parse_context(args.context)
    source = policy_source(args, config)
    principal = read_principal(args.who, args.session, config, source)
    answer = decide(
        principal, read_question(args.action, args.resource, args.prefix, source, context), context, source, config
    )
    print(json.dumps(as_json(answer), indent=2) if args.json else as_text(answer))
    return answer.exit_code


def policy_source(args: argparse.Namespace, config: "Config") -> "PolicySource":
    """Return the policies that the arguments name: those of the templates, or the deployed ones."""
    return _deployed(args, config) if args.deployed or args.local else _templates(args, config)


def _templates(args: argparse.Namespace, config: "Config") -> "PolicySource":
    from temp_access.deployment.stacks import read_stacks
    from temp_access.whatif.sources import from_templates

    return from_templates(config, read_stacks(args.template, config=config))


def _deployed(args: argparse.Namespace, config: "Config") -> "PolicySource":
    from temp_access.cli.account import open_account
    from temp_access.deployment.target import deployed_target
    from temp_access.whatif.sources import from_deployed

    account = open_account(args, config, args.deployer_profile)
    target = deployed_target(account.session, config, account.id, account.arn)
    endpoint = f" at {target.endpoint}" if target.endpoint else ""
    print(f"reading {account.description}, bucket {target.bucket}{endpoint}", file=sys.stderr)
    return from_deployed(config, target, account.session)
