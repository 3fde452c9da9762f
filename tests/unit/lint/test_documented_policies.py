"""The rules on policies that AWS documents: each alarm is listed here, with the reason why it is right."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from temp_access.lint.findings import template_findings
from tests.unit.support.linting import identity, resource, rules, under

FOLDER = Path(__file__).parents[2] / "data" / "documented-policies"
POLICIES: dict[str, dict[str, Any]] = {
    f"{file.stem}/{entry['name']}": entry
    for file in sorted(FOLDER.glob("*.json"))
    for entry in json.loads(file.read_text(encoding="utf-8"))
}
RESOURCES = {
    "access-point": ("AWS::S3::AccessPoint", "Policy"),
    "bucket": ("AWS::S3::BucketPolicy", "PolicyDocument"),
    "ecr": ("AWS::ECR::Repository", "RepositoryPolicyText"),
    "identity": ("AWS::IAM::ManagedPolicy", "PolicyDocument"),
    "kms": ("AWS::KMS::Key", "KeyPolicy"),
    "secret": ("AWS::SecretsManager::ResourcePolicy", "ResourcePolicy"),
    "sns": ("AWS::SNS::TopicPolicy", "PolicyDocument"),
    "sqs": ("AWS::SQS::QueuePolicy", "PolicyDocument"),
    "trust": ("AWS::IAM::Role", "AssumeRolePolicyDocument"),
}
WHOLE_BUCKET = "it lets the caller list the whole bucket, as its page says"
NO_DELIMITER = "an empty prefix without the delimiter lists the homes of all users, and what is in them"
OPEN_PREFIX = "the prefix has no slash at its end, so it lists the neighbours with a longer name as well"
PUBLIC = "everybody is allowed, as its page says"
ALL_KEYS = "the holder can make access keys for every user, also for administrators"
# What remains: the rules of each policy, and why they are right.
ALARMS: dict[str, tuple[list[str], str]] = {
    "iam/access-keys-ip": (["SelfEscalation"], ALL_KEYS),
    "iam/boundary-example": (["ListWithoutPrefix"], "a boundary looks like any managed policy; as one, it would list"),
    "iam/cognito-folder": (["PrefixWithoutSlash"], OPEN_PREFIX),
    "iam/create-users-path": (["SelfEscalation"], "the holder can attach any policy to a group Finance…"),
    "iam/dynamodb-table": (["Grammar"], "dynamodb:DescribeStream is authorized on a stream, never on a table"),
    "iam/not-action-ec2": (["ListWithoutPrefix"], WHOLE_BUCKET),
    "iam/not-action-iam": (["ListWithoutPrefix"], "it lets the caller do everything but IAM, so also list"),
    "iam/numeric-max-keys": (["ListWithoutPrefix"], "page by page, the caller lists the whole bucket"),
    "iam/pass-role-name": (["SelfEscalation"], "the roles of a name can be passed to any service"),
    "iam/principal-tag": (["SelfEscalation"], ALL_KEYS),
    "iam/s3-deny-except-bucket": (["ListWithoutPrefix"], WHOLE_BUCKET),
    "iam/s3-full-except": (["ListWithoutPrefix"], WHOLE_BUCKET),
    "iam/s3-home-directory": (["ListWithoutPrefix"], NO_DELIMITER),
    "iam/s3-home-federated": (["ListWithoutPrefix"], NO_DELIMITER),
    "iam/s3-rw-bucket": (["ListWithoutPrefix"], WHOLE_BUCKET),
    "iam/s3-rw-console": (["ListWithoutPrefix"], WHOLE_BUCKET),
    "iam/token-issue-time": (["SelfEscalation"], ALL_KEYS),
    "other-guides/cloudformation-roles": (["Grammar"], "a request that names no types of resources creates any type"),
    "other-guides/transfer-scope-down": (["PrefixWithoutSlash"], OPEN_PREFIX),
    "s3/access-point-list": (["ListWithoutPrefix"], WHOLE_BUCKET),
    "s3/mfa": (["Everyone"], PUBLIC),
    "s3/object-tags": (["Everyone"], PUBLIC),
    "s3/prefix-user": (["PrefixWithoutSlash", "PrefixWithoutSlash"], OPEN_PREFIX),
    "s3/public-read": (["Everyone"], PUBLIC),
    "s3/referer": (["Everyone"], "a client can send any referer, as its page says"),
    "s3/replication": (["ListWithoutPrefix"], WHOLE_BUCKET),
    "services/sns-endpoint": (["Everyone"], "anybody can subscribe with such an address"),
    "services/sqs-all-users": (["Everyone"], PUBLIC),
    "services/sqs-time": (["Everyone"], "everybody is allowed, for some hours"),
    "trust/saml-sub-type": (["Grammar"], "a user for whom the provider sends no affiliation is let in"),
}


def _found(entry: dict[str, Any]) -> list[str]:
    type_, element = RESOURCES[entry["kind"]]
    return rules(resource(type_, **{element: entry["policy"]}))


def test_there_are_enough_policies() -> None:
    """Each has a page of AWS, and only those that exist are listed above."""
    assert len(POLICIES) > 200
    assert {entry["page"].split("/")[2] for entry in POLICIES.values()} == {"docs.aws.amazon.com", "github.com"}
    assert set(ALARMS) <= set(POLICIES)


@pytest.mark.parametrize("name", POLICIES)
def test_a_documented_policy_has_only_the_listed_alarms(name: str) -> None:
    """An alarm on what AWS documents must be right."""
    expected, _reason = ALARMS.get(name, ([], ""))
    assert _found(POLICIES[name]) == expected


# A grant of the CDK lists the whole bucket (docs/lint.md); CloudFormation validates a template without a resource; the
# roles of projects and tasks have no condition on aws:SourceAccount, which the pages of CodeBuild and ECS recommend.
SYNTHESIZED = {
    "messages": {"ListWithoutPrefix": 1},
    "pipeline": {"ListWithoutPrefix": 5, "Grammar": 1, "ServiceSource": 1},
    "service": {"ServiceSource": 2},
    "site": {},
}


@pytest.mark.parametrize("name", SYNTHESIZED)
def test_a_synthesized_template_has_only_the_listed_alarms(name: str) -> None:
    """The CDK's own grants for usual resources."""
    file = FOLDER.parent / "synthesized-templates" / f"{name}.template.json"
    found = template_findings("S", json.loads(file.read_text(encoding="utf-8")))
    assert Counter(finding.rule for finding in found) == SYNTHESIZED[name]
    assert all("cloudformation:ValidateTemplate" in each.message for each in found if each.rule == "Grammar")


@pytest.mark.parametrize("case", ["engine/19-lint-false-alarms", "reports/18-sns-source-owner"])
def test_templates_with_documented_policies_have_no_findings(case: str) -> None:
    """These failed a synthesis before; the pages are those of ec2-instance-source, date-without-seconds and others.

    https://github.com/terraform-aws-modules/terraform-aws-sns/issues/62
    """
    template = json.loads((FOLDER.parent / "cases" / case / "template.json").read_text(encoding="utf-8"))
    assert template_findings("S", template) == ()


def test_a_list_of_leading_keys_alarms_for_a_scan() -> None:
    """A scan has no leading keys, so it reads the whole table; other reads always have one."""
    table = {"Resource": "arn:aws:dynamodb:eu-west-1:111122223333:table/t"}
    condition = under("ForAllValues:StringEquals", "dynamodb:LeadingKeys", "a")
    assert rules(identity({"Action": ["dynamodb:GetItem", "dynamodb:Query"]} | table | condition)) == []
    assert rules(identity({"Action": "dynamodb:*"} | table | condition)) == ["Grammar"]
