"""Resources in the templates that could grant access and aren't modeled; each makes every claim unknown."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from temp_access.cfn.assembly import Assembly
from temp_access.deployment.stacks import STACKS
from temp_access.iam.policy_json import escape
from temp_access.iam.symbolic.patterns import FOLDER
from temp_access.proofs.templates import unmodeled_resources
from tests.unit.support.proving import change_templates, example

OPEN = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


def unmodeled(assembly: Assembly) -> list[str]:
    """Return the unmodeled resources of the templates."""
    return list(unmodeled_resources(example()[0], assembly))


def with_resource(stack: str, kind: str, **properties: Any) -> Assembly:
    """Return the example's templates with one more resource."""
    assembly = change_templates()
    assembly.templates[stack]["Resources"]["More"] = {"Type": kind, "Properties": properties}
    return assembly


def edited(edit: Callable[[Any], object], kind: str) -> Assembly:
    """Return the example's templates with each resource of the kind edited, but those for borrowers."""
    assembly = change_templates()
    for stack in STACKS:
        template = assembly.templates[stack]
        for resource in template["Resources"].values():
            if resource["Type"] == kind:
                edit(resource)
    return assembly


def test_the_example_is_fully_modeled() -> None:
    """Neither of its templates has an unmodeled resource."""
    assert unmodeled(change_templates()) == []


@pytest.mark.parametrize(
    ("kind", "change", "expected"),
    [
        ("AWS::S3::BucketPolicy", {"Condition": "IsProduction"}, "the Condition of TempAccessStorage."),
        ("AWS::IAM::Role", {"Condition": "IsProduction"}, "the Condition of TempAccess."),
    ],
)
def test_a_resource_with_a_condition(kind: str, change: dict[str, Any], expected: str) -> None:
    """CloudFormation may not create it, so a Deny in it proves nothing."""
    (description,) = unmodeled(edited(lambda resource: resource.update(change), kind))

    assert description.startswith(expected)


@pytest.mark.parametrize(
    ("kind", "change", "expected"),
    [
        ("AWS::S3::Bucket", {"AccessControl": "PublicRead"}, "the ACL of"),
        ("AWS::IAM::User", {"Path": "/people/"}, "the path of temp-user"),
        (
            "AWS::S3::Bucket",
            {"Fn::Transform": {"Name": "AWS::Include"}},
            "the result of the Transform in TempAccessStorage",
        ),
    ],
)
def test_an_unmodeled_property(kind: str, change: dict[str, Any], expected: str) -> None:
    """ACLs, paths in ARNs and the output of macros aren't modeled."""
    (description,) = unmodeled(edited(lambda resource: resource["Properties"].update(change), kind))

    assert description.startswith(expected)


def test_a_macro() -> None:
    """It can change everything in the template."""
    assembly = change_templates()
    assembly.templates["TempAccess"]["Transform"] = "Own"  # type: ignore[index]

    assert unmodeled(assembly) == ["the result of the Transform in TempAccess"]


def test_a_second_bucket_policy() -> None:
    """Its bucket may have the same deployed name."""
    assembly = with_resource("TempAccess", "AWS::S3::BucketPolicy", Bucket="a-name", PolicyDocument=OPEN)

    assert unmodeled(assembly) == ["TempAccess.More (AWS::S3::BucketPolicy)"]


def test_two_policies_of_one_name() -> None:
    """The order of the deployment decides which one remains."""
    assembly = with_resource(
        "TempAccess", "AWS::IAM::Policy", PolicyName="RotateOwnAccessKeys", PolicyDocument=OPEN, Users=["temp-user"]
    )

    assert unmodeled(assembly) == ["two policies RotateOwnAccessKeys of temp-user"]


def test_other_stacks() -> None:
    """Stacks with IAM or S3 resources, and stacks whose templates are missing, are reported."""
    harmless = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    policy = {"Resources": {"Policy": {"Type": "AWS::IAM::Policy"}}}
    assembly = replace(change_templates(), others={"Topics": harmless, "More": policy, "Stage": None})

    assert unmodeled(assembly) == ["the stack More (AWS::IAM::Policy)", "the stack Stage (its templates)"]


def test_the_placeholder_of_the_proofs() -> None:
    """A Deny on everything except the placeholder's folder would seem to exempt every session's folder."""

    def deny(properties: dict[str, Any]) -> None:
        but = f"arn:aws:s3:::the-bucket-of-the-folders/{escape(FOLDER)}/*"
        statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "NotResource": but}
        properties["PolicyDocument"]["Statement"].append(statement)

    (description,) = unmodeled(change_templates(bucket=deny))

    assert description.startswith("TempAccessStorage, which contains the placeholder")
