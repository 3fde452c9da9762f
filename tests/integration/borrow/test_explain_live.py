"""`temp-access explain -` on what really comes back: from the local AWS, and for what it can't say, AWS's words."""

import json

import pytest

from tests.integration.borrow.person import Person
from tests.integration.deploy.project import Project

pytestmark = pytest.mark.integration
_HEAD = """
import boto3, json, os
from botocore.config import Config
sts = boto3.client("sts", config=Config(parameter_validation=False, retries={"total_max_attempts": 1}))
s3, iam = boto3.client("s3"), boto3.client("iam")
role = iam.get_role(RoleName="temp-role")["Role"]
bucket = {tag["Key"]: tag["Value"] for tag in role["Tags"]}["temp-access:bucket"]
unknown = {"aws_access_key_id": "AKIA" + 16 * "Q", "aws_secret_access_key": 40 * "x"}
mistaken = {**unknown, "aws_access_key_id": os.environ["AWS_ACCESS_KEY_ID"]}
def assume(**more):
    return sts.assume_role(**{"RoleArn": role["Arn"], "RoleSessionName": "explained", **more})
def session(**more):
    keys = assume(**more)["Credentials"]
    return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
"""
_POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}
)
# code: the call that really draws it, and words that the first cause must have.
DRAWN = {
    "AccessDenied, a stranger": (
        "session().client('sts').assume_role(RoleArn=role['Arn'], RoleSessionName='again')",
        "role's session",
    ),
    "AccessDenied, no such role": ("assume(RoleArn=role['Arn'] + '-missing')", "trust"),
    "AccessDenied, outside": (f"session(Policy={_POLICY!r}).client('s3').list_objects_v2(Bucket=bucket)", "prefix"),
    "ValidationError, under 15m": ("assume(DurationSeconds=899)", "900"),
    "ValidationError, over the maximum": ("assume(DurationSeconds=43201)", "43200"),
    "ValidationError, chained": (
        "boto3.client('sts', **{f'aws_{n}': v for n, v in zip(('access_key_id', 'secret_access_key', 'session_token'),"
        " list(sts.get_session_token()['Credentials'].values())[:3])})"
        ".assume_role(RoleArn=role['Arn'], RoleSessionName='chained', DurationSeconds=7200)",
        "hour",
    ),
    "ValidationError, name": ("assume(RoleSessionName='a b')", "name"),
    "MalformedPolicyDocument, not JSON": ("assume(Policy='{')", "JSON"),
    "MalformedPolicyDocument, Principal": (
        "assume(Policy=json.dumps({'Version': '2012-10-17', 'Statement':"
        " {'Effect': 'Allow', 'Principal': '*', 'Action': 's3:*', 'Resource': '*'}}))",
        "Principal",
    ),
    "InvalidClientTokenId": (
        "boto3.client('sts', **unknown).get_caller_identity()",
        "key",
    ),
    "InvalidAccessKeyId": (
        "boto3.client('s3', **unknown).list_buckets()",
        "key",
    ),
    "SignatureDoesNotMatch": (
        "boto3.client('sts', **mistaken).get_caller_identity()",
        "secret",
    ),
    "NoSuchKey": ("session().client('s3').get_object(Bucket=bucket, Key='bob/nothing')", "key"),
}
# What the local AWS never says: the messages as AWS words them.
WORDED = {
    "RegionDisabledException": "STS is not activated in this region for account:123456789012.",
    "PackedPolicyTooLarge": "Packed policy consumes 112% of allotted space, please use smaller policy.",
    "ExpiredToken": "The security token included in the request is expired",
    "ExpiredTokenException": "The security token included in the request is expired",
    "Throttling": "Rate exceeded",
    "RequestLimitExceeded": "Request limit exceeded.",
    "LimitExceeded": "Cannot exceed quota for RolesPerAccount: 1000",
    "EntityAlreadyExists": "User with name temp-user already exists.",
    "NoSuchEntity": "The role with name temp-role cannot be found.",
    "RequestTimeTooSkewed": "The difference between the request time and the current time is too large.",
}


@pytest.fixture(scope="module")
def drawn(lent: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each call of DRAWN ends with, all made by one process."""
    calls = [
        f"try:\n    {call}\nexcept Exception as error:\n    drawn[{case!r}] = str(error)\n"
        for case, (call, _) in DRAWN.items()
    ]
    code = "\n".join([_HEAD, "drawn = {}", *calls, "print(json.dumps(drawn))"])
    ended = Person(lent, tmp_path_factory.mktemp("drawing")).python(code)
    assert ended.code == 0, ended.output
    errors: dict[str, str] = json.loads(ended.out)
    return errors


@pytest.mark.parametrize("case", DRAWN)
def test_explains_a_real_error(person: Person, drawn: dict[str, str], case: str) -> None:
    """The error comes from the local AWS through boto3, and the likeliest cause is first."""
    _, words = DRAWN[case]
    code = case.partition(",")[0]
    assert code in drawn[case]

    ended = person.run("sh", "-c", 'printf %s "$DRAWN" | temp-access explain -', env={"DRAWN": f"{drawn[case]}\n"})

    assert (ended.code, ended.out.startswith(code)) == (0, True), ended.output
    first = ended.out.partition("\n1. ")[2].partition("\n\n2. ")[0]
    assert words in first, ended.out


@pytest.mark.parametrize("code", WORDED)
def test_explains_errors_that_the_local_aws_never_returns(person: Person, code: str) -> None:
    """In boto3's form."""
    text = f"An error occurred ({code}) when calling the AssumeRole operation: {WORDED[code]}"

    ended = person.run("sh", "-c", 'printf %s "$DRAWN" | temp-access explain -', env={"DRAWN": text})

    assert (ended.code, "fix: " in ended.out) == (0, True), ended.output
    asked = person.run("temp-access", "explain", code)
    assert ended.out.partition("\n")[0] == asked.out.partition("\n")[0]


def test_a_failing_command_prints_the_explanation(person: Person) -> None:
    """Nobody has to paste the message."""
    ended = person.temp_access(
        "credentials", "bob", "--no-cache", "--role-arn", "arn:aws:iam::123456789012:role/none", "--bucket", "none"
    )

    assert ended.code == 1, ended.output
    assert "fix: " in ended.err
    assert "temp-access explain AccessDenied" in ended.err
