"""The evaluator decides all cases with known answers correctly."""

from dataclasses import replace
from pathlib import Path

import pytest

from temp_access.iam.cases import Case, read_cases, run_case

DATA = Path(__file__).parents[2] / "data"
CASES = read_cases(DATA / "iam-cases.json")
# Reports, and cases that a review of the evaluator found; each has its source.
MORE = [
    pytest.param(case, id=f"{path.parent.name}-{case.name}")
    for path in sorted((DATA / "cases").rglob("cases.json"))
    for case in read_cases(path)
]


@pytest.mark.parametrize("case", [*(pytest.param(case, id=case.name) for case in CASES), *MORE])
def test_decides_as_aws_does(case: Case) -> None:
    """Each case gets the decision that AWS documents for it."""
    outcome = run_case(case)

    assert outcome.passed, f"{outcome.actual}: {outcome.explanation} ({case.source})"


def test_the_file_has_cases() -> None:
    """An empty file would pass everything."""
    assert len(CASES) >= 38


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_fails_a_case_with_the_opposite_expectation(case: Case) -> None:
    """A case with the opposite expectation fails, so the runner really compares."""
    opposite = replace(case, expected="deny" if case.expected == "allow" else "allow", decision=None)

    assert not run_case(opposite).passed


def test_fails_a_case_with_another_kind_of_deny() -> None:
    """An implicit deny isn't the expected explicit deny."""
    denied = next(case for case in CASES if case.decision == "implicitDeny")

    assert not run_case(replace(denied, decision="explicitDeny")).passed


@pytest.mark.parametrize(("expected", "passed"), [("malformed", True), ("deny", False), ("allow", False)])
def test_a_malformed_policy_passes_only_where_it_is_expected(expected: str, passed: bool) -> None:
    """The result of a malformed policy says what is wrong with it."""
    case = replace(CASES[0], policies={"session": {"Statement": []}}, expected=expected)

    outcome = run_case(case)

    assert (passed, "malformed") == (outcome.passed, outcome.actual)
    assert "session policy 1: Statement: must be" in outcome.explanation
