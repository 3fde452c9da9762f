"""`temp-access who`: everybody who can do an action on a resource, and by which role and statement."""

import argparse
import json
import sys

from temp_access.cli.can import add_question_options, policy_source
from temp_access.cli.options import load_config

EXAMPLES = """\
examples (after `make synth`):
  temp-access who s3:GetObject bob/report.csv
  temp-access who s3:ListBucket bobby/
  temp-access who sts:AssumeRole role
  temp-access who s3:DeleteObject bob/x --json
  temp-access who s3:PutObject bob/x --deployed --local     # after `make demo`

RESOURCE  an object key of the bucket (bob/x), bucket, role, user, role/NAME, user/NAME, s3://BUCKET/KEY, an ARN, or *

exit code: 0 it is known who can, also if it is nobody, 2 bad usage, 3 depends on what isn't known or isn't read: a
policy, a condition key, a resource of the templates"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("action", metavar="ACTION", help="the action, like s3:GetObject")
    parser.add_argument(
        "resource", metavar="RESOURCE", help="the resource, like bob/x, bucket, s3://BUCKET/KEY, role/NAME, or an ARN"
    )
    add_question_options(parser)


def run(args: argparse.Namespace) -> int:
    """Answer the question, and return the exit code."""
    from temp_access.whatif.context import parse_context
    from temp_access.whatif.question import read_question
    from temp_access.whatif.who import ask_who, require_one_resource
    from temp_access.whatif.who_render import as_json, as_text

    require_one_resource(args.resource)
    config = load_config(args)
    context = parse_context(args.context)
    source = policy_source(args, config)
    answer = ask_who(read_question(args.action, args.resource, args.prefix, source, context), context, source, config)
    print(json.dumps(as_json(answer), indent=2) if args.json else as_text(answer, titles=sys.stdout.isatty()))
    return answer.exit_code
