"""What the rules don't find, and where they alarm wrongly: each line of docs/lint.md with a case."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.unit.support.linting import bucket, identity, managed, resource, rules, trust, under

PAGE = (Path(__file__).parents[3] / "docs" / "lint.md").read_text(encoding="utf-8")
READ = {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/x/*"}
LIST = {"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b"}
EVERYONE = READ | {"Principal": "*"}
ASSUME = {"Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}
ROLE = {"Resource": "arn:aws:iam::111122223333:role/r"}
POOL = "cognito-identity.amazonaws.com"
UNAUTHENTICATED = {
    "StringEquals": {f"{POOL}:aud": "eu-west-1:0"},
    "ForAnyValue:StringLike": {f"{POOL}:amr": "unauthenticated"},
}
EKS = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE"


def token(**claims: str) -> dict[str, Any]:
    """Return a statement that trusts tokens of a cluster with these claims."""
    return {
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{EKS}"},
        "Condition": {"StringLike": {f"{EKS}:{claim}": value for claim, value in claims.items()}},
    }


# By the beginning of the line.
NOT_FOUND: dict[str, list[dict[str, Any]]] = {
    "An escalating action on another": [identity({"Action": "iam:UpdateAssumeRolePolicy"} | ROLE)],
    "Passing any role to one service": [
        identity(
            {"Action": "iam:PassRole", "Resource": "*"}
            | under("StringEquals", "iam:PassedToService", "ec2.amazonaws.com")
        )
    ],
    "What a service can do": [identity({"Action": "lambda:UpdateFunctionCode", "Resource": "*"})],
    "Removing a policy": [identity({"Action": ["iam:DetachRolePolicy", "iam:DeleteRolePolicy"], "Resource": "*"})],
    "Changes to identity providers": [identity({"Action": ["iam:UpdateSAMLProvider", "sso:*"], "Resource": "*"})],
    "A limit on `iam:PolicyARN`": [
        identity(
            {"Action": "iam:AttachRolePolicy", "Resource": "*"}
            | under("ArnLike", "iam:PolicyARN", "arn:aws:iam::111122223333:policy/*")
        )
    ],
    "A limit to a tag": [
        identity(
            {"Action": "iam:PutRolePolicy", "Resource": "*"} | under("StringEquals", "aws:ResourceTag/team", "red"),
            {"Action": "iam:TagRole", "Resource": "*"},
        )
    ],
    "A trust of every role with some prefix": [
        trust(ASSUME | under("ArnLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/a*")),
        trust(ASSUME | under("DateGreaterThan", "aws:CurrentTime", "2090-01-01T00:00:00Z")),
    ],
    "`AWS:SourceArn` of an API": [
        bucket(EVERYONE | under("ArnLike", "AWS:SourceArn", "arn:aws:apigateway:eu-west-1::/restapis/x"))
    ],
    "A public statement about a principal": [
        trust(
            {"Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": POOL}, "Condition": UNAUTHENTICATED}
        )
    ],
    "A subject of an issuer of one's own": [trust(token(sub="system:serviceaccount:*", aud="sts.amazonaws.com"))],
    "A service that can act for other accounts": [
        trust({"Action": "sts:AssumeRole", "Principal": {"Service": "glue.amazonaws.com"}})
    ],
    "A listing through S3 Object Lambda": [
        identity(
            {
                "Action": "s3-object-lambda:ListBucket",
                "Resource": "arn:aws:s3-object-lambda:eu-west-1:111122223333:accesspoint/a",
            }
        )
    ],
    "A condition that contradicts": [
        identity(
            READ | {"Condition": {"StringEquals": {"aws:username": "u"}, "StringNotEquals": {"aws:username": "u"}}}
        )
    ],
    "An Allow that a Deny": [identity(READ, READ | {"Effect": "Deny"})],
    "A Region or a service": [
        identity({"Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-south-9:111122223333:q"}),
        trust({"Action": "sts:AssumeRole", "Principal": {"Service": "nothing.amazonaws.com"}}),
    ],
    "An action of another service": [
        resource(
            "AWS::SNS::TopicPolicy",
            PolicyDocument={
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"AWS": "111122223333"},
                    "Action": "sqs:SendMessage",
                    "Resource": "*",
                },
            },
        )
    ],
    "Errors of kinds of policies": [
        resource("AWS::Organizations::Policy", Content={"Version": "2012-10-17", "Statement": [{"Effect": "Alow"}]})
    ],
}
FALSE_ALARMS: dict[str, list[dict[str, Any]]] = {
    "`ListWithoutPrefix` and `SelfEscalation`": [managed({"Action": ["s3:*", "iam:*"], "Resource": "*"})],
    "`ListWithoutPrefix` on a bucket": [identity(LIST)],
    "`Everyone` on a bucket": [bucket(EVERYONE)],
    "`Everyone` on one role's sessions": [bucket(EVERYONE | under("StringLike", "aws:userid", "AROAEXAMPLE:*"))],
    "`TokenSubject` on a provider": [trust(token(aud="sts.amazonaws.com"))],
    "`TokenSubject` and `Everyone`": [
        trust(
            token(aud="sts.amazonaws.com"),
            token(aud="sts.amazonaws.com") | {"Effect": "Deny"} | under("StringNotEquals", f"{EKS}:sub", "a"),
        ),
        bucket(EVERYONE, EVERYONE | {"Effect": "Deny"} | under("StringNotEquals", "aws:PrincipalAccount", "1")),
    ],
    "`ServiceSource` on a service": [
        trust({"Action": "sts:AssumeRole", "Principal": {"Service": "states.amazonaws.com"}})
    ],
    "`Grammar` on an action, a key": [identity({"Action": "evidently:GetProject", "Resource": "*"})],
    "`Grammar` on a key": [
        identity(
            {"Effect": "Deny", "Action": ["kms:ListKeys", "kms:Decrypt"], "Resource": "*"}
            | under("StringEquals", "aws:ResourceTag/team", "red")
        )
    ],
    "`Grammar` on a Boolean": [identity(READ | under("StringEquals", "aws:SecureTransport", "true"))],
}


def _lines(heading: str) -> list[str]:
    section = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^- (.*)", section, re.MULTILINE)


@pytest.mark.parametrize(
    ("heading", "cases"), [("What the rules don't find", NOT_FOUND), ("Known false alarms", FALSE_ALARMS)]
)
def test_each_line_has_a_case(heading: str, cases: dict[str, list[dict[str, Any]]]) -> None:
    """The page is as complete as the cases, in the same order."""
    lines = _lines(heading)
    assert len(lines) == len(cases)
    assert [start for start, line in zip(cases, lines, strict=True) if not line.startswith(start)] == []


@pytest.mark.parametrize("line", NOT_FOUND)
def test_doesnt_find_it(line: str) -> None:
    """If one is found, the page must change."""
    assert [rules(template) for template in NOT_FOUND[line]] == [[]] * len(NOT_FOUND[line])


@pytest.mark.parametrize("line", FALSE_ALARMS)
def test_alarms_on_it(line: str) -> None:
    """If there is no alarm any more, the page must change."""
    assert all(rules(template) for template in FALSE_ALARMS[line])
