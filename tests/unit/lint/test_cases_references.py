"""Published and planted templates whose policies depend on functions, each with the findings that it must have."""

import json
from pathlib import Path
from typing import Any

import pytest

from temp_access.lint.findings import template_findings

CASES = Path(__file__).parents[2] / "data" / "cases"


def found(path: str) -> list[tuple[str, str, str]]:
    """Return the severity, the logical id and the rule of each finding on a template."""
    template: dict[str, Any] = json.loads((CASES / path).read_text(encoding="utf-8"))
    return [(each.severity, each.logical_id, each.rule) for each in template_findings("Try", template)]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        # Fn::Sub with a map, Fn::Select, Fn::ToJsonString, and a branch that needs one of six conditions only.
        (
            "engine/18-lint-functions/template.json",
            [
                ("error", "SubMap", "Everyone"),
                ("error", "Select", "SelfEscalation"),
                ("error", "Json", "Everyone"),
                ("error", "Nested", "Everyone"),
            ],
        ),
        # https://github.com/aws/aws-cdk: integ.condition-with-ref.ts (CfnJson). The keys of the condition aren't
        # known, so nobody can tell whether they limit who calls; a role that they limit isn't open to an account.
        ("reports/12-cfnjson-condition/Try.template.json", [("undecided", "Public", "Everyone")]),
        # https://github.com/aws-cloudformation/cfn-python-lint/issues/948
        ("reports/15-effect-if/Try.template.json", [("error", "R", "ListWithoutPrefix")]),
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
        (
            "reports/16-language-extensions/Try.template.json",
            [("error", "Rolea", "AccountTrust"), ("error", "Roleb", "AccountTrust")],
        ),
    ],
)
def test_a_case_has_its_findings(path: str, expected: list[tuple[str, str, str]]) -> None:
    """Nothing more is found, and nothing less."""
    assert found(path) == expected
