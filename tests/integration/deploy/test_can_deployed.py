"""`temp-access can --deployed`: the answers follow what is deployed, not the templates."""

import json

import pytest

from tests.integration.deploy.project import ROLE, Project

pytestmark = pytest.mark.integration
EVERYTHING = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}'
NOBODY = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}'


def test_says_first_which_account_it_asks(example: Project) -> None:
    """Account, Region and endpoint, before the answer."""
    ended = example.local("can", "bob", "s3:GetObject", f"s3://{example.bucket}/bob/x")

    assert ended.code == 0, ended.said
    assert ended.err.startswith("reading account 123456789012, us-east-1, bucket ")
    assert "allows it: Statement[1] of inline policy Folders of temp-role" in ended.out
    assert "has no statement that applies, and none is required" in ended.out


def test_names_the_trust_policy_and_the_bucket_policy(example: Project) -> None:
    """By whose they are; a deployed policy has no logical id."""
    user = example.local("can", "user", "sts:AssumeRole", "role")
    plain = example.local("can", "bob", "s3:GetObject", "bob/x", "--context", "aws:SecureTransport=false")

    assert "allows it: Statement[0] of the trust policy of temp-role" in user.out
    assert f"denies it: Statement[0] of the policy of {example.bucket}" in plain.out


def test_follows_a_policy_that_was_added_by_hand(example: Project) -> None:
    """An inline policy on the role counts for the role, and a session policy still narrows it."""
    example.iam.put_role_policy(RoleName=ROLE, PolicyName="by-hand", PolicyDocument=EVERYTHING)
    try:
        role = example.local("can", "role", "s3:GetBucketPolicy", "bucket")
        bob = example.local("can", "bob", "s3:GetBucketPolicy", "bucket")
    finally:
        example.iam.delete_role_policy(RoleName=ROLE, PolicyName="by-hand")
    after = example.local("can", "role", "s3:GetBucketPolicy", "bucket")

    assert (role.code, bob.code, after.code) == (0, 1, 1), role.said + bob.said
    assert "inline policy by-hand of temp-role" in role.out


def test_follows_a_managed_policy_and_a_boundary(example: Project) -> None:
    """Their documents are read from IAM."""
    arn = example.iam.create_policy(PolicyName="nobody", PolicyDocument=NOBODY)["Policy"]["Arn"]
    example.iam.put_role_permissions_boundary(RoleName=ROLE, PermissionsBoundary=arn)
    try:
        ended = example.local("can", "bob", "s3:GetObject", "bob/x", "--json")
    finally:
        example.iam.delete_role_permissions_boundary(RoleName=ROLE)
        example.iam.delete_policy(PolicyArn=arn)
    layers = {layer["layer"]: layer for layer in json.loads(ended.out)["layers"]}

    assert ended.code == 1, ended.said
    assert layers["permissions boundary"]["denies"][0]["place"] == arn


def test_says_that_access_toml_is_not_the_deployed_one(example: Project) -> None:
    """The session policy is made from the file here."""
    example.toml.write_text(example.toml.read_text().replace('"read-write"', '"list"', 1), encoding="utf-8")

    ended = example.local("can", "bob", "s3:GetObject", "bob/x")

    assert ended.code == 1, ended.said
    assert "note: access.toml isn't the one that is deployed" in ended.out


def test_asks_to_deploy_where_nothing_is(example: Project) -> None:
    """Another Region has no stacks."""
    ended = example.local("can", "bob", "s3:GetObject", "bob/x", "--region", "eu-west-1")

    assert ended.code == 2, ended.said
    assert "isn't deployed in this account and Region" in ended.err
