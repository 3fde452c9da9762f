"""Where the templates define each policy."""

from typing import Any

from temp_access.cfn.intrinsics import TemplateContext
from temp_access.cfn.metadata import policy_locations
from temp_access.iam.decision import Layer


def locations(**resources: Any) -> dict[tuple[str, Layer, str], str]:
    scope = TemplateContext({"Stack": {"Resources": resources}}, "111122223333", "us-east-1", "aws")
    return dict(policy_locations(scope))


def resource(kind: str, path: str | None = None, **properties: Any) -> dict[str, Any]:
    metadata = {"Metadata": {"aws:cdk:path": path}} if path else {}
    return {"Type": f"AWS::{kind}", "Properties": properties, **metadata}


def test_an_inline_policy_is_located_at_its_user_or_role() -> None:
    """User and role may have inline policies with the same name."""
    policy = {"PolicyName": "own", "PolicyDocument": {}}

    assert locations(
        U=resource("IAM::User", "Stack/User/Resource", Policies=[policy]), R=resource("IAM::Role", Policies=[policy])
    ) == {
        ("user/Stack-U", Layer.IDENTITY, "own"): "U (Stack/User/Resource)",
        ("role/Stack-R", Layer.TRUST, "trust policy"): "R (Stack)",
        ("role/Stack-R", Layer.IDENTITY, "own"): "R (Stack)",
    }


def test_a_policy_resource_is_its_own_location() -> None:
    """AWS::IAM::Policy belongs to the users and roles that it names."""
    assert locations(P=resource("IAM::Policy", PolicyName="own", Roles=["temp-role"])) == {
        ("role/temp-role", Layer.IDENTITY, "own"): "P (Stack)"
    }


def test_a_policy_of_one_user_or_role_is_its_own_location() -> None:
    """AWS::IAM::RolePolicy and AWS::IAM::UserPolicy name one holder each."""
    assert locations(
        R=resource("IAM::RolePolicy", PolicyName="own", RoleName="temp-role"),
        U=resource("IAM::UserPolicy", PolicyName="own", UserName="temp-user"),
    ) == {
        ("role/temp-role", Layer.IDENTITY, "own"): "R (Stack)",
        ("user/temp-user", Layer.IDENTITY, "own"): "U (Stack)",
    }


def test_a_managed_policy_is_located_by_its_arn() -> None:
    """As an identity-based policy and as a boundary."""
    arn = "arn:aws:iam::111122223333:policy/own"

    assert locations(M=resource("IAM::ManagedPolicy", ManagedPolicyName="own")) == {
        ("", Layer.IDENTITY, arn): "M (Stack)",
        ("", Layer.BOUNDARY, arn): "M (Stack)",
    }


def test_the_bucket_policy_is_a_resource_of_its_own() -> None:
    """The bucket is another resource."""
    assert locations(B=resource("S3::Bucket"), P=resource("S3::BucketPolicy", "Stack/B/Policy")) == {
        ("", Layer.RESOURCE, "bucket policy"): "P (Stack/B/Policy)"
    }
