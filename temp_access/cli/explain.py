"""`temp-access explain`: the causes of an error of STS, IAM or S3, how to tell them apart, and the fix."""

import argparse
import json
import sys
from dataclasses import asdict

from temp_access.error_guide.guide import Explanation, explain, load_entries
from temp_access.error_guide.parse import parse
from temp_access.errors import UserError

EXAMPLES = """\
examples (after `make demo`):
  temp-access explain AccessDenied
  temp-access explain "An error occurred (ValidationError) when calling the AssumeRole operation: \\
      The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
  aws s3 ls s3://another-bucket 2>&1 | temp-access explain -
  temp-access explain                 # lists all known codes

exit code: 0 explained, 2 unknown code"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        "code", nargs="?", metavar="CODE", help="an error code or a whole error message; - reads standard input"
    )
    parser.add_argument("--json", action="store_true", help="print the explanation as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the explanation, or every known code."""
    if args.code is None:
        return _list(args.json)
    pasted = sys.stdin.buffer.read(200_000).decode("utf-8", "replace") if args.code == "-" else args.code
    error = parse(pasted)
    if not error.code:
        raise UserError(
            "the input contains no error code; pass the code alone, or the whole message "
            "(`temp-access explain` lists the known codes)"
        )
    explanation = explain(*error)
    print(_to_json(explanation) if args.json else _render(explanation))
    return 0


def _list(as_json: bool) -> int:
    known = {code: entry["summary"] for code, entry in load_entries().items()}
    width = max(map(len, known))
    lines = (f"{code:{width}}  {summary}" for code, summary in known.items())
    print(json.dumps(known, indent=2, ensure_ascii=False) if as_json else "\n".join(lines))
    return 0


def _to_json(explanation: Explanation) -> str:
    document = asdict(explanation)
    for cause in document["causes"]:
        # For this package's own errors only.
        del cause["kind"]
    return json.dumps(document, indent=2, ensure_ascii=False)


def _render(explanation: Explanation) -> str:
    lines = [f"{explanation.code} ({explanation.service}): {explanation.summary}"]
    for number, cause in enumerate(explanation.causes, 1):
        lines += ["", f"{number}. {cause.what}", f"   to tell: {cause.how_to_tell}", f"   fix: {cause.fix}"]
    return "\n".join([*lines, "", f"source: {explanation.source}"])
