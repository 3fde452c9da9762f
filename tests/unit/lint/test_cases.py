"""Templates on which the rules were wrong before: defects in other spellings, and alarms on what is right."""

import json
from pathlib import Path

import pytest

from temp_access.lint.findings import template_findings

CASES = Path(__file__).parents[2] / "data" / "cases"
# The rules that find each resource of a template.
EXPECTED: dict[str, dict[str, list[str]]] = {
    # Operators aren't case-sensitive:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    "engine/15-lint-operator-case": {
        "A": ["ListWithoutPrefix"],
        "B": ["ListWithoutPrefix"],
        "C": ["StringEqualsWildcard"],
        "D": ["AccountTrust"],
        "E": ["SelfEscalation"],
        "F": ["ListWithoutPrefix"],
    },
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
    "engine/16-lint-catch-all-in-other-words": {
        "A": ["ListWithoutPrefix"],
        "B": ["ListWithoutPrefix"],
        **{key: ["Everyone"] for key in "CDEFGHI"},
        "J": ["SelfEscalation"],
        "K": ["SelfEscalation"],
    },
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
    "engine/17-lint-access-points": {"A": ["ListWithoutPrefix"], "B": ["ListWithoutPrefix"]},
    # Errors of IAM Access Analyzer:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
    "engine/20-lint-grammar-misses": {
        "Var": ["Grammar"],
        # Twice the same key, and two ids that no endpoint has.
        "Keys": ["Grammar", "Grammar", "Grammar"],
        "Bool": ["Grammar"],
        "Set": ["Grammar"],
    },
    # https://github.com/prowler-cloud/prowler/pull/5731
    "reports/14-own-keys-with-path": {"Control": ["SelfEscalation"], "Suffix": ["SelfEscalation"]},
}


@pytest.mark.parametrize("case", EXPECTED)
def test_finds_what_is_wrong_and_nothing_else(case: str) -> None:
    """Each resource has the rules that the case names; the others have none."""
    found: dict[str, list[str]] = {}
    for finding in template_findings("S", json.loads((CASES / case / "template.json").read_text(encoding="utf-8"))):
        found.setdefault(finding.logical_id, []).append(finding.rule)
    assert found == EXPECTED[case]
