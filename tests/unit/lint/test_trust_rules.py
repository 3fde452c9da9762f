"""What the rules about services and about session tags in trust policies report and accept."""

from typing import Any

import pytest

from temp_access.iam.service_principals import OTHERS, SENDERS, SENDERS_OF_ARNS
from tests.unit.support.linting import bucket, identity, lint, trust

ACCOUNT = "111122223333"
TASKS = "ecs-tasks.amazonaws.com"
SOURCE, TAGS = "ServiceSource", "SessionTags"


def service(*names: object, action: object = "sts:AssumeRole", **conditions: object) -> dict[str, Any]:
    """Return a statement that trusts services; a condition's operator has `_` for a colon."""
    block = {"Condition": {name.replace("_", ":"): value for name, value in conditions.items()}} if conditions else {}
    principal = names[0] if len(names) == 1 else list(names)
    return {"Action": action, "Principal": {"Service": principal}} | block


def found(template: dict[str, Any], rule: str) -> list[tuple[str, str]]:
    """Return severity and detail of the findings of a rule."""
    findings = [each for each in lint(template) if each.rule == rule]
    return [(each.severity, each.id.partition("[")[2][:-1]) for each in findings]


@pytest.mark.parametrize(
    "statement",
    [
        service(TASKS, StringEquals={"aws:SourceAccount": ACCOUNT}),
        service(TASKS, StringEquals={"AWS:SOURCEACCOUNT": [ACCOUNT, "444455556666"]}),
        service(TASKS, StringEquals={"aws:SourceAccount": {"Ref": "AWS::AccountId"}}),
        service(TASKS, StringLike={"aws:SourceAccount": ACCOUNT}),
        service(TASKS, StringEquals={"aws:SourceAccount": "${aws:ResourceAccount}"}),
        service(TASKS, StringEquals={"aws:SourceOrgID": "o-a1b2c3d4e5"}),
        service(TASKS, StringEquals={"aws:SourceOrgID": "${aws:ResourceOrgID}"}),
        service(TASKS, ForAnyValue_StringLike={"aws:SourceOrgPaths": "o-a1b2c3d4e5/r-ab12/*"}),
        service(TASKS, ArnLike={"aws:SourceArn": f"arn:aws:ecs:*:{ACCOUNT}:*"}),
        service(TASKS, StringLike={"aws:SourceArn": f"arn:aws:ecs:eu-west-1:{ACCOUNT}:task/c/*"}),
        service(TASKS, ArnLike={"aws:SourceArn": {"Fn::Sub": "arn:aws:ecs:${AWS::Region}:${AWS::AccountId}:*"}}),
        service(TASKS, ArnEquals={"aws:SourceArn": {"Fn::GetAtt": ["Cluster", "Arn"]}}),
        service(TASKS, ArnLike={"aws:SourceArn": {"Fn::Sub": "${Cluster.Arn}/*"}}),
        # https://docs.aws.amazon.com/config/latest/developerguide/iamrole-permissions.html
        service("config.amazonaws.com", StringEquals={"AWS:SourceAccount": ACCOUNT}),
        # https://docs.aws.amazon.com/eks/latest/userguide/pod-execution-role.html
        service(
            "eks-fargate-pods.amazonaws.com",
            ArnLike={"aws:SourceArn": f"arn:aws:eks:eu-west-1:{ACCOUNT}:fargateprofile/my-cluster/*"},
        ),
        # These would be locked out.
        service("ec2.amazonaws.com"),
        service({"Fn::Sub": "ec2.${AWS::URLSuffix}"}),
        service("lambda.amazonaws.com", "ec2.amazonaws.com", "edgelambda.amazonaws.com"),
        service("pods.eks.amazonaws.com", action=["sts:AssumeRole", "sts:TagSession"]),
        # AWS's documentation of these doesn't say, or depends on what they do.
        service("glue.amazonaws.com"),
        service("cloudformation.amazonaws.com"),
        service("nosuch.amazonaws.com"),
        service({"Ref": "Service"}),
        service(TASKS, action="sts:TagSession"),
        service(TASKS) | {"Effect": "Deny"},
        {"Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/r"}},
    ],
)
def test_accepts_a_service_that_acts_for_ones_own_account(statement: dict[str, Any]) -> None:
    """A condition names the account, or there can't be one."""
    assert found(trust(statement), SOURCE) == []


@pytest.mark.parametrize(
    "conditions",
    [
        {},
        {"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}},
        {"ForAllValues_StringEquals": {"aws:SourceAccount": ACCOUNT}},
        {"StringNotEquals": {"aws:SourceAccount": ACCOUNT}},
        {"StringLike": {"aws:SourceAccount": "*"}},
        {"StringLike": {"aws:SourceAccount": "1111*"}},
        {"StringEquals": {"aws:SourceAccount": "${aws:PrincipalAccount}"}},
        {"Null": {"aws:SourceAccount": "false"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:ecs:*:*:*"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:ecs:eu-west-1:*:task/c/*"}},
        {"ArnLike": {"aws:SourceArn": [f"arn:aws:ecs:*:{ACCOUNT}:*", "arn:aws:ecs:*:*:task/c/*"]}},
        {"StringEquals": {"aws:SourceArn": "arn:aws:s3:::amzn-s3-demo-bucket"}},
        {"ArnLikeIfExists": {"aws:SourceArn": f"arn:aws:ecs:*:{ACCOUNT}:*"}},
        {"StringLike": {"aws:SourceOrgID": "o-*"}},
        {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
        {"StringEquals": {"sts:ExternalId": "x"}},
    ],
)
def test_reports_a_service_that_acts_for_any_account(conditions: dict[str, Any]) -> None:
    """The condition holds without the key, for every account, or it is on another key."""
    assert found(trust(service(TASKS, **conditions)), SOURCE) == [("warning", TASKS)]


@pytest.mark.parametrize("name", [*SENDERS, *SENDERS_OF_ARNS])
def test_reports_each_service_that_sends_the_key(name: str) -> None:
    """With a Region in its name as well."""
    for spelling in (f"{name}.amazonaws.com", f"{name}.eu-west-1.amazonaws.com", f"{name}.amazonaws.com.cn"):
        assert found(trust(service(spelling)), SOURCE) == [("warning", spelling)]


@pytest.mark.parametrize("name", OTHERS)
def test_reports_no_service_that_would_be_locked_out(name: str) -> None:
    """Its pages have no such condition."""
    assert found(trust(service(f"{name}.amazonaws.com")), SOURCE) == []


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ({"Fn::Sub": "ecs-tasks.${AWS::URLSuffix}"}, "ecs-tasks.<AWS.URLSuffix>"),
        ({"Fn::Sub": "states.${AWS::Region}.amazonaws.com"}, "states.<AWS.Region>.amazonaws.com"),
        ({"Fn::Join": ["", ["states.", {"Ref": "AWS::Region"}, ".", {"Ref": "AWS::URLSuffix"}]]}, None),
        ({"Fn::If": ["C", TASKS, "ec2.amazonaws.com"]}, TASKS),
    ],
)
def test_a_service_can_be_a_reference(written: object, shown: str | None) -> None:
    """The CDK writes it so for some services."""
    shown = shown or "states.<AWS.Region>.<AWS.URLSuffix>"
    assert found(trust(service(written)), SOURCE) == [("warning", shown)]


def test_reports_each_service_of_a_statement() -> None:
    """Others of the same statement aren't."""
    several = service("states.amazonaws.com", "lambda.amazonaws.com", TASKS, action="sts:*")
    assert found(trust(several), SOURCE) == [("warning", "states.amazonaws.com"), ("warning", TASKS)]


def test_unknown_keys_are_a_condition_on_a_service() -> None:
    """As for AccountTrust."""
    unknown = {"Condition": {"StringEquals": {"Fn::GetAtt": ["Any", "Value"]}}}
    assert found(trust(service(TASKS) | unknown), SOURCE) == []


def test_a_resource_policy_is_no_trust_policy() -> None:
    """Only roles are assumed."""
    statement = {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Principal": {"Service": TASKS}}
    assert found(bucket(statement), SOURCE) == []


TAGGING = {"Action": ["sts:AssumeRole", "sts:TagSession"]}
OTHER = {"Principal": {"AWS": "arn:aws:iam::444455556666:root"}}
EVERYBODY = {"Principal": {"AWS": "*"}}
ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}


@pytest.mark.parametrize(
    ("statement", "detail"),
    [
        (EVERYBODY, "*"),
        ({"Principal": "*"}, "*"),
        ({"Principal": {"Federated": "*"}}, "*"),
        (EVERYBODY | {"Condition": ORGANIZATION}, "*"),
        (EVERYBODY | {"Condition": {"StringEquals": {"aws:PrincipalAccount": "444455556666"}}}, "*"),
        (EVERYBODY | {"Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}, "*"),
        (EVERYBODY | {"Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}}, "*"),
        (EVERYBODY | {"Condition": ORGANIZATION | {"StringLike": {"aws:RequestTag/team": "*"}}}, "*"),
        (EVERYBODY | {"Action": "sts:TagSession", "Condition": ORGANIZATION}, "*"),
        (EVERYBODY | {"Action": "sts:*", "Condition": ORGANIZATION}, "*"),
        (EVERYBODY | {"Action": "sts:tag*", "Condition": ORGANIZATION}, "*"),
        (OTHER, "arn:aws:iam::444455556666:root"),
        ({"Principal": {"AWS": "444455556666"}}, "444455556666"),
        ({"NotPrincipal": {"AWS": "arn:aws:iam::444455556666:root"}}, "NotPrincipal"),
    ],
)
def test_reports_tags_that_everybody_can_set(statement: dict[str, Any], detail: str) -> None:
    """Neither the principal nor the tags are named."""
    assert found(trust(TAGGING | statement), TAGS) == [("error", detail)]


@pytest.mark.parametrize(
    "statement",
    [
        EVERYBODY | {"Condition": ORGANIZATION, "Action": "sts:AssumeRole"},
        EVERYBODY | {"Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::444455556666:role/ci-*"}}},
        EVERYBODY | {"Condition": ORGANIZATION | {"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "cost"]}}},
        EVERYBODY | {"Condition": ORGANIZATION | {"StringEquals": {"aws:RequestTag/team": "data"}}},
        EVERYBODY | {"Effect": "Deny"},
        OTHER | {"Condition": {"StringEquals": {"sts:ExternalId": "x"}}},
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
        {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/test-session-tags"}},
        {"Principal": {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}},
        {"Principal": {"AWS": {"Ref": "AWS::AccountId"}}},
        # https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
        {"Principal": {"Service": "pods.eks.amazonaws.com"}},
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
        {
            "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/id.example.com"},
            "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
            "Condition": {"StringEquals": {"id.example.com:sub": "a", "id.example.com:aud": "b"}},
        },
    ],
)
def test_accepts_tags_of_named_principals(statement: dict[str, Any]) -> None:
    """Or named tags, or one's own account, whose policies decide."""
    assert found(trust(TAGGING | statement), TAGS) == []


def test_an_identity_policy_gives_its_holder_the_right_to_tag() -> None:
    """The trust policy has to allow it too."""
    assert found(identity({"Action": "sts:TagSession", "Resource": "*"}), TAGS) == []
