"""The errors of IAM Access Analyzer's policy checks, each with a policy that has it, and whether the rules find it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from typing import Any

import pytest

from tests.unit.support.linting import bucket, document, identity, lint, managed, resource, trust, under

READ = {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/x/*"}
NAMED = {"Principal": {"AWS": "arn:aws:iam::111122223333:user/u"}}
TRUST = {"Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::111122223333:user/u"}}
SEND = {"Action": "sqs:SendMessage"}
TAG = {"Action": "ec2:CreateTags", "Resource": "arn:aws:ec2:*:*:instance/*"}
SAML = {"Action": "sts:AssumeRoleWithSAML"}
PROVIDER = {"Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/p"}}


def _whole(body: dict[str, Any]) -> dict[str, Any]:
    return resource("AWS::IAM::ManagedPolicy", PolicyDocument=body)


def _when(**operators: dict[str, Any]) -> dict[str, Any]:
    return READ | {"Condition": operators}


FOUND: dict[str, dict[str, Any]] = {
    "ARN account not allowed": identity(READ | {"Resource": "arn:aws:s3::111122223333:b/x/*"}),
    "ARN Region not allowed": identity(
        {"Action": "iam:GetUser", "Resource": "arn:aws:iam:eu-west-1:111122223333:user/u"}
    ),
    "Data type mismatch": _whole({"Version": "2012-10-17", "Statement": [READ | {"Effect": "Allow", "Sid": ["a"]}]}),
    "Duplicate keys with different case": identity(_when(StringEquals={"aws:SourceVpce": "a", "AWS:sourcevpce": "b"})),
    "Invalid action": identity(READ | {"Action": "s3:GetObjekt"}),
    "Invalid ARN account": identity(SEND | {"Resource": "arn:aws:sqs:eu-west-1:1111:q"}),
    "Invalid ARN prefix": identity(SEND | {"Resource": "arm:aws:sqs:eu-west-1:111122223333:q"}),
    "Invalid ARN Region": identity(SEND | {"Resource": "arn:aws:sqs:europe:111122223333:q"}),
    "Invalid ARN resource": identity({"Action": "iam:GetUser", "Resource": "arn:aws:iam::111122223333:usr/u"}),
    "Invalid ARN service case": identity(READ | {"Resource": "arn:aws:S3:::b/x/*"}),
    "Invalid condition data type": identity(READ | under("NumericEquals", "aws:username", "u")),
    "Invalid condition key format": identity(READ | under("StringEquals", "username", "u")),
    "Invalid condition multiple Boolean": identity(READ | under("Bool", "aws:SecureTransport", "true", "false")),
    "Invalid condition operator": identity(READ | under("StringEqual", "aws:username", "u")),
    "Invalid effect": identity(READ | {"Effect": "Permit"}),
    "Invalid federated principal syntax in role trust policy": trust(
        SAML | {"Principal": {"Federated": "arn:aws:iam::111122223333:role/p"}}
    ),
    "Invalid global condition key": identity(READ | under("StringEquals", "aws:usernme", "u")),
    "Invalid partition": identity(SEND | {"Resource": "arn:amazon:sqs:eu-west-1:111122223333:q"}),
    "Invalid policy element": identity(READ | {"Actions": "s3:GetObject"}),
    "Invalid principal format": bucket(READ | {"Principal": ["*"]}),
    "Invalid principal key": bucket(READ | {"Principal": {"Aws": "111122223333"}}),
    "Invalid Region": identity(READ | under("StringEquals", "aws:RequestedRegion", "eu-west")),
    "Invalid service": identity(READ | {"Resource": "arn:aws:s33:::b/x/*"}),
    "Invalid service condition key": identity(READ | under("StringLike", "s3:prefixx", "u/*")),
    "Invalid service in action": identity(READ | {"Action": "s33:GetObject"}),
    "Invalid service principal format": trust(TRUST | {"Principal": {"Service": "ec2"}}),
    "Invalid variable for operator": identity(READ | under("NumericEquals", "s3:max-keys", "${aws:EpochTime}")),
    "Invalid version": identity(READ, version="2012-10-18"),
    "Invalid vpc format": identity(READ | under("StringEquals", "aws:SourceVpc", "vpce-0a1b2c3d")),
    "Invalid vpce format": identity(READ | under("StringEquals", "aws:SourceVpce", "vpc-0a1b2c3d")),
    "Mismatched action for principal": trust(SAML | {"Principal": {"Service": "ec2.amazonaws.com"}}),
    "Missing action": identity({"Resource": "arn:aws:s3:::b/x/*"}),
    "Missing ARN field": bucket(READ | {"Principal": {"AWS": "arn:aws:iam::111122223333"}}),
    "Missing ARN Region": identity(SEND | {"Resource": "arn:aws:sqs::111122223333:q"}),
    "Missing brace in variable": identity(READ | {"Resource": "arn:aws:s3:::b/${aws:username/*"}),
    "Missing effect": _whole({"Version": "2012-10-17", "Statement": [READ]}),
    "Missing principal": bucket(READ),
    "Missing qualifier": identity(TAG | under("StringEquals", "aws:TagKeys", "a")),
    "Missing quote in variable": identity(READ | {"Resource": "arn:aws:s3:::b/${aws:username, 'nobody}/*"}),
    "Missing resource": identity({"Action": "s3:GetObject"}),
    "Missing statement": _whole({"Version": "2012-10-17"}),
    "Missing tag key in variable": identity(READ | {"Resource": "arn:aws:s3:::b/${aws:PrincipalTag/}/*"}),
    "Null with if exists": identity(READ | under("NullIfExists", "aws:TokenIssueTime", "true")),
    "Private IP address": identity(READ | under("IpAddress", "aws:SourceIp", "10.0.0.0/24")),
    "Private NotIpAddress": identity(
        READ | {"Effect": "Deny"} | under("NotIpAddress", "aws:SourceIp", "192.168.0.0/16")
    ),
    "Role trust policy syntax error notprincipal": trust(
        {"Action": "sts:AssumeRole", "NotPrincipal": TRUST["Principal"]}
    ),
    "Role trust policy syntax error resource": trust(TRUST | {"Resource": "*"}),
    "Role trust policy unsupported wildcard in principal": trust(
        TRUST | {"Principal": {"AWS": "arn:aws:iam::111122223333:user/*"}}
    ),
    "Type mismatch IP range": identity(READ | under("IpAddress", "aws:SourceIp", "300.1.2.3/24")),
    "Unique Sids required": identity(READ | {"Sid": "A"}, READ | {"Sid": "A"}),
    "Unsupported action for condition key": identity(READ | under("StringLike", "s3:prefix", "u/*")),
    "Unsupported action in policy": trust(TRUST | {"Action": "s3:GetObject"}),
    "Unsupported element combination": identity(READ | {"NotResource": "arn:aws:s3:::b/y/*"}),
    "Unsupported global condition key": identity(
        READ | under("ArnEquals", "aws:ARN", "arn:aws:iam::111122223333:user/u")
    ),
    "Unsupported principal": identity(READ | NAMED),
    "Unsupported resource ARN in policy": bucket(READ | NAMED | {"Resource": "arn:aws:sqs:eu-west-1:111122223333:q"}),
    "Unsupported Sid": identity(READ | {"Sid": "a b"}),
    "Unsupported space in variable": identity(READ | {"Resource": "arn:aws:s3:::b/${aws: username}/*"}),
    "Unsupported wildcard in principal": bucket(READ | {"Principal": {"AWS": "arn:aws:iam::111122223333:user/*"}}),
    "Empty variable": identity(READ | {"Resource": "arn:aws:s3:::b/${}/*"}),
    "Variable unsupported in element": identity(READ | {"Action": "s3:${aws:username}"}),
    "Variable unsupported in version": identity(
        READ | {"Resource": "arn:aws:s3:::b/${aws:username}/*"}, version="2008-10-17"
    ),
    "Variable before the fifth colon": identity(SEND | {"Resource": "arn:aws:sqs:*:${aws:PrincipalAccount}:q"}),
    "Missing action for condition key": trust(TRUST | {"Condition": {"StringEquals": {"sts:SourceIdentity": "bob"}}}),
    "Unsupported condition key for service principal": trust(
        TRUST
        | {"Principal": {"Service": "ec2.amazonaws.com"}}
        | under("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5")
    ),
    "Missing action for roles anywhere trust policy": trust(
        TRUST | {"Principal": {"Service": "rolesanywhere.amazonaws.com"}}
    ),
    "Federated principal not supported": bucket(
        READ | {"Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/p"}}
    ),
    "Policy size exceeds identity policy quota": managed(
        *[READ | {"Resource": f"arn:aws:s3:::b/{i:0200}/*"} for i in range(40)]
    ),
    "Invalid principal format, of a group": trust(TRUST | {"Principal": {"AWS": "arn:aws:iam::111122223333:group/g"}}),
    "Invalid Region, of EC2": identity(
        {"Action": "ec2:StartInstances", "Resource": "*"} | under("StringEquals", "ec2:Region", "europe")
    ),
    "Invalid vpce format, of its characters": identity(READ | under("StringLike", "aws:SourceVpce", "vpce-a_b")),
    "Variable of a multivalued key": identity(READ | {"Resource": "arn:aws:s3:::b/${aws:TagKeys}/*"}),
    "Variable in a principal": bucket(READ | {"Principal": {"AWS": "arn:aws:iam::111122223333:user/${aws:username}"}}),
    "Invalid KMS key value": identity(
        {"Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/x/*"}
        | under("StringEquals", "s3:x-amz-server-side-encryption-aws-kms-key-id", "12345")
    ),
}
# The kinds of policies that templates of these resources don't have: SCPs, RCPs and VPC endpoint policies. A template
# has no JSON syntax errors, and AWS's own policies have short ARNs ("Missing ARN field"), which AWS completes.
NOT_FOUND: dict[str, dict[str, Any]] = {
    "Invalid ARN Region, in the right form": identity(SEND | {"Resource": "arn:aws:sqs:eu-south-9:111122223333:q"}),
    "Invalid Region, in the right form": identity(READ | under("StringEquals", "aws:RequestedRegion", "eu-south-9")),
    "Unsupported action in policy, of another service": resource(
        "AWS::SNS::TopicPolicy", PolicyDocument=document(NAMED | SEND | {"Resource": "*"})
    ),
    "Invalid service principal format, of no service": trust(
        TRUST | {"Principal": {"Service": "nothing.amazonaws.com"}}
    ),
    "Missing ARN field, which AWS completes": identity(SEND | {"Resource": "arn:aws:sqs:*"}),
}


@pytest.mark.parametrize("check", FOUND)
def test_finds_an_error_of_access_analyzer(check: str) -> None:
    """By Grammar, or by a rule of its own."""
    assert lint(FOUND[check])


@pytest.mark.parametrize("check", NOT_FOUND)
def test_doesnt_find_what_the_documentation_names(check: str) -> None:
    """docs/lint.md lists these; if one is found, the page must change."""
    assert lint(NOT_FOUND[check]) == ()


@pytest.mark.parametrize(
    "statement",
    [
        READ | under("StringEquals", "aws:SourceVpce", "vpce-0a1b2c3d"),
        READ | under("StringLike", "aws:SourceVpc", "*"),
        READ | under("Bool", "aws:SecureTransport", "true"),
        READ | under("IpAddress", "aws:SourceIp", "10.0.0.0/8", "203.0.113.0/24"),
        READ | under("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8"),
        READ | under("StringEquals", "aws:RequestedRegion", "us-gov-west-1", "eusc-de-east-1", "cn-north-1"),
        TAG | under("ForAnyValue:StringEquals", "aws:TagKeys", "a"),
        TAG | {"Effect": "Deny"} | under("Null", "aws:TagKeys", "true"),
        READ | under("ArnLike", "aws:PrincipalArn", "arn:aws:iam::${aws:PrincipalAccount}:role/x"),
        SEND | {"Resource": "arn:aws:sqs:us-iso-east-1:111122223333:${aws:username}"},
        READ | under("StringEquals", "aws:PrincipalTag/team", "${aws:PrincipalTag/team}"),
        READ | {"Action": "s3:Ge?Object"},
        READ | under("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/*"),
    ],
)
def test_accepts_the_right_form(statement: dict[str, Any]) -> None:
    """The same elements as AWS accepts them."""
    assert lint(identity(statement)) == ()
