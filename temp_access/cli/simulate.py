"""`temp-access simulate`: evaluate test cases with known results."""

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

A case has a name, policies (identity, session, boundary, resource, resource_is_trust_policy, scp, rcp), a request
(principal, action, resource, account; role_arn, resource_account, context, principal_tags), and the expected result:
allow, deny, undecided or malformed. An optional decision is more precise: allowed, explicitDeny, implicitDeny or
undecided. A condition key that the context leaves out and a request may lack is absent; the value of one that every
request has (docs/evaluator.md lists them) is unknown, and null makes a key absent.

exit code: 0 all cases passed, 1 a case failed, 2 the file is unreadable or invalid"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        "cases",
        type=Path,
        metavar="CASES.json",
        help="the file of test cases, in the form of tests/data/iam-cases.json",
    )
    parser.add_argument("--json", action="store_true", help="print the result of every case as JSON")


def run(args: argparse.Namespace) -> int:
    """Run the cases, print the failing ones and the count, and return the exit code."""
    results = [run_case(case) for case in read_cases(args.cases)]
    failed = [result for result in results if not result.passed]
    if args.json:
        print(json.dumps(_as_json(results), indent=2))
    else:
        for result in failed:
            print("\n".join(map(escape_control, _lines(result))))
        print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def _lines(result: CaseResult) -> Iterator[str]:
    case = result.case
    expected = f"{case.expected} ({case.decision})" if case.decision else case.expected
    yield f"failed: {case.name}"
    yield f"  expected {expected}, got {_answer(result)}"
    if result.decision is None:
        yield f"  {result.explanation}"
    else:
        yield from (f"  {reason}" for reason in result.decision.reasons)
        yield from (f"  no {layer.value} allows it" for layer in result.decision.missing)
    if case.source:
        yield f"  source: {case.source}"


def _answer(result: CaseResult) -> str:
    return f"{result.actual} ({result.decision.kind.value})" if result.decision else result.actual


def _as_json(results: list[CaseResult]) -> dict[str, Any]:
    passed = sum(result.passed for result in results)
    return {
        "passed": passed,
        "failed": len(results) - passed,
        "cases": [
            {
                "name": result.case.name,
                "passed": result.passed,
                "expected": result.case.expected,
                "got": result.actual,
                "decision": result.decision.kind.value if result.decision else None,
                "why": result.explanation,
            }
            for result in results
        ],
    }
