"""What a template contains never ends a review: it is compared as far as it is known, and the rest is named."""

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from temp_access.cli.main import main
from temp_access.review.model import Direction, Review
from tests.unit.support.odd_templates import make_odd
from tests.unit.support.review_edits import Edit, Templates, edit_output, properties, review_edits, unchanged
from tests.unit.support.review_sample import PAIRS

UNKNOWN_POLICY = "arn:aws:iam::111122223333:policy/unknown"
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
CFN_JSON = {"Fn::GetAtt": ["TrustJson", "Value"]}
CHOICE = {"Fn::If": ["IsProduction", {"AWS": "*"}, {"AWS": "444455556666"}]}
ROLE, USER, BUCKET_POLICY = "AWS::IAM::Role", "AWS::IAM::User", "AWS::S3::BucketPolicy"


@pytest.mark.parametrize("seed", range(18))
def test_no_template_ends_the_review(seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With odd values in base, head or both there is a headline; what is the same in both isn't a change."""
    sides = (("base",), ("head",), ("base", "head"))[seed % 3]
    for name in ("base", "head"):
        shutil.copytree(PAIRS / "same" / name, tmp_path / name)
        if name in sides:
            edit_output(tmp_path / name / "cdk.out", partial(make_odd, seed=seed))

    folders = [f"--{name}={tmp_path / name / 'cdk.out'}" for name in ("base", "head")]
    code = main(["review", *folders, "--compare-only"])

    output = capsys.readouterr().out
    assert code in ((0,) if len(sides) == 2 else (0, 1, 3))
    assert ("Access is " in output) is (code != 3)
    assert ("The review can't tell whether access is broadened" in output) is (code == 3)


def trust_statement(**elements: Any) -> Edit:
    """Return the edit that sets elements of the first statement of the trust policy."""
    return lambda templates: properties(templates, ROLE)["AssumeRolePolicyDocument"]["Statement"][0].update(elements)


def change(kind: str, **values: Any) -> Edit:
    """Return the edit that sets properties of the only resource of a type."""
    return lambda templates: properties(templates, kind).update(values)


def loop(templates: Templates) -> None:
    """Let a loop make resources."""
    templates["TempAccess"]["Resources"]["Fn::ForEach::Names"] = ["Name", ["a"], {"X${Name}": {"Type": ROLE}}]


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        (trust_statement(Condition=CFN_JSON), "Fn::GetAtt TrustJson.Value in AssumeRolePolicyDocument of TempAccess."),
        (trust_statement(Condition={"StringEquals": CFN_JSON}), "Fn::GetAtt TrustJson.Value in AssumeRolePolicy"),
        (trust_statement(Principal=CHOICE), "Fn::If ["),
        (trust_statement(Principal={"AWS": {"Ref": "Who"}}), "Ref Who in AssumeRolePolicyDocument of TempAccess."),
        (trust_statement(Effect={"Fn::If": ["IsProduction", "Allow", "Deny"]}), "Fn::If ["),
        (trust_statement(Action=["sts:AssumeRole", {"Ref": "Action"}]), "Ref Action in AssumeRolePolicyDocument"),
        (change(ROLE, AssumeRolePolicyDocument=CHOICE), "in AssumeRolePolicyDocument of TempAccess."),
        (change(ROLE, AssumeRolePolicyDocument="{}x"), "in AssumeRolePolicyDocument of TempAccess."),
        (change(BUCKET_POLICY, PolicyDocument=CFN_JSON), "Fn::GetAtt TrustJson.Value in PolicyDocument of TempAccess"),
        (change(USER, Policies=CHOICE), "Policies of TempAccess."),
        (change(USER, Groups=[{"Ref": "Group"}]), "the policies of the group Ref Group aren't known"),
        (change(USER, ManagedPolicyArns=[{"Ref": "Policy"}]), "the document of Ref Policy isn't known"),
        (change(USER, PermissionsBoundary={"Ref": "Boundary"}), "the document of Ref Boundary isn't known"),
        (change(ROLE, MaxSessionDuration={"Ref": "Time"}), "MaxSessionDuration of TempAccess."),
        (change(BUCKET_POLICY, Bucket={"Ref": "Bucket"}), "Bucket of TempAccessStorage."),
        (loop, "the result of the Transform in TempAccess"),
    ],
)
def test_names_what_is_not_known(edit: Edit, named: str, tmp_path: Path) -> None:
    """It is compared as unknown, not as nothing; the same on both sides is no change."""
    new, same = review_edits(tmp_path / "new", edit), review_edits(tmp_path / "same", edit, edit)

    assert new.headline is Direction.UNKNOWN
    assert any(named in each.description for each in new.unknown)
    assert same.headline is Direction.UNCHANGED
    assert any(named.removesuffix(" aren't known").removesuffix(" isn't known") in each for each in same.same_unread)


def test_an_unknown_part_hides_no_known_change(tmp_path: Path) -> None:
    """A caller that a readable statement lets in is named, although another statement isn't known."""
    eve = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:user/eve"}, "Action": "sts:AssumeRole"}

    def edit(templates: Templates) -> None:
        statements = properties(templates, ROLE)["AssumeRolePolicyDocument"]["Statement"]
        statements += [{**eve, "Principal": CHOICE}, eve]

    review = review_edits(tmp_path, edit)

    assert review.headline is Direction.BROADENED
    assert any("eve of account 444455556666" in each.description for each in review.changes)
    assert any("Fn::If" in each.description for each in review.unknown)


@pytest.mark.parametrize("kind", [USER, ROLE])
@pytest.mark.parametrize(
    ("known", "unknown"),
    [
        ({"PermissionsBoundary": READ_ONLY}, {"PermissionsBoundary": UNKNOWN_POLICY}),
        ({"ManagedPolicyArns": [READ_ONLY]}, {"ManagedPolicyArns": [UNKNOWN_POLICY]}),
        ({"ManagedPolicyArns": [READ_ONLY]}, {"Groups": ["staff"]}),
    ],
)
@pytest.mark.parametrize("reverse", [False, True])
def test_an_unknown_policy_is_neither_nothing_nor_no_limit(
    kind: str, known: dict[str, Any], unknown: dict[str, Any], reverse: bool, tmp_path: Path
) -> None:
    """Where an unknown policy, boundary or group replaces a known one, or the reverse, nothing is said to change."""
    if kind == ROLE and "Groups" in unknown:
        pytest.skip("a role is in no group")
    base, head = change(kind, **known), change(kind, **unknown)

    review: Review = review_edits(tmp_path, base, head) if reverse else review_edits(tmp_path, head, base)

    assert review.changes == ()
    assert review.headline is Direction.UNKNOWN
    assert len(review.unknown) == 1


def test_what_is_broadened_beside_an_unknown_policy_is_said(tmp_path: Path) -> None:
    """An unknown policy doesn't hide what a known one newly allows."""
    head = change(USER, ManagedPolicyArns=[READ_ONLY, UNKNOWN_POLICY])
    assert review_edits(tmp_path, head, unchanged).headline is Direction.BROADENED
