"""`temp-access review`: say what a change lets whom do, and no longer do."""

import argparse
from pathlib import Path

EXAMPLES = """\
examples:
  temp-access review --base main/cdk.out --head cdk.out
  temp-access review --base main/cdk.out --head cdk.out --format json --output review.json --fail-on any

exit code: 0 fine, 1 access changed as --fail-on says, 2 bad input"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    for name, words in (("base", "before"), ("head", "after")):
        parser.add_argument(
            f"--{name}", type=Path, required=True, metavar="DIR", help=f"the synthesized output {words} the change"
        )
        parser.add_argument(f"--{name}-config", type=Path, metavar="FILE", help="default: access.toml beside DIR")
    parser.add_argument("--format", choices=("markdown", "json"), default="markdown", help="default: markdown")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write to this file instead of the screen")
    parser.add_argument(
        "--fail-on", choices=("broadened", "any", "never"), default="broadened", help="default: broadened"
    )


def run(args: argparse.Namespace) -> int:
    """Compare, print or write the review, and return the exit code."""
    from temp_access.review.as_json import to_json
    from temp_access.review.markdown import to_markdown
    from temp_access.review.model import Direction
    from temp_access.review.review import review
    from temp_access.review.side import read_side
    from temp_access.verify.report.files import check_writable, write_report

    if args.output:
        check_writable([args.output])
    found = review(
        read_side("base", args.base, args.base_config),
        read_side("head", args.head, args.head_config),
    )
    text = to_json(found) if args.format == "json" else to_markdown(found)
    if args.output:
        write_report(args.output, text)
    else:
        print(text, end="")
    failing = {
        "broadened": {Direction.BROADENED, Direction.BOTH},
        "any": set(Direction) - {Direction.UNCHANGED},
        "never": set[Direction](),
    }
    return int(found.headline in failing[args.fail_on])
