"""References and intrinsic functions resolve as in CloudFormation."""

from typing import Any

import pytest

from temp_access.cfn.intrinsics import TemplateContext, UnresolvedError, resolve
from temp_access.cfn.resources import resources

STORAGE = {
    "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
    "Outputs": {
        "Name": {"Value": {"Ref": "Bucket"}},
        "Arn": {"Value": {"Fn::GetAtt": ["Bucket", "Arn"]}, "Export": {"Name": "Storage:Arn"}},
        "Broken": {"Export": {"Name": "Storage:Broken"}},
    },
}
ACCESS = {
    "Resources": {
        "User": {"Type": "AWS::IAM::User", "Properties": {"UserName": "temp-user"}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "temp-role", "Path": "/temp/"}},
        "Unnamed": {"Type": "AWS::IAM::Role"},
        "Policy": {"Type": "AWS::IAM::ManagedPolicy"},
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Circle": {"Type": "AWS::IAM::User", "Properties": {"UserName": {"Ref": "Circle"}}},
    },
    "Parameters": {"Who": {"Type": "String", "Default": "*"}},
    "Mappings": {"M": {"us-east-1": {"who": "a", "list": ["b", "c"]}}},
}
POLICY = "arn:aws:iam::123456789012:policy/Access-Policy-8XK2"


def scope(partition: str = "aws", **physical: str) -> TemplateContext:
    return TemplateContext(
        templates={"Storage": STORAGE, "Access": ACCESS},
        account="123456789012",
        region="us-east-1",
        partition=partition,
        physical={("Storage" if name == "Bucket" else "Access", name): v for name, v in physical.items()},
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain ${aws:username}", "plain ${aws:username}"),
        ({"Ref": "AWS::AccountId"}, "123456789012"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "AWS::Partition"}, "aws"),
        ({"Ref": "AWS::StackName"}, "Access"),
        ({"Ref": "AWS::URLSuffix"}, "amazonaws.com"),
        ({"kept": 1, "gone": {"Ref": "AWS::NoValue"}}, {"kept": 1}),
        ([1, {"Ref": "AWS::NoValue"}], [1]),
        ({"Ref": "User"}, "temp-user"),
        ({"Ref": "Role"}, "temp-role"),
        ({"Fn::GetAtt": ["User", "Arn"]}, "arn:aws:iam::123456789012:user/temp-user"),
        ({"Fn::GetAtt": ["Role", "Arn"]}, "arn:aws:iam::123456789012:role/temp/temp-role"),
        ({"Fn::GetAtt": "User.Arn"}, "arn:aws:iam::123456789012:user/temp-user"),
        ({"Fn::Join": [":", ["a", {"Ref": "User"}]]}, "a:temp-user"),
        ({"Fn::Sub": "${User} ${User.Arn} ${!User}"}, "temp-user arn:aws:iam::123456789012:user/temp-user ${User}"),
        ({"Fn::Sub": ["${x}", {"x": {"Ref": "Role"}}]}, "temp-role"),
        ({"Fn::Select": ["1", ["a", "b"]]}, "b"),
        ({"Fn::Select": [5, {"Fn::Split": [":", {"Fn::GetAtt": ["User", "Arn"]}]}]}, "user/temp-user"),
        ({"Fn::FindInMap": ["M", "us-east-1", "who"]}, "a"),
        ({"Fn::Select": [1, {"Fn::FindInMap": ["M", "us-east-1", "list"]}]}, "c"),
        ({"Fn::ToJsonString": {"a": [{"Ref": "User"}]}}, '{"a":["temp-user"]}'),
        ({"Fn::Base64": {"Ref": "User"}}, "dGVtcC11c2Vy"),
        ({"Fn::Length": ["a", {"Ref": "User"}]}, 2),
        ({"Fn::Length": {"Fn::Split": [",", "a,b,c"]}}, 3),
        ({"Fn::ImportValue": "Storage:Arn"}, "arn:aws:s3:::storage-bucket"),
        ({"Fn::ImportValue": {"Fn::Sub": "Storage:Arn"}}, "arn:aws:s3:::storage-bucket"),
    ],
)  # fmt: skip
def test_resolves_as_cloudformation_does(value: Any, expected: Any) -> None:
    """Without deployed names, the names in the template are used."""
    assert resolve(value, "Access", scope()) == expected


def test_prefers_deployed_names_to_the_templates() -> None:
    """Policies refer to the names that CloudFormation chose."""
    deployed = scope(Bucket="example-8xk2", Policy=POLICY, User="renamed")

    value = [{"Fn::ImportValue": "Storage:Arn"}, {"Ref": "Policy"}, {"Fn::GetAtt": ["User", "Arn"]}]

    assert resolve(value, "Access", deployed) == [
        "arn:aws:s3:::example-8xk2",
        POLICY,
        "arn:aws:iam::123456789012:user/renamed",
    ]


def test_an_unnamed_resource_gets_a_placeholder() -> None:
    """Offline, the placeholder replaces the name that CloudFormation will choose."""
    value = [{"Ref": "Unnamed"}, {"Ref": "Policy"}]

    assert resolve(value, "Access", scope()) == [
        "Access-Unnamed",
        "arn:aws:iam::123456789012:policy/Access-Policy",
    ]


def test_other_partitions_have_their_own_arns() -> None:
    """ARNs and URLs differ in the China Regions."""
    value = [{"Fn::GetAtt": ["User", "Arn"]}, {"Fn::ImportValue": "Storage:Arn"}, {"Ref": "AWS::URLSuffix"}]

    assert resolve(value, "Access", scope("aws-cn")) == [
        "arn:aws-cn:iam::123456789012:user/temp-user",
        "arn:aws-cn:s3:::storage-bucket",
        "amazonaws.com.cn",
    ]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"Fn::If": ["Cond", 1, 2]}, "Access: Fn::If isn't supported"),
        ({"Ref": "Who"}, "the value of the parameter Who isn't known before the deployment"),
        ({"Fn::Sub": "${Who}"}, "the value of the parameter Who isn't known before the deployment"),
        ("arn:aws:s3:::{{resolve:ssm:/bucket}}/*", "isn't known before the deployment; write the value itself"),
        ({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "who"]}, "Fn::FindInMap is supported only with keys that are"),
        ({"Fn::FindInMap": ["M", "eu-west-1", "who"]}, "Fn::FindInMap can't be called with"),
        ({"Fn::Transform": {"Name": "AWS::Include"}}, "Access: Fn::Transform isn't supported"),
        ({"Version": "x", "Fn::ForEach::L": []}, "Access: Fn::ForEach::L isn't supported"),
        ({"Ref": "Nowhere"}, "refers to Nowhere, which isn't a resource"),
        ({"Ref": ["User"]}, r"Ref can't be called with \['User'\]"),
        ({"Fn::GetAtt": ["Topic", "Arn"]}, r"Arn of Topic \(AWS::SNS::Topic\) isn't known"),
        ({"Fn::GetAtt": ["User", "Id"]}, "Id of User"),
        ({"Fn::GetAtt": ["User"]}, "Fn::GetAtt can't be called with"),
        ({"Fn::ImportValue": "Elsewhere:Arn"}, "imports 'Elsewhere:Arn', which no stack exports"),
        ({"Fn::ImportValue": "Storage:Broken"}, "Fn::ImportValue can't be called with"),
        ({"Fn::Join": ["", [{"a": 1}]]}, "Fn::Join can't be called with"),
        ({"Fn::Join": "x"}, "Fn::Join can't be called with"),
        ({"Fn::Select": [7, ["a"]]}, "Fn::Select can't be called with"),
        ({"Fn::Sub": 5}, "Fn::Sub can't be called with"),
        ({"Ref": "Circle"}, "refers to itself or is nested too deeply"),
    ],
)
def test_refuses_what_it_cant_resolve(value: Any, why: str) -> None:
    """A guess would be compared with the deployment, or used in a proof."""
    with pytest.raises(UnresolvedError, match=why):
        resolve(value, "Access", scope())


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"Fn::If": ["Cond", 1, 2]}, 3),
        ({"Ref": "Who"}, 3),
        ("{{resolve:ssm:/x}}", 3),
        ({"Fn::GetAtt": ["Topic", "Arn"]}, 3),
        ({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "who"]}, 3),
        ({"Ref": "Nowhere"}, 2),
        ({"Fn::Join": "x"}, 2),
    ],
)
def test_what_isnt_known_yet_is_inconclusive(value: Any, code: int) -> None:
    """The template isn't wrong, but no question about it can be answered."""
    with pytest.raises(UnresolvedError) as error:
        resolve(value, "Access", scope())
    assert error.value.exit_code == code


def test_a_password_can_be_a_dynamic_reference() -> None:
    """No policy depends on it."""
    profile = {"Password": "{{resolve:secretsmanager:password}}"}
    user = {"Type": "AWS::IAM::User", "Properties": {"UserName": {"Ref": "AWS::StackName"}, "LoginProfile": profile}}
    context = TemplateContext({"S": {"Resources": {"U": user}}}, "123456789012", "us-east-1", "aws")
    [resource] = resources(context)
    assert resource.properties == {"UserName": "S", "LoginProfile": profile}


def test_refuses_deep_nesting() -> None:
    """A hostile template ends in a sentence, not in a traceback."""
    value: Any = "x"
    for _ in range(5000):
        value = [value]

    with pytest.raises(UnresolvedError, match="nested too deeply"):
        resolve(value, "Access", scope())
