"""Answers of `temp-access can` and the offline probes, where something in the templates isn't read or known.

The types are those of
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.support.review_edits import Edit, Templates, add, change, properties
from tests.unit.support.what_if import Ask

ACCOUNT = "111122223333"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/temp-role"
UNKNOWN_ARN = f"arn:aws:iam::{ACCOUNT}:policy/elsewhere"
OPEN = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}
TOML = """\
[user]
[[user.inline]]
name = "another-bucket"
document = { Version = "2012-10-17", Statement = [
  { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::another/*" },
] }
reason = "a test"

[grants.bob]
access = "read-write"
"""
ALLOWED, DENIED = "bob s3:GetObject bob/x", "bob s3:GetObject bobby/x"
DENIED_EXPLICITLY = f"{ALLOWED} --context aws:SecureTransport=false"
ASSUME = "user sts:AssumeRole role"
Run = Callable[..., tuple[int, str]]


@pytest.fixture(name="run")
def _run(ask: Ask) -> Run:
    """Run a command, written as one text, on the templates after an edit."""

    def run(command: str, edit: Edit | None = None, *options: str) -> tuple[int, str]:
        return ask(*command.split(), *options, edit=edit)

    return run


def transform(templates: Templates) -> None:
    """Let a macro change a template."""
    templates["TempAccess"]["Transform"] = "Own"


def condition(kind: str) -> Edit:
    """Return the edit that creates the only resource of a type on a condition."""

    def edit(templates: Templates) -> None:
        for template in templates.values():
            for resource in template["Resources"].values():
                if resource["Type"] == kind:
                    resource["Condition"] = "IsProduction"

    return edit


def same_name_twice(templates: Templates) -> None:
    """Give the role two inline policies of one name."""
    policies = properties(templates, "AWS::IAM::Role")["Policies"]
    policies.append({**policies[0], "PolicyDocument": OPEN})


def tags(templates: Templates) -> None:
    """Deny what has a tag, and set a tag on the role alone."""
    for template in templates.values():
        for resource in template["Resources"].values():
            tags_of = resource.get("Properties", {}).get("Tags", [])
            tags_of[:] = [tag for tag in tags_of if tag["Key"] != "project"]
    statements = properties(templates, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    condition = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    statements.append({**statements[0], "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": condition})
    properties(templates, "AWS::IAM::Role").setdefault("Tags", []).append({"Key": "team", "Value": "blue"})


# What isn't read, and the exit codes for the questions ALLOWED, DENIED, DENIED_EXPLICITLY and ASSUME.
EDITS: dict[str, tuple[Edit, tuple[int, int, int, int]]] = {
    "second bucket policy": (
        add("AWS::S3::BucketPolicy", "TempAccessStorage", Bucket="the-same-bucket", PolicyDocument=OPEN),
        (3, 3, 1, 0),
    ),
    "access point": (add("AWS::S3::AccessPoint", Bucket="b", Policy=OPEN), (0, 3, 1, 0)),
    "multi-Region access point": (add("AWS::S3::MultiRegionAccessPointPolicy", MrapName="m"), (0, 3, 1, 0)),
    "object lambda": (add("AWS::S3ObjectLambda::AccessPoint"), (0, 3, 1, 0)),
    "access grant": (add("AWS::S3::AccessGrant", Permission="READ"), (0, 3, 1, 0)),
    "canned ACL": (change("AWS::S3::Bucket", AccessControl="PublicRead"), (0, 3, 1, 0)),
    "an unknown property of the bucket": (change("AWS::S3::Bucket", AbacStatus="Enabled"), (3, 3, 1, 0)),
    "object lock": (change("AWS::S3::Bucket", ObjectLockEnabled=True), (3, 1, 1, 0)),
    "VPC endpoint": (add("AWS::EC2::VPCEndpoint", PolicyDocument=OPEN), (3, 1, 1, 3)),
    "SCP": (add("AWS::Organizations::Policy", Type="SERVICE_CONTROL_POLICY"), (3, 1, 1, 3)),
    "macro": (transform, (3, 3, 3, 3)),
    "condition of the bucket policy": (condition("AWS::S3::BucketPolicy"), (3, 3, 3, 0)),
    "condition of the role": (condition("AWS::IAM::Role"), (3, 3, 3, 3)),
    "two policies of one name": (same_name_twice, (3, 3, 3, 3)),
    # Of a role, the path is read.
    "path": (change("AWS::IAM::Role", Path="/staff/"), (0, 1, 1, 0)),
    "path of the user": (change("AWS::IAM::User", Path="/staff/"), (3, 3, 3, 3)),
    "a property of the role": (change("AWS::IAM::Role", Other=1), (3, 3, 1, 3)),
    "custom resource": (add("Custom::AttachPolicy", ServiceToken="arn"), (3, 3, 1, 3)),
    "nested stack": (add("AWS::CloudFormation::Stack", TemplateURL="https://example.com/t.json"), (3, 3, 1, 3)),
    "module": (add("Org::Service::Type::MODULE"), (3, 3, 1, 3)),
    "an unknown type": (add("AWS::Something::New"), (3, 3, 1, 3)),
    "group of the user": (add("AWS::IAM::UserToGroupAddition", GroupName="g", Users=["temp-user"]), (0, 1, 1, 3)),
    # These can't change what the user and the role may do on the bucket.
    "group": (add("AWS::IAM::Group"), (0, 1, 1, 0)),
    "policy of another role": (
        add("AWS::IAM::Policy", PolicyName="p", PolicyDocument=OPEN, Roles=["another-role"]),
        (0, 1, 1, 0),
    ),
    "access key": (add("AWS::IAM::AccessKey", UserName="temp-user"), (0, 1, 1, 0)),
    "login profile": (change("AWS::IAM::User", LoginProfile={"Password": "x"}), (0, 1, 1, 0)),
    "instance profile": (add("AWS::IAM::InstanceProfile", Roles=["temp-role"]), (0, 1, 1, 0)),
    "function": (add("AWS::Lambda::Function", Role=ROLE_ARN), (0, 1, 1, 0)),
    "KMS key": (add("AWS::KMS::Key", KeyPolicy=OPEN), (0, 1, 1, 0)),
    "replication": (change("AWS::S3::Bucket", ReplicationConfiguration={"Role": ROLE_ARN}), (0, 1, 1, 0)),
    "log group": (add("AWS::Logs::LogGroup"), (0, 1, 1, 0)),
}


@pytest.mark.parametrize("name", EDITS)
def test_what_is_not_read_decides_nothing(run: Run, name: str) -> None:
    """An answer that it can change is undecided and names it; other answers stay."""
    edit, codes = EDITS[name]
    for question, code in zip((ALLOWED, DENIED, DENIED_EXPLICITLY, ASSUME), codes, strict=True):
        exit_code, output = run(f"can {question}", edit)
        assert exit_code == code, output
        assert (", which isn't read" in output) is (code == 3)


OTHER_STACKS: dict[str, tuple[dict[str, Any], tuple[int, int, int, int]]] = {
    "another role": ({"Type": "AWS::IAM::Role", "Properties": {"RoleName": "another"}}, (0, 1, 1, 0)),
    "another bucket": ({"Type": "AWS::S3::Bucket", "Properties": {}}, (0, 1, 1, 0)),
    "access point": ({"Type": "AWS::S3::AccessPoint", "Properties": {"Bucket": "b"}}, (0, 3, 1, 0)),
    "a policy of ours": (
        {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"Roles": ["temp-role"], "PolicyDocument": OPEN}},
        (3, 3, 1, 3),
    ),
    "a role that names ours": ({"Type": "AWS::IAM::Role", "Properties": {"RoleName": "temp-role"}}, (3, 3, 1, 3)),
    "a nested stack": ({"Type": "AWS::CloudFormation::Stack", "Properties": {}}, (3, 3, 1, 3)),
    "a queue": ({"Type": "AWS::SQS::Queue", "Properties": {}}, (0, 1, 1, 0)),
}


@pytest.mark.parametrize("name", OTHER_STACKS)
def test_what_other_stacks_define_is_not_read(run: Run, tmp_path: Path, name: str) -> None:
    """Their own users, roles and buckets change nothing."""
    resource, codes = OTHER_STACKS[name]

    def another_stack(_: Templates) -> None:
        folder = tmp_path / "cdk.out"
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        artifact = dict(manifest["artifacts"]["TempAccess"])
        artifact["properties"] = {**artifact["properties"], "templateFile": "Other.template.json"}
        manifest["artifacts"]["Other"] = {**artifact, "displayName": "Other", "dependencies": []}
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        (folder / "Other.template.json").write_text(json.dumps({"Resources": {"More": resource}}), encoding="utf-8")

    for question, code in zip((ALLOWED, DENIED, DENIED_EXPLICITLY, ASSUME), codes, strict=True):
        exit_code, output = run(f"can {question}", another_stack)
        assert exit_code == code, output
        assert ("the stack Other (" in output) is (code == 3)


def test_a_rule_of_the_service_decides(run: Run) -> None:
    """No policy has an effect on it, read or not."""
    assert run("can bob sts:GetCallerIdentity *", transform)[0] == 0
    assert run("can bob sts:GetSessionToken *", transform)[0] == 1


def test_the_answer_names_what_is_not_read(run: Run) -> None:
    _, output = run(f"can {DENIED}", add("AWS::S3::AccessPoint", Bucket="b"))
    assert output.startswith("undecided: ")
    assert "  it depends on TempAccess.More (AWS::S3::AccessPoint), which isn't read\n" in output

    _, output = run(f"can {DENIED} --json", add("AWS::S3::AccessPoint", Bucket="b"))
    answer = json.loads(output)
    assert (answer["answer"], answer["decision"]) == ("undecided", None)
    assert answer["not_read"] == ["TempAccess.More (AWS::S3::AccessPoint)"]


def test_tags_are_unknown_keys(run: Run) -> None:
    """Whoever gives the tag on the command line gets an answer."""
    code, output = run(f"can {ALLOWED}", tags)
    assert (code, "pass --context aws:PrincipalTag/team=VALUE" in output) == (3, True)
    assert run(f"can {ALLOWED} --context aws:PrincipalTag/team=blue", tags)[0] == 0
    assert run(f"can {ALLOWED} --context aws:PrincipalTag/team=red", tags)[0] == 1


UNKNOWN: dict[str, tuple[Edit, str, int, str]] = {
    "managed policy": (
        change("AWS::IAM::User", ManagedPolicyArns=[UNKNOWN_ARN]),
        ASSUME,
        3,
        f"what is known allows it, but the document of {UNKNOWN_ARN} may deny it, and can't be read here",
    ),
    "group": (
        change("AWS::IAM::User", Groups=["staff"]),
        ASSUME,
        3,
        "what is known allows it, but the policies of temp-user's groups (staff) may deny it",
    ),
    "group that may allow": (
        change("AWS::IAM::User", Groups=["staff"]),
        "user s3:GetObject bob/x",
        3,
        "it depends on the policies of temp-user's groups (staff), which can't be read here",
    ),
    "group of another principal": (change("AWS::IAM::User", Groups=["staff"]), ALLOWED, 0, "allowed: "),
    "boundary of the user": (
        change("AWS::IAM::User", PermissionsBoundary=UNKNOWN_ARN),
        ASSUME,
        3,
        "permissions boundary     can't be read here",
    ),
    "boundary of the role": (change("AWS::IAM::Role", PermissionsBoundary=UNKNOWN_ARN), ALLOWED, 3, UNKNOWN_ARN),
    "boundary that can't allow": (
        change("AWS::IAM::Role", PermissionsBoundary=UNKNOWN_ARN),
        DENIED,
        1,
        "session policy           doesn't allow it",
    ),
    "another bucket": (
        lambda _: None,
        "user s3:GetObject arn:aws:s3:::another/x",
        3,
        "what is known allows it, but the policy of arn:aws:s3:::another/x may deny it",
    ),
    "another bucket, not allowed": (lambda _: None, "bob s3:GetObject arn:aws:s3:::another/x", 1, "denied: "),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_allowed_is_said_only_where_it_is_known(run: Run, name: str) -> None:
    """An unknown policy may allow nothing, allow everything or deny everything."""
    edit, question, code, message = UNKNOWN[name]
    exit_code, output = run(f"can {question}", edit)
    assert exit_code == code, output
    assert message in output


OFFLINE: dict[str, tuple[Edit, str, list[str]]] = {
    "access point": (
        add("AWS::S3::AccessPoint", Bucket="b", Policy=OPEN),
        "TempAccess.More (AWS::S3::AccessPoint), which isn't read",
        ["grants.bob/assume", "grants.bob/inside/get"],
    ),
    "second bucket policy": (
        add("AWS::S3::BucketPolicy", "TempAccessStorage", Bucket="the-same-bucket", PolicyDocument=OPEN),
        "TempAccessStorage.More (AWS::S3::BucketPolicy), which isn't read",
        ["grants.bob/assume"],
    ),
    "macro": (transform, "the result of the Transform in TempAccess, which isn't read", []),
    "tags": (
        tags,
        "while a condition tests tags, which isn't read",
        [],
    ),
    "unknown policy of the user": (
        change("AWS::IAM::User", ManagedPolicyArns=[UNKNOWN_ARN]),
        f"the document of {UNKNOWN_ARN}, which can't be read here",
        ["grants.bob/inside/get"],
    ),
    "group": (
        change("AWS::IAM::User", Groups=["staff"]),
        "the policies of temp-user's groups (staff), which can't be read here",
        ["grants.bob/inside/get"],
    ),
    "boundary of the role": (
        change("AWS::IAM::Role", PermissionsBoundary=UNKNOWN_ARN),
        f"the document of {UNKNOWN_ARN}, which can't be read here",
        ["grants.bob/assume"],
    ),
}


@pytest.mark.parametrize("name", OFFLINE)
def test_offline_probes_that_depend_on_it_are_inconclusive(run: Run, tmp_path: Path, name: str) -> None:
    """The reports name it once, and say how many probes depend on it; other probes pass."""
    edit, reason, passing = OFFLINE[name]
    files = {suffix: tmp_path / f"report.{suffix}" for suffix in ("json", "junit", "markdown")}
    options = [option for suffix, file in files.items() for option in (f"--{suffix}", str(file))]

    code, output = run("verify --offline --quiet", edit, *options)

    assert code == 3, output
    report = json.loads(files["json"].read_text(encoding="utf-8"))
    verdicts = {probe["id"]: probe["verdict"] for probe in report["probes"]}
    [(known_as, count)] = report["not_known"].items()
    assert reason in known_as
    assert list(verdicts.values()).count("inconclusive") == count > 3
    assert "failed" not in verdicts.values()
    assert {verdicts[id_] for id_ in passing} <= {"passed"}
    flat = " ".join(output.split())
    assert flat.count(reason) == 1
    assert f"WARNING: {count} probes depend on " in flat
    assert "INCONCLUSIVE 1 of" not in output
    assert files["json"].read_text(encoding="utf-8").count(json.dumps(known_as)) == 1
    for suffix in ("junit", "markdown"):
        assert files[suffix].read_text(encoding="utf-8").count("probes depend on ") == 1


@pytest.mark.parametrize("name", ["group", "instance profile", "KMS key", "log group", "policy of another role"])
def test_offline_probes_that_nothing_can_change_pass(run: Run, name: str) -> None:
    code, output = run("verify --offline --quiet", EDITS[name][0])
    assert code == 0, output
