"""TempRole: its trust policy, its maximum session duration and its permissions."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from access_constructs import AccessChecks, FolderBucket, TempRole
from tests.unit.support.synthesis import new_app, new_stack, only, template_of

USER = {"Fn::GetAtt": ["User00B015A1", "Arn"]}
BUCKET = {"Fn::GetAtt": ["Bucket83908E77", "Arn"]}
READ: dict[str, Any] = {"bucket_actions": ["s3:ListBucket"], "object_actions": ["s3:GetObject"]}
PARTNER = "arn:aws:iam::222233334444:root"


def role(*trusted: tuple[str, str | None], **options: Any) -> dict[str, Any]:
    """Return the role's properties."""
    stack = new_stack()
    defined = TempRole(
        stack, "Role", user=iam.User(stack, "User"), bucket=s3.Bucket(stack, "Bucket"), **{**READ, **options}
    )
    for arn, external_id in trusted:
        defined.add_trusted_principal(arn, external_id=external_id)
    return only(template_of(stack), "AWS::IAM::Role")


def trust(*trusted: tuple[str, str | None], **options: Any) -> list[dict[str, Any]]:
    """Return the statements of the trust policy."""
    document = role(*trusted, **options)["AssumeRolePolicyDocument"]
    assert document["Version"] == "2012-10-17"
    return list(document["Statement"])


def test_trusts_the_user_and_nobody_else() -> None:
    """Without options, the trust policy has exactly one statement without conditions."""
    assert trust() == [{"Effect": "Allow", "Principal": {"AWS": USER}, "Action": "sts:AssumeRole"}]


@pytest.mark.parametrize(
    ("external_id", "condition"),
    [(None, None), ("the-partner", {"StringEquals": {"sts:ExternalId": "the-partner"}})],
)
def test_each_further_principal_has_its_own_statement(
    external_id: str | None, condition: dict[str, Any] | None
) -> None:
    """An external id is required only of the principal that it belongs to, and not of the user."""
    own, other = trust((PARTNER, external_id))
    assert own == trust()[0]
    expected = {"Effect": "Allow", "Principal": {"AWS": PARTNER}, "Action": "sts:AssumeRole"}
    assert other == (expected | {"Condition": condition} if condition else expected)


def test_a_principal_can_have_two_external_ids() -> None:
    """Each has its own statement, so one id can replace another without an interruption."""
    _, *others = trust((PARTNER, "the-old"), (PARTNER, "the-new"))
    assert [other["Condition"]["StringEquals"]["sts:ExternalId"] for other in others] == ["the-old", "the-new"]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"require_mfa": True}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        ({"source_ips": ["203.0.113.0/24"]}, {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}),
        ({"session_name": "*-${aws:username}"}, {"StringLike": {"sts:RoleSessionName": "*-${aws:username}"}}),
    ],
)
def test_each_condition_is_required_of_every_principal(conditions: dict[str, Any], expected: dict[str, Any]) -> None:
    """If only some principals had to meet a condition, the others could bypass it."""
    for statement in trust((PARTNER, None), **conditions):
        assert statement["Condition"] == expected
        assert statement["Action"] == "sts:AssumeRole"


def test_a_source_identity_is_required_and_may_be_set() -> None:
    """The trust policy must also allow sts:SetSourceIdentity."""
    (statement,) = trust(source_identity="*@example.com")
    assert statement["Action"] == ["sts:AssumeRole", "sts:SetSourceIdentity"]
    assert statement["Condition"] == {"StringLike": {"sts:SourceIdentity": "*@example.com"}}


def test_all_conditions_hold_together() -> None:
    """They are in one statement, so a call must meet all of them."""
    own, other = trust(
        (PARTNER, "the-id"),
        require_mfa=True,
        source_ips=["203.0.113.0/24", "2001:db8::/32"],
        source_identity="*@x",
        session_name="s-*",
    )
    required = {
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]},
        "StringLike": {"sts:RoleSessionName": "s-*", "sts:SourceIdentity": "*@x"},
    }
    assert own["Condition"] == required
    assert other["Condition"] == required | {"StringEquals": {"sts:ExternalId": "the-id"}}


@pytest.mark.parametrize(
    ("bucket_actions", "object_actions", "statements"),
    [
        (["s3:ListBucket"], [], [("s3:ListBucket", False)]),
        ([], ["s3:PutObject"], [(["s3:PutObject"], True)]),
        (
            ["s3:ListBucket", "s3:ListBucketVersions"],
            ["s3:GetObject", "s3:PutObject"],
            [(["s3:ListBucket", "s3:ListBucketVersions"], False), (["s3:GetObject", "s3:PutObject"], True)],
        ),
    ],
)
def test_allows_only_the_given_actions_on_one_bucket(
    bucket_actions: list[str], object_actions: list[str], statements: list[tuple[Any, bool]]
) -> None:
    """The role allows nothing on other buckets, on bucket settings or in IAM."""
    properties = role(bucket_actions=bucket_actions, object_actions=object_actions)
    (policy,) = properties["Policies"]
    objects = {"Fn::Join": ["", [BUCKET, "/*"]]}
    assert policy["PolicyDocument"] == {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": action, "Resource": objects if on_objects else BUCKET}
            for action, on_objects in statements
        ],
    }
    assert "ManagedPolicyArns" not in properties


def test_session_duration_and_name_are_options() -> None:
    """Without them, CloudFormation generates a name, and IAM's default of one hour applies."""
    properties = role(role_name="lent", max_session_duration=cdk.Duration.hours(2))
    assert (properties["RoleName"], properties["MaxSessionDuration"]) == ("lent", 7200)
    assert {"RoleName", "MaxSessionDuration"}.isdisjoint(role())


def test_its_tag_names_the_bucket() -> None:
    """One iam:GetRole call gives a borrower the bucket's name."""
    assert role()["Tags"] == [{"Key": "temp-access:bucket", "Value": {"Ref": "Bucket83908E77"}}]


def test_its_findings_are_acknowledged_for_every_kind_of_bucket(tmp_path: Path) -> None:
    """A finding's id depends on whether the bucket is in the same stack, another stack, another account or imported."""
    app = new_app(outdir=tmp_path)
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app), AccessChecks())
    elsewhere = cdk.Stack(app, "Elsewhere")
    foreign = cdk.Stack(app, "Foreign", env=cdk.Environment(account="222233334444", region="eu-central-1"))
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(account="111122223333", region="eu-central-1"))
    agnostic = cdk.Stack(app, "Agnostic")
    buckets = {
        "Own": FolderBucket(agnostic, "OwnBucket").bucket,
        "OtherStack": FolderBucket(elsewhere, "Bucket").bucket,
        "Imported": s3.Bucket.from_bucket_name(agnostic, "ImportedBucket", "existing"),
        "ImportedElsewhere": s3.Bucket.from_bucket_name(elsewhere, "ImportedBucket", "existing"),
    }
    for id_, bucket in buckets.items():
        TempRole(agnostic, id_, user=iam.User(agnostic, f"{id_}User"), bucket=bucket, **READ)
    other_account = FolderBucket(foreign, "Bucket", bucket_name="foreign").bucket
    TempRole(stack, "OtherAccount", user=iam.User(stack, "User"), bucket=other_account, **READ)
    app.synth()
    template = json.loads((tmp_path / "Agnostic.template.json").read_text(encoding="utf-8"))
    resources = [
        resource["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]["Resource"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::IAM::Role"
    ]
    assert [next(iter(resource)) for resource in resources] == ["Fn::GetAtt", "Fn::ImportValue", "Fn::Join", "Fn::Join"]
