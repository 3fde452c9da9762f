"""CloudFormation refuses a policy whose principal doesn't exist, as the APIs of IAM and S3 do.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from typing import Any

import pytest

from tests.integration.local_aws.stack import Stack

pytestmark = pytest.mark.integration
MISSING = "arn:aws:iam::123456789012:role/no-such-role"


def role(principal: Any) -> dict[str, Any]:
    """Return the resource of a role that trusts the principal."""
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}}


def bucket_policy(bucket: str, principal: Any) -> dict[str, Any]:
    """Return the resource of a bucket policy that allows the principal to read."""
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "s3:GetObject"}
    document = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": f"arn:aws:s3:::{bucket}/*"}]}
    return {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": bucket, "PolicyDocument": document}}


def test_a_role_that_trusts_a_missing_principal_is_not_created(account: Any) -> None:
    """The stack is rolled back, with IAM's words as the reason."""
    stack = Stack(account)
    assert stack.create(role(MISSING)) == "ROLLBACK_COMPLETE"
    assert f'Invalid principal in policy: "AWS":"{MISSING}"' in stack.reasons()
    assert "MalformedPolicyDocument" in stack.reasons()


def test_a_role_is_not_updated_to_trust_a_missing_principal(account: Any) -> None:
    """The update is rolled back, and the role keeps its trust policy."""
    stack = Stack(account)
    user, _ = account.user()
    assert stack.create(role(user)) == "CREATE_COMPLETE"
    assert stack.update(role([user, MISSING])) == "UPDATE_ROLLBACK_COMPLETE"
    assert "Invalid principal in policy" in stack.reasons()
    assert stack.update(role([user, "123456789012"])) == "UPDATE_COMPLETE"


def test_a_bucket_policy_for_a_missing_principal_is_not_created(account: Any) -> None:
    """S3's error is the reason."""
    bucket, stack = account.bucket("bob/one"), Stack(account)
    assert stack.create(bucket_policy(bucket, [account.user()[0], MISSING])) == "ROLLBACK_COMPLETE"
    assert "Invalid principal in policy" in stack.reasons()
    assert account.outcome(account.s3.get_bucket_policy, Bucket=bucket) == "NoSuchBucketPolicy"


def test_a_principal_of_the_same_stack_exists_when_it_is_referred_to(account: Any) -> None:
    """`Fn::GetAtt` orders the creation; `*`, accounts and the principals of other accounts exist too."""
    user = {"Type": "AWS::IAM::User", "Properties": {"UserName": account.name("user")}}
    created = Stack(account).create(role({"Fn::GetAtt": ["Other", "Arn"]}), Other=user)
    assert created == "CREATE_COMPLETE"
    for principal in ("*", "123456789012", "arn:aws:iam::222233334444:root", "arn:aws:iam::222233334444:role/build"):
        assert Stack(account).create(role(principal)) == "CREATE_COMPLETE", principal
