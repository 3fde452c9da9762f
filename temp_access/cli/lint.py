"""`temp-access lint`: check the synthesized templates with the lint rules."""

import argparse
import json
from dataclasses import asdict

from temp_access.cli.options import add_template_option

EXAMPLES = """\
examples (after `make synth`):
  temp-access lint
  temp-access lint --template cdk.out --json

exit code: 0 no findings besides acknowledged ones, 1 findings, 2 bad usage or templates"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    add_template_option(parser)
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the findings and return the exit code."""
    from temp_access.errors import require_extra
    from temp_access.lint.findings import folder_findings
    from temp_access.terminal_text import escape_control

    require_extra("lint")
    findings, acknowledged = folder_findings(args.template)
    if args.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
        return 1 if findings else 0
    for finding in findings:
        location = finding.construct_path or f"{finding.template} {finding.logical_id}"
        print(escape_control(f"{finding.severity}: {location}: {finding.message}"))
        print(escape_control(f"  {finding.place}; to acknowledge it: {finding.id}"))
    print(f"{len(findings)} findings, {len(acknowledged)} acknowledged")
    return 1 if findings else 0
