"""`temp-access simulate`: run cases with known answers through the evaluator."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from temp_access.iam.cases import CaseResult, read_cases, run_case
from temp_access.terminal_text import escape_control

EXAMPLES = """\
examples:
  temp-access simulate tests/data/iam-cases.json

A case has a name, its policies (identity, session, boundary, resource, resource_is_trust_policy, scp, rcp), a
request (principal, action, resource, account; role_arn, resource_account, context, principal_tags), and what is
expected: allow, deny or malformed; decision, one of allowed, explicitDeny and implicitDeny, asks for more.

exit code: 0 all passed, 1 a case failed, 2 the file can't be read or has another form"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("cases", type=Path, metavar="CASES.json", help="in the form of tests/data/iam-cases.json")
    parser.add_argument("--json", action="store_true", help="print every case's outcome as JSON")


def run(args: argparse.Namespace) -> int:
    """Run the cases, print the failing ones and the count, and return the exit code."""
    outcomes = [run_case(case) for case in read_cases(args.cases)]
    failed = [outcome for outcome in outcomes if not outcome.passed]
    if args.json:
        print(json.dumps(_as_json(outcomes), indent=2))
    else:
        for outcome in failed:
            print("\n".join(map(escape_control, _lines(outcome))))
        print(f"{len(outcomes) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def _lines(outcome: CaseResult) -> Iterator[str]:
    case = outcome.case
    wanted = f"{case.expected} ({case.decision})" if case.decision else case.expected
    yield f"failed: {case.name}"
    yield f"  expected {wanted}, got {_answer(outcome)}"
    if outcome.decision is None:
        yield f"  {outcome.explanation}"
    else:
        yield from (f"  {reason}" for reason in outcome.decision.reasons)
        yield from (f"  no {layer.value} allows it" for layer in outcome.decision.missing)
    if case.source:
        yield f"  source: {case.source}"


def _answer(outcome: CaseResult) -> str:
    return f"{outcome.actual} ({outcome.decision.kind.value})" if outcome.decision else outcome.actual


def _as_json(outcomes: list[CaseResult]) -> dict[str, Any]:
    passed = sum(outcome.passed for outcome in outcomes)
    return {
        "passed": passed,
        "failed": len(outcomes) - passed,
        "cases": [
            {
                "name": outcome.case.name,
                "passed": outcome.passed,
                "expected": outcome.case.expected,
                "got": outcome.actual,
                "decision": outcome.decision.kind.value if outcome.decision else None,
                "why": outcome.explanation,
            }
            for outcome in outcomes
        ],
    }
