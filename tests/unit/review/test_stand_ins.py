"""What stands for values that no policy names is never shown: in no operator, direction and format."""

from pathlib import Path
from typing import Any

import pytest

from temp_access.review.render.html import to_html
from temp_access.review.render.json_report import to_json
from temp_access.review.render.markdown import to_markdown
from temp_access.review.render.sarif import to_sarif
from temp_access.review.report import make_report
from tests.unit.support.review_edits import (
    Edit,
    Templates,
    add_bucket_statement,
    add_inline_policy,
    add_trust_statement,
    descriptions,
    edited_snapshots,
    properties,
    unchanged,
)

STAND_INS = (
    "another-value",
    "000000000001",
    "aaaaaaa",
    "none:none",
    "b3RoZXI=",
    "999988887777",
    "is value",
    "valueexample",
)
CONDITIONS: list[tuple[str, str, str | list[str]]] = [
    ("Null", "aws:SourceVpce", "true"),
    ("Null", "aws:SourceVpce", "false"),
    ("Null", "aws:PrincipalTag/team", "true"),
    ("Null", "aws:MultiFactorAuthAge", "true"),
    ("Bool", "example:Flag", "true"),
    ("Bool", "aws:SecureTransport", "false"),
    ("StringEquals", "aws:SourceVpc", "vpc-1"),
    ("StringNotEquals", "aws:SourceVpc", ["vpc-1", "vpc-2"]),
    ("StringNotEqualsIgnoreCase", "aws:UserAgent", "red"),
    ("StringLike", "aws:UserAgent", "a*"),
    ("StringNotLike", "aws:UserAgent", "*-*"),
    ("StringLike", "aws:UserAgent", "*"),
    ("BinaryEquals", "example:Key", "QmluYXJ5"),
    ("NumericLessThan", "s3:max-keys", "10"),
    ("NumericNotEquals", "s3:max-keys", "10"),
    ("DateGreaterThan", "aws:CurrentTime", "2090-01-01T00:00:00Z"),
    ("DateNotEquals", "aws:CurrentTime", "2090-01-01T00:00:00Z"),
    ("IpAddress", "aws:SourceIp", "203.0.113.0/24"),
    ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"),
    ("NotIpAddress", "aws:VpcSourceIp", "10.0.0.0/8"),
    ("ArnLike", "aws:SourceArn", "arn:aws:s3:::b*"),
    ("ArnNotEquals", "aws:SourceArn", "arn:aws:s3:::b"),
    ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/a*"),
    ("StringNotEquals", "aws:userid", "AIDAX"),
    ("StringEquals", "aws:PrincipalTag/team", "${aws:PrincipalTag/floor}"),
    ("StringNotLike", "aws:PrincipalTag/team", "${aws:PrincipalTag/floor}*"),
]
FORMS = ("{}", "{}IfExists", "ForAnyValue:{}", "ForAllValues:{}")


def conditions(form: str) -> list[dict[str, Any]]:
    """Return each condition in a form that its operator can have."""
    return [
        {form.format(operator): {key: values}}
        for operator, key, values in CONDITIONS
        if operator != "Null" or form == "{}"
    ]


def edits(blocks: list[dict[str, Any]], effect: str, more: Edit = unchanged) -> Edit:
    """Return the edit that adds a statement with each condition to each kind of policy, about another thing each."""

    def edit(templates: Templates) -> None:
        more(templates)
        add_inline_policy({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"})(templates)
        for number, block in enumerate(blocks):
            under: dict[str, Any] = {"Condition": block} if block else {}
            statement = {"Effect": effect, "Action": "s3:GetObject", **under}
            policy = properties(templates, "AWS::IAM::User")["Policies"][-1]["PolicyDocument"]
            policy["Statement"].append({**statement, "Resource": f"arn:aws:s3:::bucket-{number}/*"})
            add_bucket_statement(f"bob-{number}/*", **statement, Principal={"AWS": "*"})(templates)
            eve = f"arn:aws:iam::444455556666:user/eve-{number}"
            add_trust_statement(Effect=effect, Action="sts:AssumeRole", Principal={"AWS": eve}, **under)(templates)

    return edit


@pytest.mark.parametrize("form", FORMS)
def test_no_stand_in_is_shown(form: str, tmp_path: Path) -> None:
    """Conditions are added or removed, of an Allow or a Deny; the proofs, with stand-ins of their own, are left out."""
    allowing, free = edits(conditions(form), "Allow"), edits([{} for _ in conditions(form)], "Allow")
    denying = edits(conditions(form), "Deny", more=free)
    pairs = ((unchanged, allowing), (free, allowing), (allowing, free), (free, denying))
    for number, (base, head) in enumerate(pairs):
        report = make_report(*edited_snapshots(tmp_path / str(number), head, base), compare_only=True)
        for output in (to_markdown(report), to_html(report), to_sarif(report), to_json(report)):
            assert [each for each in STAND_INS if each in output] == []


ABSENT = {"Null": {"aws:SourceVpce": "true"}}
PRESENT = {"Null": {"aws:SourceVpce": "false"}}
OTHERS = {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}
MANY = {"StringNotEquals": {"aws:SourceVpc": ["vpc-1", "vpc-2"]}}
SOME = {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}


@pytest.mark.parametrize(
    ("base", "head", "change"),
    [
        ({}, ABSENT, "no longer read objects in bob-0/, with aws:SourceVpce"),
        (ABSENT, {}, "now read objects in bob-0/, with aws:SourceVpce"),
        ({}, PRESENT, "no longer read objects in bob-0/ (now only with aws:SourceVpce)"),
        (PRESENT, {}, "now read objects in bob-0/ (previously only with aws:SourceVpce)"),
        ({}, OTHERS, "no longer read objects in bob-0/, when aws:SourceVpc is vpc-1"),
        (
            {},
            MANY,
            "no longer read objects in bob-0/, for instance when aws:SourceVpc is vpc-1 "
            "(now only without aws:SourceVpc or with other values of aws:SourceVpc than for instance vpc-1)",
        ),
        (
            SOME,
            {},
            "now read objects in bob-0/, for instance with another value of aws:TagKeys "
            "(previously only without aws:TagKeys or with certain values of aws:TagKeys, for instance a)",
        ),
    ],
)
def test_says_which_values(base: dict[str, Any], head: dict[str, Any], change: str, tmp_path: Path) -> None:
    """Whether the key is there is said as that; "only without" is said only if no value is allowed."""
    found = descriptions(tmp_path, edits([head], "Allow"), edits([base], "Allow"))
    assert f"any other account can {change}, if its own policies allow it" in found


@pytest.mark.parametrize(
    ("base", "head", "change"),
    [
        ({}, ABSENT, "only without aws:SourceVpce"),
        (ABSENT, {}, "also with aws:SourceVpce"),
        ({}, PRESENT, "only with aws:SourceVpce"),
        (PRESENT, {}, "without aws:SourceVpce"),
        (ABSENT, PRESENT, "only with aws:SourceVpce"),
        (PRESENT, ABSENT, "only without aws:SourceVpce"),
        ({}, OTHERS, "not with certain values of aws:SourceVpc any more"),
        (SOME, {}, "also with other values of aws:TagKeys"),
    ],
)
def test_says_which_values_of_the_trust_policy(
    base: dict[str, Any], head: dict[str, Any], change: str, tmp_path: Path
) -> None:
    """The same for who can assume the role."""
    found = descriptions(tmp_path, edits([head], "Allow"), edits([base], "Allow"))
    assert f"temp-role can now be assumed by user/eve-0 of account 444455556666 {change}" in found


def test_a_witness_shows_what_the_templates_name(tmp_path: Path) -> None:
    """The account, the bucket, and the names that a search made up are words."""
    head = add_bucket_statement("bob/*", Effect="Allow", Principal="*", Action="s3:GetObject", Condition=PRESENT)
    report = make_report(*edited_snapshots(tmp_path, head))

    assert report.proofs is not None
    witnesses = {claim.name: claim.witness for claim in report.proofs.claims}
    user, others = witnesses["no new access: the user"], witnesses["no new access: any other caller"]
    assert user is not None
    assert user.principal == "arn:aws:iam::ACCOUNT:user/temp-user"
    assert user.resource.startswith("arn:aws:s3:::BUCKET/bob/")
    assert others is not None
    assert others.principal == "arn:aws:iam::ACCOUNT:user/NAME"
    for output in (to_markdown(report), to_html(report), to_sarif(report), to_json(report)):
        assert [each for each in (*STAND_INS, "the-bucket-of-the-folders") if each in output] == []
