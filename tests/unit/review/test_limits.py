"""What the review doesn't model: each line of "What isn't modeled" in docs/review.md, with what the review says."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from temp_access.config.id_pattern import compile_pattern
from temp_access.config.id_pattern.automaton import is_subset
from temp_access.errors import UserError
from temp_access.review.administrators import administrators
from temp_access.review.compare.deployments import other_deployments
from temp_access.review.compare.principals import compared_principals
from temp_access.review.model import Direction
from temp_access.review.snapshot import UNLISTED, grant_pairs, read_snapshot
from tests.unit.support.review_edits import (
    Edit,
    Templates,
    add_bucket_statement,
    add_inline_policy,
    descriptions,
    edited_snapshots,
    properties,
    review_edits,
    unchanged,
)
from tests.unit.support.review_sample import PAIRS

PAGE = (Path(__file__).parents[3] / "docs" / "review.md").read_text(encoding="utf-8")
OTHER = "arn:aws:s3:::other"
TEAM, FLOOR, USER_AGENT = "aws:PrincipalTag/team", "aws:PrincipalTag/floor", "aws:UserAgent"
RED = {"StringEquals": {TEAM: "red"}}
RED_ON_FLOOR_1 = {"StringEquals": {TEAM: "red", FLOOR: "1"}}
GROUPS = {"Groups": ["staff"]}
Case = Callable[[Path], bool]


def allow(action: str = "s3:GetObject", resource: str = f"{OTHER}/*", **elements: Any) -> dict[str, Any]:
    """Return a statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **elements}


def deny(**elements: Any) -> dict[str, Any]:
    """Return a statement that denies reading."""
    return {"Effect": "Deny", "Action": "s3:GetObject", **elements}


def users(*statements: dict[str, Any], **values: Any) -> Edit:
    """Return the edit that gives the user statements and properties."""

    def edit(templates: Templates) -> None:
        properties(templates, "AWS::IAM::User").update(values)
        if statements:
            add_inline_policy(*statements)(templates)

    return edit


def changes(head: Edit, base: Edit = unchanged, *expected: str) -> Case:
    """Return the case in which the review has exactly these changes."""
    return lambda folder: descriptions(folder, head, base) == list(expected)


def among(head: Edit, base: Edit, change: str) -> Case:
    """Return the case in which the review has this change."""
    return lambda folder: change in descriptions(folder, head, base)


def headline(direction: Direction, head: Edit, base: Edit = unchanged) -> Case:
    """Return the case in which the review has this headline."""
    return lambda folder: review_edits(folder, head, base).headline is direction


def resource(kind: str, stack: str = "TempAccess", **values: Any) -> Edit:
    """Return the edit that adds a resource."""

    def edit(templates: Templates) -> None:
        templates[stack]["Resources"]["More"] = {"Type": kind, "Properties": values}

    return edit


def one_description(folder: Path) -> bool:
    """Two statements allow the same under other conditions: only the one with fewer conditions is told."""
    head = users(allow(Condition=RED), allow(Condition={"StringEquals": {FLOOR: "1", USER_AGENT: "x"}}))
    found = descriptions(folder, head)
    return len(found) == 1 and "team" in found[0] and "floor" not in found[0]


def too_many(folder: Path) -> bool:
    """Thirteen keys with two values each."""
    condition = {"StringEquals": {f"aws:PrincipalTag/{number}": "x" for number in range(13)}}
    unknown = review_edits(folder, users(allow(Condition=condition))).unknown
    return any("too many to compare" in each.description for each in unknown)


def one_partition(folder: Path) -> bool:
    """Of an own statement that differs in each partition, the others aren't compared beside a foreign ARN."""
    suffix = {"StringEquals": {"aws:PrincipalOrgID": {"Ref": "AWS::URLSuffix"}}}
    foreign = allow("sts:AssumeRole", "arn:aws:iam::444455556666:role/x")
    pairs = [
        edited_snapshots(folder / name, users(*more, allow(Condition=suffix)), users(*more, allow()))
        for name, more in (("without", ()), ("with", (foreign,)))
    ]
    without, with_foreign = ([place for place, _ in other_deployments(*pair)] for pair in pairs)
    return any("aws-cn" in place for place in without) and not with_foreign


def no_root_users(folder: Path) -> bool:
    """A federated user is compared once a policy names it."""
    name = {"AWS": "arn:aws:sts::444455556666:federated-user/eve"}
    head = add_bucket_statement("bob/*", Effect="Allow", Principal=name, Action="s3:GetObject")
    subjects = [
        {each.subject for each in compared_principals(*edited_snapshots(folder / edit_name, edit))}
        for edit_name, edit in (("same", unchanged), ("named", head))
    ]
    return not any("federated" in each or "root" in each for each in subjects[0]) and any(
        "federated-user/eve" in each for each in subjects[1]
    )


def second_role(folder: Path) -> bool:
    """Two roles are bad input."""
    with pytest.raises(UserError, match="must have one"):
        review_edits(folder, resource("AWS::IAM::Role", AssumeRolePolicyDocument={}))
    return True


def no_administrator(folder: Path) -> bool:
    """Who may change the code of every function can use the role of each; that isn't among the ways."""
    base, head = edited_snapshots(folder, users(allow("lambda:UpdateFunctionCode", "*")))
    return administrators(base, head) == ()


def undecided_pattern(_: Path) -> bool:
    """Such a pattern counts as wider and narrower."""
    one, other = compile_pattern("[ab]{0,60}a[ab]{24}").tree, compile_pattern("[ab]{0,60}b[ab]{24}|[ab]{1,85}").tree
    return is_subset(one, other) is None


def first_id(_: Path) -> bool:
    """Of the pattern `tenant-[0-9]{1,8}`, one id stands for all."""
    snapshots = [read_snapshot(name, PAIRS / "any-id" / name / "cdk.out", None) for name in ("base", "head")]
    [grants] = [(before, after) for id_, before, after in grant_pairs(*snapshots) if id_ == UNLISTED]
    return {grant.id for grant in grants if grant} == {"tenant-0"}


AGE, OFFICE = "aws:MultiFactorAuthAge", "10.*"
# By the beginning of the line.
CASES: dict[str, list[Case]] = {
    "**Requests that neither side suggests.**": [
        headline(
            Direction.UNCHANGED,
            users(allow(resource=f"{OTHER}/a*"), deny(NotResource=f"{OTHER}/*c")),
            users(allow(resource=f"{OTHER}/a*"), deny(NotResource=f"{OTHER}/*c"), deny(Resource=f"{OTHER}/*b*")),
        )
    ],
    "**Actions that don't exist.**": [
        changes(users(allow("sqs:Nothing", "*")), unchanged, "temp-user can now call sqs:Nothing on everything")
    ],
    "**Very many combinations.**": [too_many],
    "**Several ways to the same access.**": [one_description],
    "**Fractions.**": [
        headline(
            Direction.UNCHANGED,
            users(allow(Condition={"NumericLessThan": {AGE: "4"}})),
            users(allow(Condition={"NumericLessThanEquals": {AGE: "3"}})),
        ),
        headline(
            Direction.BROADENED,
            users(allow(Condition={"NumericLessThan": {AGE: "3.5"}})),
            users(allow(Condition={"NumericLessThan": {AGE: "3.2"}})),
        ),
    ],
    "**Variables.**": [
        headline(
            Direction.UNCHANGED,
            users(allow(Condition={"StringEquals": {FLOOR: ["1", f"${{{TEAM}}}"], TEAM: "red"}})),
            users(allow(Condition={"StringEquals": {FLOOR: "1", TEAM: "red"}})),
        ),
        headline(
            Direction.BROADENED,
            users(allow(Condition={"StringEquals": {FLOOR: ["1", f"${{{TEAM}}}"]}})),
            users(allow(Condition={"StringEquals": {FLOOR: "1"}})),
        ),
    ],
    "**Keys that depend on each other.**": [
        headline(
            Direction.BROADENED,
            users(
                allow(
                    Condition={
                        "DateGreaterThan": {"aws:TokenIssueTime": "2090-01-01T00:00:00Z"},
                        "DateLessThan": {"aws:CurrentTime": "2080-01-01T00:00:00Z"},
                    }
                )
            ),
        )
    ],
    "**Texts that aren't addresses.**": [
        headline(
            Direction.NARROWED,
            users(allow(), deny(Resource="*", Condition={"StringLike": {"aws:SourceIp": [OFFICE, "x*"]}})),
            users(allow(), deny(Resource="*", Condition={"StringLike": {"aws:SourceIp": OFFICE}})),
        )
    ],
    "**Tags, ids and organizations.**": [
        changes(
            users(allow(Condition=RED)),
            unchanged,
            f"temp-user can now read objects on {OTHER}/*, when its {TEAM} is red",
        )
    ],
    "**Partitions.**": [one_partition],
    "**Root users and federated users.**": [no_root_users],
    "**Policies of others.**": [
        among(
            add_bucket_statement("bob/*", Effect="Allow", Principal={"AWS": "444455556666"}, Action="s3:GetObject"),
            unchanged,
            "account 444455556666 can now read objects in bob/, if its own policies allow it",
        ),
        changes(users(allow("kms:Decrypt", "*")), unchanged, "temp-user can now call kms:Decrypt on everything"),
    ],
    "**Policies of organizations and groups.**": [
        headline(Direction.UNKNOWN, resource("AWS::Organizations::Policy", Type="SERVICE_CONTROL_POLICY")),
        headline(Direction.UNKNOWN, users(**GROUPS)),
    ],
    "**What isn't read on both sides.**": [
        changes(
            users(**GROUPS),
            users(allow(), **GROUPS),
            f"temp-user can no longer read objects on {OTHER}/*",
        )
    ],
    "**Other users, roles and buckets.**": [second_role],
    "**Calls that follow from a call.**": [no_administrator],
    "**Block Public Access.**": [
        among(
            add_bucket_statement("bob/*", Effect="Allow", Principal="*", Action="s3:GetObject"),
            unchanged,
            "anonymous callers can now read objects in bob/",
        )
    ],
    "**Long patterns of `[any_id]`.**": [undecided_pattern],
    "**Unlisted ids.**": [first_id],
}


def _lines() -> list[str]:
    section = PAGE.split("\n## What isn't modeled\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^- (.*)", section, re.MULTILINE)


def test_each_line_has_a_case() -> None:
    """The page is as complete as the cases, in the same order."""
    lines = _lines()
    assert len(lines) == len(CASES)
    assert [start for start, line in zip(CASES, lines, strict=True) if not line.startswith(start)] == []


@pytest.mark.parametrize("line", CASES)
def test_shows_what_the_line_says(line: str, tmp_path: Path) -> None:
    """If the review says something else, the page must change."""
    assert [case(tmp_path / str(number)) for number, case in enumerate(CASES[line])] == [True] * len(CASES[line])
