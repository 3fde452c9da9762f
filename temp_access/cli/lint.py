"""`temp-access lint`: hold the lint rules against the synthesized templates."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

EXAMPLES = """\
examples (after `make synth`):
  temp-access lint
  temp-access lint --template cdk.out --json

exit code: 0 no finding that isn't acknowledged, 1 findings, 2 bad usage or templates"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("--template", type=Path, default=Path("cdk.out"), metavar="DIR", help="default: cdk.out")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the findings and return the exit code."""
    from temp_access.errors import require_extra
    from temp_access.lint.findings import folder_findings
    from temp_access.terminal_text import escape_control

    require_extra("lint")
    found, acknowledged = folder_findings(args.template)
    if args.json:
        print(json.dumps([asdict(finding) for finding in found], indent=2))
        return 1 if found else 0
    for finding in found:
        where = finding.construct_path or f"{finding.template} {finding.logical_id}"
        print(escape_control(f"{finding.severity}: {where}: {finding.message}"))
        print(escape_control(f"  {finding.place}; to acknowledge it: {finding.id}"))
    print(f"{len(found)} findings, {len(acknowledged)} acknowledged")
    return 1 if found else 0
