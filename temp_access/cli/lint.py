"""`temp-access lint`: check the synthesized templates with the lint rules."""

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from temp_access.cli.options import add_template_option

if TYPE_CHECKING:
    from temp_access.lint.model import Finding

_UNDECIDED = "undecided"

EXAMPLES = """\
examples (after `make synth`):
  temp-access lint
  temp-access lint --template cdk.out --json

exit code: 0 no findings besides acknowledged ones, 1 findings, 2 bad usage or templates, 3 only parts that can't be
read or decided"""


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
        return _exit_code(findings)
    for finding in findings:
        location = finding.construct_path or f"{finding.template} {finding.logical_id}"
        print(escape_control(f"{finding.severity}: {location}: {finding.message}"))
        print(escape_control(f"  {finding.place}; to acknowledge it: {finding.id}"))
    undecided = sum(finding.severity == _UNDECIDED for finding in findings)
    note = f", {undecided} undecided" if undecided else ""
    print(f"{len(findings) - undecided} findings{note}, {len(acknowledged)} acknowledged")
    return _exit_code(findings)


def _exit_code(findings: "list[Finding]") -> int:
    severities = {finding.severity for finding in findings}
    return 1 if severities - {_UNDECIDED} else 3 if severities else 0
