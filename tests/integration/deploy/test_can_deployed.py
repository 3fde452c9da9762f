"""`temp-access can` against a deployment: the deployed policies decide, not the templates."""

import json

import pytest

from tests.integration.deploy.project import ROLE, Project

pytestmark = pytest.mark.integration
EVERYTHING = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}'
NOBODY = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}'


def test_shows_the_account_first(example: Project) -> None:
    """Account, Region and bucket are shown before the answer."""
    ended = example.local("can", "bob", "s3:GetObject", f"s3://{example.bucket}/bob/x")

    assert ended.code == 0, ended.output
    assert ended.err.startswith("reading account 123456789012, us-east-1, bucket ")
    assert "allows it: Statement[1] of inline policy Folders of temp-role" in ended.out
    assert "has no statement that applies, and none is required" in ended.out


def test_names_the_owner_of_a_trust_policy_and_of_a_bucket_policy(example: Project) -> None:
    """A deployed policy has no logical id, so its role or bucket identifies it."""
    user = example.local("can", "user", "sts:AssumeRole", "role")
    plain = example.local("can", "bob", "s3:GetObject", "bob/x", "--context", "aws:SecureTransport=false")

    assert "allows it: Statement[0] of the trust policy of temp-role" in user.out
    assert f"denies it: Statement[0] of the policy of {example.bucket}" in plain.out


def test_uses_a_policy_added_by_hand(example: Project) -> None:
    """An inline policy added to the role applies to the role, and a session policy still narrows it."""
    example.iam.put_role_policy(RoleName=ROLE, PolicyName="by-hand", PolicyDocument=EVERYTHING)
    try:
        role = example.local("can", "role", "s3:GetBucketPolicy", "bucket")
        bob = example.local("can", "bob", "s3:GetBucketPolicy", "bucket")
    finally:
        example.iam.delete_role_policy(RoleName=ROLE, PolicyName="by-hand")
    after = example.local("can", "role", "s3:GetBucketPolicy", "bucket")

    assert (role.code, bob.code, after.code) == (0, 1, 1), role.output + bob.output
    assert "inline policy by-hand of temp-role" in role.out


def test_reads_a_managed_policy_and_a_boundary(example: Project) -> None:
    """Their documents come from IAM."""
    arn = example.iam.create_policy(PolicyName="nobody", PolicyDocument=NOBODY)["Policy"]["Arn"]
    example.iam.put_role_permissions_boundary(RoleName=ROLE, PermissionsBoundary=arn)
    try:
        ended = example.local("can", "bob", "s3:GetObject", "bob/x", "--json")
    finally:
        example.iam.delete_role_permissions_boundary(RoleName=ROLE)
        example.iam.delete_policy(PolicyArn=arn)
    layers = {layer["layer"]: layer for layer in json.loads(ended.out)["layers"]}

    assert ended.code == 1, ended.output
    assert layers["permissions boundary"]["denies"][0]["place"] == arn


def test_notes_that_access_toml_differs_from_the_deployed_file(example: Project) -> None:
    """The session policy comes from the local file."""
    example.toml.write_text(example.toml.read_text().replace('"read-write"', '"list"', 1), encoding="utf-8")

    ended = example.local("can", "bob", "s3:GetObject", "bob/x")

    assert ended.code == 1, ended.output
    assert "note: access.toml isn't the one that is deployed" in ended.out


def test_reports_that_nothing_is_deployed(example: Project) -> None:
    """A Region without the stacks is an error with exit code 2."""
    ended = example.local("can", "bob", "s3:GetObject", "bob/x", "--region", "eu-west-1")

    assert ended.code == 2, ended.output
    assert "isn't deployed in this account and Region" in ended.err
