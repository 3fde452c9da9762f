"""What in the templates could give access, and isn't read: each place leaves nothing proved."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from temp_access.cfn.assembly import Assembly
from temp_access.iam.patterns import escape
from temp_access.iam.symbolic.patterns import FOLDER
from temp_access.proofs.templates import unmodeled_resources
from tests.unit.support.proving import changed, example

OPEN = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


def found(assembly: Assembly) -> list[str]:
    """Return what isn't read of the example's templates, changed."""
    return list(unmodeled_resources(example()[0], assembly))


def with_resource(stack: str, kind: str, **properties: Any) -> Assembly:
    """Return the example's templates with one more resource."""
    assembly = changed()
    assembly.templates[stack]["Resources"]["More"] = {"Type": kind, "Properties": properties}
    return assembly


def edited(edit: Callable[[Any], object], kind: str) -> Assembly:
    """Return the example's templates with each resource of the kind edited."""
    assembly = changed()
    for template in assembly.templates.values():
        for resource in template["Resources"].values():
            if resource["Type"] == kind:
                edit(resource)
    return assembly


def test_the_example_is_read_as_a_whole() -> None:
    """Both of its templates."""
    assert found(changed()) == []


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("AWS::S3::BucketPolicy", {"Condition": "IsProduction"}, "the Condition of TempAccessStorage."),
        ("AWS::IAM::Role", {"Condition": "IsProduction"}, "the Condition of TempAccess."),
    ],
)
def test_a_resource_that_may_not_be_made(kind: str, change: dict[str, Any], said: str) -> None:
    """A Deny in it can't be relied on."""
    (place,) = found(edited(lambda resource: resource.update(change), kind))

    assert place.startswith(said)


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("AWS::S3::Bucket", {"AccessControl": "PublicRead"}, "the ACL of"),
        ("AWS::IAM::User", {"Path": "/people/"}, "the path of temp-user"),
        ("AWS::IAM::Role", {"Path": "/people/"}, "the path of temp-role"),
        (
            "AWS::S3::Bucket",
            {"Fn::Transform": {"Name": "AWS::Include"}},
            "the result of the Transform in TempAccessStorage",
        ),
    ],
)
def test_a_property_that_isn_t_read(kind: str, change: dict[str, Any], said: str) -> None:
    """ACLs, paths in ARNs, and what a macro would put there."""
    (place,) = found(edited(lambda resource: resource["Properties"].update(change), kind))

    assert place.startswith(said)


def test_a_macro() -> None:
    """It can make anything of the template."""
    assembly = changed()
    assembly.templates["TempAccess"]["Transform"] = "Own"  # type: ignore[index]

    assert found(assembly) == ["the result of the Transform in TempAccess"]


def test_a_second_bucket_policy() -> None:
    """Of the bucket, or of one that may be the same by its deployed name."""
    assembly = with_resource("TempAccess", "AWS::S3::BucketPolicy", Bucket="a-name", PolicyDocument=OPEN)

    assert found(assembly) == ["bucket policies other than the one of the bucket"]


def test_two_policies_of_one_name() -> None:
    """Which one is there depends on the order of the deployment."""
    assembly = with_resource(
        "TempAccess", "AWS::IAM::Policy", PolicyName="RotateOwnAccessKeys", PolicyDocument=OPEN, Users=["temp-user"]
    )

    assert found(assembly) == ["two policies RotateOwnAccessKeys of temp-user"]


def test_other_stacks() -> None:
    """Those that hold something of IAM or S3, and those that can't be read."""
    harmless = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    policy = {"Resources": {"Policy": {"Type": "AWS::IAM::Policy"}}}
    assembly = replace(changed(), others={"Topics": harmless, "More": policy, "Stage": None})

    assert found(assembly) == ["the stack More (AWS::IAM::Policy)", "the stack Stage (its templates)"]


def test_the_marker_of_the_proofs() -> None:
    """A Deny on all but `<marker>/*` would seem to spare every session's own folder."""

    def deny(properties: dict[str, Any]) -> None:
        but = f"arn:aws:s3:::the-bucket-of-the-folders/{escape(FOLDER)}/*"
        statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "NotResource": but}
        properties["PolicyDocument"]["Statement"].append(statement)

    (place,) = found(changed(bucket=deny))

    assert place.startswith("TempAccessStorage, which contains the placeholder")
