"""What isn't read or known is never "unchanged": each kind of resource, property and template that may give access.

Case engine 03, and 10 for unknown documents. The types are those of
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

import json
from pathlib import Path
from typing import Any

import pytest

from temp_access.cli.main import main
from temp_access.review.model import Direction
from tests.unit.support.review_edits import (
    Edit,
    Templates,
    add,
    change,
    edited_snapshots,
    properties,
    review_edits,
    unchanged,
)

OPEN = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}
ALLOW = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
ROLE_ARN = "arn:aws:iam::111122223333:role/temp-role"
ELSEWHERE = "arn:aws:s3:::a-bucket-of-somebody-else"


def with_condition(templates: Templates) -> None:
    """Create the bucket policy on a condition only."""
    for resource in templates["TempAccessStorage"]["Resources"].values():
        if resource["Type"] == "AWS::S3::BucketPolicy":
            resource["Condition"] = "IsProduction"


def with_macro(templates: Templates) -> None:
    """Let a macro change a template."""
    templates["TempAccess"]["Transform"] = "Own"


RESOURCES: dict[str, Edit] = {
    "group": add("AWS::IAM::Group", ManagedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"]),
    "group policy": add("AWS::IAM::GroupPolicy", GroupName="staff", PolicyName="p", PolicyDocument=ALLOW),
    "group member": add("AWS::IAM::UserToGroupAddition", GroupName="staff", Users=["temp-user"]),
    "instance profile": add("AWS::IAM::InstanceProfile", Roles=["temp-role"]),
    "access key": add("AWS::IAM::AccessKey", UserName="temp-user"),
    "OIDC provider": add("AWS::IAM::OIDCProvider", Url="https://token.example.com", ClientIdList=["x"]),
    "SAML provider": add("AWS::IAM::SAMLProvider", SamlMetadataDocument="<x/>"),
    "service-linked role": add("AWS::IAM::ServiceLinkedRole", AWSServiceName="ecs.amazonaws.com"),
    "role policy of another role": add(
        "AWS::IAM::RolePolicy", RoleName="another-role", PolicyName="p", PolicyDocument=ALLOW
    ),
    "user policy of another user": add(
        "AWS::IAM::UserPolicy", UserName="somebody", PolicyName="p", PolicyDocument=ALLOW
    ),
    "policy of a group": add("AWS::IAM::Policy", PolicyName="p", PolicyDocument=ALLOW, Groups=["staff"]),
    "policy of another role": add("AWS::IAM::Policy", PolicyName="p", PolicyDocument=ALLOW, Roles=["another-role"]),
    "managed policy of another role": add("AWS::IAM::ManagedPolicy", PolicyDocument=ALLOW, Roles=["another-role"]),
    "second bucket policy": add("AWS::S3::BucketPolicy", Bucket="the-same-bucket", PolicyDocument=OPEN),
    "access point": add("AWS::S3::AccessPoint", Bucket="b", Policy=OPEN),
    "multi-Region access point": add("AWS::S3::MultiRegionAccessPoint", Regions=[{"Bucket": "b"}]),
    "multi-Region access point policy": add("AWS::S3::MultiRegionAccessPointPolicy", MrapName="m", Policy=OPEN),
    "object lambda": add("AWS::S3ObjectLambda::AccessPoint", ObjectLambdaConfiguration={}),
    "object lambda policy": add("AWS::S3ObjectLambda::AccessPointPolicy", PolicyDocument=OPEN),
    "access grant": add("AWS::S3::AccessGrant", Permission="READ"),
    "access grants instance": add("AWS::S3::AccessGrantsInstance"),
    "access grants location": add("AWS::S3::AccessGrantsLocation", IamRoleArn=ROLE_ARN),
    "storage lens": add("AWS::S3::StorageLens", StorageLensConfiguration={}),
    "lambda function": add("AWS::Lambda::Function", Role=ROLE_ARN),
    "ECS task": add("AWS::ECS::TaskDefinition", TaskRoleArn=ROLE_ARN),
    "EC2 instance": add("AWS::EC2::Instance", IamInstanceProfile="profile"),
    "RolesAnywhere profile": add("AWS::RolesAnywhere::Profile", RoleArns=[ROLE_ARN]),
    "pod identity": add("AWS::EKS::PodIdentityAssociation", RoleArn=ROLE_ARN),
    "KMS key": add("AWS::KMS::Key", KeyPolicy=OPEN),
    "permission set": add("AWS::SSO::PermissionSet", InlinePolicy=ALLOW),
    "SSO assignment": add("AWS::SSO::Assignment", PrincipalType="GROUP"),
    "custom resource": add("Custom::AttachPolicy", ServiceToken="arn:aws:lambda:us-east-1:111122223333:function:f"),
    "other custom resource": add("AWS::CloudFormation::CustomResource", ServiceToken="arn"),
    "nested stack": add("AWS::CloudFormation::Stack", TemplateURL="https://example.com/t.json"),
    "stack set": add("AWS::CloudFormation::StackSet", StackSetName="s"),
    "module": add("Org::Service::Type::MODULE"),
    "replication role": add("AWS::DataSync::LocationS3", S3Config={"BucketAccessRoleArn": ROLE_ARN}),
    "an unknown type": add("AWS::Something::New"),
    "a topic with a policy": add("AWS::SNS::Topic", ArchivePolicy={"Statement": []}),
    "a log group with a role": add("AWS::Logs::LogGroup", DeliveryRoleArn=ROLE_ARN),
    "in the other stack": add("AWS::S3::AccessPoint", "TempAccessStorage", Bucket="b", Policy=OPEN),
    "a password in a secret": change("AWS::IAM::User", LoginProfile={"Password": "{{resolve:secretsmanager:x}}"}),
    "notifications to a function": change(
        "AWS::S3::Bucket", NotificationConfiguration={"LambdaConfigurations": [{"Fn::GetAtt": ["F", "Arn"]}]}
    ),
    "include": change("AWS::S3::Bucket", **{"Fn::Transform": {"Name": "AWS::Include"}}),
    "login profile": change("AWS::IAM::User", LoginProfile={"Password": "x"}),
    "a property of the user": change("AWS::IAM::User", Other=1),
    "canned ACL": change("AWS::S3::Bucket", AccessControl="PublicRead"),
    "log delivery ACL": change("AWS::S3::Bucket", AccessControl="LogDeliveryWrite"),
    "replication": change(
        "AWS::S3::Bucket",
        ReplicationConfiguration={"Role": ROLE_ARN, "Rules": [{"Destination": {"Bucket": ELSEWHERE}}]},
    ),
    "inventory": change("AWS::S3::Bucket", InventoryConfigurations=[{"Destination": {"BucketArn": ELSEWHERE}}]),
    "object lock": change("AWS::S3::Bucket", ObjectLockEnabled=True),
    "tags as permissions": change("AWS::S3::Bucket", AbacStatus="Enabled"),
    "condition": with_condition,
    "macro": with_macro,
}


@pytest.mark.parametrize("name", RESOURCES)
def test_something_new_that_is_not_read(name: str, tmp_path: Path) -> None:
    """The review can't tell, whether it is added or removed, and names it with its place."""
    for folder, edits in (("added", (RESOURCES[name], unchanged)), ("removed", (unchanged, RESOURCES[name]))):
        review = review_edits(tmp_path / folder, *edits)
        assert review.headline is Direction.UNKNOWN, folder
        assert all(each.where for each in review.unknown)
        assert any("isn't read" in each.description for each in review.unknown)
        assert review.same_unread == ()


@pytest.mark.parametrize("name", RESOURCES)
def test_the_same_on_both_sides_is_no_change(name: str, tmp_path: Path) -> None:
    """It is mentioned only."""
    review = review_edits(tmp_path, RESOURCES[name], RESOURCES[name])
    assert review.headline is Direction.UNCHANGED
    assert review.unknown == ()
    assert review.same_unread


@pytest.mark.parametrize(
    ("base", "head"),
    [
        (add("AWS::S3::AccessPoint", Bucket="b"), add("AWS::S3::AccessPoint", Bucket="b", Policy=OPEN)),
        (add("AWS::IAM::GroupPolicy", PolicyDocument=ALLOW), add("AWS::IAM::GroupPolicy", PolicyDocument=OPEN)),
        (add("AWS::Lambda::Function", Role="r"), add("AWS::Lambda::Function", Role=ROLE_ARN)),
        (
            change("AWS::S3::Bucket", AccessControl="LogDeliveryWrite"),
            change("AWS::S3::Bucket", AccessControl="PublicRead"),
        ),
        (
            change("AWS::S3::Bucket", ReplicationConfiguration={"Role": "r"}),
            change("AWS::S3::Bucket", ReplicationConfiguration={"Role": ROLE_ARN}),
        ),
    ],
)
def test_other_content_is_not_known(base: Edit, head: Edit, tmp_path: Path) -> None:
    """Something that isn't read and changed is named once, as changed."""
    review = review_edits(tmp_path, head, base)
    assert review.headline is Direction.UNKNOWN
    assert len(review.unknown) == 1
    assert "changed, and isn't read" in review.unknown[0].description


def test_the_path_of_a_users_arn_is_not_read(tmp_path: Path) -> None:
    """The policies then name another ARN, which the comparison reports as well."""
    review = review_edits(tmp_path, change("AWS::IAM::User", Path="/staff/"))
    assert review.headline is Direction.BOTH
    assert [each.description.startswith("the path of temp-") for each in review.unknown] == [True]


def test_a_renamed_resource_is_the_same(tmp_path: Path) -> None:
    """Another logical id, of itself or of the bucket that it refers to, changes nothing."""

    def base(templates: Templates) -> None:
        [bucket] = [
            id_
            for id_, each in templates["TempAccessStorage"]["Resources"].items()
            if each["Type"] == "AWS::S3::Bucket"
        ]
        point = {"Bucket": {"Ref": bucket}, "Name": {"Fn::Sub": f"x-${{{bucket}}}"}}
        templates["TempAccessStorage"]["Resources"]["Point"] = {"Type": "AWS::S3::AccessPoint", "Properties": point}

    def head(templates: Templates) -> None:
        base(templates)
        text = json.dumps(templates).replace("Folders5DC27E26", "Files0A1B2C3D").replace('"Point"', '"P"')
        templates.update(json.loads(text))

    assert review_edits(tmp_path, head, base).headline is Direction.UNCHANGED


HARMLESS = {
    "parameter": add("AWS::SSM::Parameter", Type="String", Value="x"),
    "log group": add("AWS::Logs::LogGroup", RetentionInDays=7),
    "metadata": add("AWS::CDK::Metadata", Analytics="v2:…"),
    "wait condition handle": add("AWS::CloudFormation::WaitConditionHandle"),
    "alarm": add("AWS::CloudWatch::Alarm", MetricName="m"),
    "topic": add("AWS::SNS::Topic", TopicName="t"),
    "life cycle": change("AWS::S3::Bucket", LifecycleConfiguration={"Rules": []}),
    "CORS": change("AWS::S3::Bucket", CorsConfiguration={"CorsRules": []}),
    "tags": change("AWS::S3::Bucket", Tags=[{"Key": "cost-center", "Value": "7"}]),
    "private ACL": change("AWS::S3::Bucket", AccessControl="Private"),
    "description": change("AWS::IAM::Role", Description="lent out"),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_gives_nobody_access_is_no_alarm(name: str, tmp_path: Path) -> None:
    """Resources without a policy, a role or code, and settings that give no access, change nothing."""
    review = review_edits(tmp_path, HARMLESS[name])
    assert review.headline is Direction.UNCHANGED
    assert review.same_unread == ()


def test_tags_count_where_a_condition_tests_them(tmp_path: Path) -> None:
    """Other tags of the user decide then."""

    def tagged(value: str) -> Edit:
        def edit(templates: Templates) -> None:
            document = properties(templates, "AWS::IAM::Role")["AssumeRolePolicyDocument"]
            document["Statement"][0]["Condition"] = {"StringEquals": {"aws:PrincipalTag/team": "a"}}
            properties(templates, "AWS::IAM::User")["Tags"] = [{"Key": "team", "Value": value}]

        return edit

    review = review_edits(tmp_path, tagged("a"), tagged("b"))
    assert review.headline is Direction.UNKNOWN
    assert "Tags of TempAccess." in review.unknown[0].description


@pytest.mark.parametrize(
    ("kind", "name", "owner"),
    [("AWS::IAM::RolePolicy", "RoleName", "temp-role"), ("AWS::IAM::UserPolicy", "UserName", "temp-user")],
)
def test_a_separate_inline_policy_is_read(kind: str, name: str, owner: str, tmp_path: Path) -> None:
    """It is a policy of the role or user, and a Deny in it counts too (case engine 03).

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-rolepolicy.html
    """
    names: dict[str, Any] = {name: owner, "PolicyName": "more"}
    more = add(kind, **names, PolicyDocument=ALLOW)
    review = review_edits(tmp_path / "allow", more)
    assert review.headline is Direction.BROADENED
    assert review.unknown == ()
    assert {change.cause.where for change in review.changes} == {"template TempAccess, More"}
    deny = {**ALLOW, "Statement": {**ALLOW["Statement"], "Effect": "Deny"}}  # type: ignore[dict-item]
    denied = add(kind, **names, PolicyDocument=deny)
    assert review_edits(tmp_path / "deny", denied).headline in (Direction.NARROWED, Direction.UNCHANGED)


UNKNOWN = {
    "managed policy of the role": (
        change("AWS::IAM::Role", ManagedPolicyArns=["arn:aws:iam::444455556666:policy/Mine"]),
        "the document of arn:aws:iam::444455556666:policy/Mine isn't known; temp-role ",
    ),
    "AWS managed policy that isn't bundled": (
        change("AWS::IAM::Role", ManagedPolicyArns=["arn:aws:iam::aws:policy/NoSuchPolicyYet"]),
        "the document of arn:aws:iam::aws:policy/NoSuchPolicyYet isn't known; temp-role ",
    ),
    "boundary": (
        change("AWS::IAM::User", PermissionsBoundary="arn:aws:iam::444455556666:policy/Limit"),
        "the document of arn:aws:iam::444455556666:policy/Limit isn't known; the permissions boundary of temp-user",
    ),
    "group": (
        change("AWS::IAM::User", Groups=["staff"]),
        "the policies of the group staff aren't known; temp-user is ",
    ),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_policy_without_a_document_is_not_known(name: str, tmp_path: Path) -> None:
    """It isn't read as access, added or removed; the same on both sides changes nothing."""
    edit, description = UNKNOWN[name]
    for folder, edits in (("added", (edit, unchanged)), ("removed", (unchanged, edit))):
        review = review_edits(tmp_path / folder, *edits)
        assert review.headline is Direction.UNKNOWN
        assert review.changes == ()
        assert [each.description.startswith(description) for each in review.unknown] == [True]
    review = review_edits(tmp_path / "same", edit, edit)
    assert review.headline is Direction.UNCHANGED
    assert review.same_unread


def deny(templates: Templates) -> None:
    """Deny the user everything in IAM."""
    policies = properties(templates, "AWS::IAM::User")["Policies"]
    statement = {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}
    policies.append({"PolicyName": "no", "PolicyDocument": {"Version": "2012-10-17", "Statement": statement}})


BOUNDED = change("AWS::IAM::User", PermissionsBoundary="arn:aws:iam::aws:policy/AmazonS3FullAccess")
MINE = change("AWS::IAM::User", ManagedPolicyArns=["arn:aws:iam::444455556666:policy/Mine"])
STAFF = change("AWS::IAM::User", Groups=["staff"])


@pytest.mark.parametrize("limit", [deny, BOUNDED], ids=["deny", "boundary"])
@pytest.mark.parametrize("unknown", [MINE, STAFF], ids=["document", "group"])
def test_a_lifted_limit_of_an_unknown_policy_is_not_known(unknown: Edit, limit: Edit, tmp_path: Path) -> None:
    """The policy is the same on both sides, but the Deny or the boundary that limited it is gone."""

    def limited(templates: Templates) -> None:
        unknown(templates)
        limit(templates)

    lifted = review_edits(tmp_path / "lifted", unknown, limited)
    assert [each.description.partition("; they may allow temp-user")[1] for each in lifted.unknown] != [""]
    assert lifted.headline in (Direction.UNKNOWN, Direction.BROADENED)
    added = review_edits(tmp_path / "added", limited, unknown)
    assert added.unknown == ()
    assert review_edits(tmp_path / "same", limited, limited).headline is Direction.UNCHANGED


def test_a_nested_template_counts(tmp_path: Path) -> None:
    """Its file changes, but not the resource that names it."""
    nested = add("AWS::CloudFormation::Stack", TemplateURL="https://example.com/t.json")
    assert exit_code(tmp_path / "same", {"Resources": {}}, nested) == 0
    assert exit_code(tmp_path / "other", {"Resources": {}}, nested, name="Other.nested.template.json") == 3


def test_a_stage_counts_by_its_own_templates(tmp_path: Path) -> None:
    """A change of the two stacks is none of the stage, whose templates are in a folder of their own."""
    document = change("AWS::IAM::Role", Description="lent out")
    for name, edit, content, code in (("same", document, "{}", 0), ("other", unchanged, '{"Resources": {}}', 3)):
        edited_snapshots(tmp_path / name, edit)
        for side, text in (("base", "{}"), ("head", content)):
            out = tmp_path / name / side / "cdk.out"
            (out / "assembly-Prod").mkdir()
            (out / "assembly-Prod" / "Prod.template.json").write_text(text, encoding="utf-8")
            manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
            stage = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}}
            manifest["artifacts"]["assembly-Prod"] = stage
            (out / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        arguments = [f"--{side}={tmp_path / name / side / 'cdk.out'}" for side in ("base", "head")]
        assert main(["review", *arguments, "--compare-only"]) == code


def test_an_attribute_without_effect_is_the_same(tmp_path: Path) -> None:
    """The construct path and the deletion policy give no access."""
    point = RESOURCES["access point"]

    def kept(templates: Templates) -> None:
        point(templates)
        more = {"DeletionPolicy": "Retain", "Metadata": {"aws:cdk:path": "TempAccess/More"}}
        templates["TempAccess"]["Resources"]["More"].update(more)

    assert review_edits(tmp_path, kept, point).headline is Direction.UNCHANGED


def test_another_stack_of_the_app(tmp_path: Path) -> None:
    """A stack that names the role, or has IAM resources, counts; another one doesn't."""
    template = {"Resources": {"X": {"Type": "AWS::Lambda::Function", "Properties": {"Role": "arn:aws:iam::1:role/x"}}}}
    assert exit_code(tmp_path / "harmless", template) == 0
    template["Resources"]["X"]["Properties"] = {"Role": ROLE_ARN}
    assert exit_code(tmp_path / "role", template) == 3
    template["Resources"]["X"] = {"Type": "AWS::IAM::Policy", "Properties": {"Roles": ["temp-role"]}}
    assert exit_code(tmp_path / "policy", template) == 3
    assert exit_code(tmp_path / "unreadable", []) == 3


def exit_code(folder: Path, other: object, edit: Edit = unchanged, name: str = "Other.template.json") -> int:
    """Return the exit code of a review whose head has another stack with this template; both sides are edited."""
    edited_snapshots(folder, edit, edit)
    out = folder / "head" / "cdk.out"
    (out / name).write_text(json.dumps(other), encoding="utf-8")
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    stack = {"type": "aws:cloudformation:stack", "properties": {"templateFile": name}}
    manifest["artifacts"]["Other"] = stack
    (out / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return main(["review", f"--base={folder / 'base' / 'cdk.out'}", f"--head={out}", "--compare-only"])


@pytest.mark.parametrize("fail_on", ["broadened", "any", "never"])
def test_no_choice_of_fail_on_accepts_what_is_not_known(
    fail_on: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is 3, or 1 where a change is known that --fail-on names."""
    unread, broadened = RESOURCES["access point"], change("AWS::S3::Bucket", PublicAccessBlockConfiguration={})

    def both(templates: Templates) -> None:
        unread(templates)
        broadened(templates)

    for name, edit, code in (("unread", unread, 3), ("both", both, 3 if fail_on == "never" else 1)):
        review_edits(tmp_path / name, edit)
        arguments = [f"--{side}={tmp_path / name / side / 'cdk.out'}" for side in ("base", "head")]
        assert main(["review", *arguments, "--compare-only", f"--fail-on={fail_on}"]) == code
        output = capsys.readouterr().out
        assert "AWS::S3::AccessPoint" in output
        headline = "Access is broadened" if name == "both" else "The review can't tell whether access is broadened"
        assert output.startswith(f"## {headline}\n")


def test_every_format_says_what_is_not_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The reports name what isn't read, and what isn't read on both sides."""
    group = add("AWS::IAM::Group", "TempAccessStorage")
    review_edits(tmp_path, lambda templates: (RESOURCES["access point"](templates), group(templates))[0], group)
    arguments = [f"--{side}={tmp_path / side / 'cdk.out'}" for side in ("base", "head")]
    outputs = {}
    for format_ in ("json", "sarif", "html", "markdown"):
        assert main(["review", *arguments, "--compare-only", f"--format={format_}"]) == 3
        outputs[format_] = capsys.readouterr().out
    report = json.loads(outputs["json"])
    assert report["headline"] == "unknown"
    assert [each["text"] for each in report["unknown"]] == [
        "TempAccess.More (AWS::S3::AccessPoint) is new, and isn't read"
    ]
    assert report["unknown"][0]["places"][0]["template"] == "TempAccess"
    assert report["not_read_as_before"] == ["TempAccessStorage.More (AWS::IAM::Group)"]
    [run] = json.loads(outputs["sarif"])["runs"]
    assert [(result["ruleId"], result["level"]) for result in run["results"]] == [("AccessUnknown", "error")]
    for format_ in ("html", "markdown"):
        assert "AWS::S3::AccessPoint" in outputs[format_]
        assert "the same before and after the change" in outputs[format_]
        assert "Nobody gains or loses access" not in outputs[format_]
        assert "finds no change of access" not in outputs[format_]


def test_an_undecided_proof_is_not_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A claim of no new access that timed out counts, but not one that only depends on what isn't read anyway."""
    pytest.importorskip("cvc5")
    review_edits(tmp_path, RESOURCES["access point"], RESOURCES["access point"])
    arguments = [f"--{side}={tmp_path / side / 'cdk.out'}" for side in ("base", "head")]
    assert main(["review", *arguments, "--format=json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert {claim["status"] for claim in report["proofs"]["claims"]} == {"unknown"}
    assert (report["headline"], report["unknown"]) == ("unchanged", [])
