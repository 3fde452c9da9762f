"""`temp-access review`: show who gains and loses access."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from temp_access.cli.options import duration_argument

if TYPE_CHECKING:
    from temp_access.review.model import Review
    from temp_access.review.report import ReviewReport


EXAMPLES = """\
examples:
  temp-access review --base main/cdk.out --head cdk.out
  temp-access review --base main/cdk.out --head cdk.out --format json --output review.json --fail-on any
  temp-access review --base main/cdk.out --head cdk.out --format html --output reports/review.html \\
      --verification reports/verify.json

exit code: 0 success, 1 access changed in a way that --fail-on names, 2 bad input, 3 the review can't tell whether
access is broadened (whatever --fail-on says)"""
_FORMATS = ("markdown", "json", "html", "sarif")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    for name, time in (("base", "before"), ("head", "after")):
        parser.add_argument(
            f"--{name}",
            type=Path,
            required=True,
            metavar="DIR",
            help=f"the output folder of `cdk synth` {time} the change",
        )
        parser.add_argument(
            f"--{name}-config", type=Path, metavar="FILE", help="its configuration (default: access.toml next to DIR)"
        )
    parser.add_argument("--format", choices=_FORMATS, default="markdown", help="the output format (default: markdown)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write to this file instead of standard output")
    parser.add_argument(
        "--fail-on",
        choices=("broadened", "any", "never"),
        default="broadened",
        help="exit with 1 on this change of access (default: broadened)",
    )
    parser.add_argument("--compare-only", action="store_true", help="leave out lint findings and proofs")
    parser.add_argument(
        "--timeout",
        type=duration_argument,
        default=10,
        metavar="TIME",
        help="the time limit of a proof (default: 10s)",
    )
    parser.add_argument(
        "--verification",
        type=Path,
        metavar="FILE",
        help="include the report of the last `temp-access verify --json`",
    )


def run(args: argparse.Namespace) -> int:
    """Compare, print or write the review, and return the exit code."""
    from temp_access.files import check_writable, write_report
    from temp_access.review.report import make_report
    from temp_access.review.snapshot import read_snapshot

    if args.output:
        check_writable([args.output])
    report = make_report(
        read_snapshot("base", args.base, args.base_config),
        read_snapshot("head", args.head, args.head_config),
        compare_only=args.compare_only,
        proof_timeout=args.timeout,
        verification_file=args.verification,
    )
    output = _render(report, args.format)
    if args.output:
        write_report(args.output, output)
    else:
        print(output, end="")
    return _exit_code(report.review, args.fail_on)


def _render(report: "ReviewReport", format_: str) -> str:
    if format_ == "json":
        from temp_access.review.render.json_report import to_json

        return to_json(report)
    if format_ == "html":
        from temp_access.review.render.html import to_html

        return to_html(report)
    if format_ == "sarif":
        from temp_access.review.render.sarif import to_sarif

        return to_sarif(report)
    from temp_access.review.render.markdown import to_markdown

    return to_markdown(report)


def _exit_code(review: "Review", fail_on: str) -> int:
    from temp_access.review.model import Direction, broadens

    changed = any(change.direction is not Direction.UNCHANGED for change in review.changes)
    if (fail_on == "broadened" and broadens(review.headline)) or (fail_on == "any" and changed):
        return 1
    # No choice accepts what isn't known.
    return 3 if review.unknown else 0
