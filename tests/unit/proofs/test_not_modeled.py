"""What the proofs don't model: each line of "What isn't modeled" in docs/proofs.md, with cases of it."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from temp_access.cfn.assembly import Assembly
from temp_access.policies.access_modes import ACCESS_MODES
from temp_access.proofs import Claim, ClaimStatus, prove_session_policy
from temp_access.proofs.claim import downgrade
from temp_access.proofs.custom_policy import read_custom_policy
from temp_access.proofs.templates import unmodeled_resources
from tests.unit.support.proving import Change, add_statement, change_templates, decide_claims, example
from tests.unit.support.synthesis import ACCESS

PAGE = (Path(__file__).parents[3] / "docs" / "proofs.md").read_text(encoding="utf-8")
PROVED, REFUTED, UNKNOWN = ClaimStatus.PROVED, ClaimStatus.REFUTED, ClaimStatus.UNKNOWN
ROLE, OTHERS = "no new access: the role", "no new access: any other caller"
BYPASS = "no bypass: the bucket policy"
BUCKET = "arn:aws:s3:::the-bucket-of-the-folders"
Properties = dict[str, Any]
Statement = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A claim about templates, what becomes of it, and a part of its note."""

    claim: str
    status: ClaimStatus
    note: str
    head: Callable[[], Assembly]
    base: Callable[[], Assembly] = change_templates

    def decide(self) -> Claim:
        """Return the claim, with what isn't read in the templates."""
        head = self.head()
        base = self.base() if self.claim.startswith("no new") else None
        (claim,) = decide_claims(self.claim, assembly=head, base=base).values()
        unread = ", ".join(unmodeled_resources(example()[0], head))
        return downgrade(claim, f"not modeled: {unread}") if unread else claim


def in_role(*statements: Statement) -> Callable[[], Assembly]:
    """Return a function that adds statements to the role's policy."""

    def change(properties: Properties) -> None:
        document = properties["Policies"][0]["PolicyDocument"]
        document["Statement"] += [{"Effect": "Allow", "Action": "sqs:SendMessage", **each} for each in statements]

    return lambda: change_templates(role=change)


def on_queues(**condition: Any) -> Callable[[], Assembly]:
    """Return a function that lets the role send messages under a condition."""
    return in_role({"Resource": "*", "Condition": condition})


def in_bucket_policy(principal: Any, **more: Any) -> Callable[[], Assembly]:
    """Return a function that lets a principal read the bucket."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": f"{BUCKET}/*", **more}
    return lambda: change_templates(bucket=add_statement(statement))


def with_role(change: Change) -> Callable[[], Assembly]:
    """Return a function that changes the role."""
    return lambda: change_templates(role=change)


def trusting(action: str, **condition: Any) -> Callable[[], Assembly]:
    """Return a function that lets another account call an action on the role."""
    statement = {"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": action, "Condition": condition}
    return with_role(add_statement(statement, "AssumeRolePolicyDocument"))


def with_resource(kind: str, **properties: Any) -> Callable[[], Assembly]:
    """Return a function that adds a resource to the stack of the role."""

    def make() -> Assembly:
        assembly = change_templates()
        assembly.templates[ACCESS]["Resources"]["Added"] = {"Type": kind, "Properties": properties}
        return assembly

    return make


ANY_TAG = {"StringEquals": {"aws:PrincipalTag/team": "blue"}}
QUEUE_POLICY = {"PolicyDocument": {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sqs:*"}}}
# By the beginning of the line.
CASES: dict[str, list[Case]] = {
    "What stops a call outside": [Case(BYPASS, REFUTED, "", in_bucket_policy("*"))],
    "What could grant access and isn't read": [
        Case(BYPASS, UNKNOWN, "AWS::S3::AccessPoint", with_resource("AWS::S3::AccessPoint", Bucket="b")),
        Case(BYPASS, UNKNOWN, "AWS::SQS::QueuePolicy", with_resource("AWS::SQS::QueuePolicy", **QUEUE_POLICY)),
        Case(BYPASS, PROVED, "", with_resource("AWS::IAM::AccessKey", UserName="temp-user")),
    ],
    "What can't be read in a policy": [
        Case(ROLE, UNKNOWN, "unknown condition operator", on_queues(StringFoo={"aws:UserAgent": "x"})),
        Case(ROLE, PROVED, "", *[on_queues(StringFoo={"aws:UserAgent": "x"})] * 2),
    ],
    "A principal that is named by its id": [
        Case(OTHERS, UNKNOWN, "AIDAEXAMPLEEXAMPLE123", in_bucket_policy({"AWS": "AIDAEXAMPLEEXAMPLE123"})),
        Case(
            OTHERS,
            UNKNOWN,
            "every identity provider",
            with_role(
                add_statement(
                    {"Effect": "Allow", "Principal": {"Federated": "*"}, "Action": "sts:*"}, "AssumeRolePolicyDocument"
                )
            ),
        ),
    ],
    "An identity provider that a bucket policy": [
        Case(
            OTHERS,
            UNKNOWN,
            "saml-provider/x",
            in_bucket_policy({"Federated": "arn:aws:iam::999988887777:saml-provider/x"}),
        )
    ],
    "A managed policy whose document": [
        Case(
            ROLE,
            UNKNOWN,
            "policy/Mine",
            with_role(lambda p: p.update(ManagedPolicyArns=["arn:aws:iam::444455556666:policy/Mine"])),
        )
    ],
    "Conditions on keys that can have several values": [
        Case(
            ROLE,
            UNKNOWN,
            "aws:tagkeys",
            on_queues(**{"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}),
            on_queues(**{"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}),
        ),
        Case(
            ROLE,
            UNKNOWN,
            "nobody:knows",
            on_queues(StringEquals={"nobody:knows": "a"}),
            on_queues(StringEquals={"nobody:knows": ["a", "b"]}),
        ),
    ],
    "The operators `BinaryEquals`": [
        Case(
            ROLE,
            UNKNOWN,
            "stringequalsignorecase",
            on_queues(StringEqualsIgnoreCase={"aws:PrincipalTag/a": "${aws:PrincipalTag/b}"}),
            on_queues(StringEqualsIgnoreCase={"aws:PrincipalTag/a": ["${aws:PrincipalTag/b}", "x"]}),
        )
    ],
    "A key that is compared as text": [
        Case(
            ROLE,
            UNKNOWN,
            "as text and in order",
            on_queues(StringLike={"aws:SourceIp": "203.0.113.*"}),
            on_queues(IpAddress={"aws:SourceIp": "203.0.113.0/24"}),
        )
    ],
    "A `?` in a pattern": [
        Case(ROLE, UNKNOWN, "`?` in a pattern", in_role({"Resource": "arn:aws:sqs:::${aws:PrincipalTag/a}?"}))
    ],
    "The policies of KMS keys": [
        Case(ROLE, UNKNOWN, "the key policy", in_role({"Action": "kms:Decrypt", "Resource": "arn:aws:kms:*:*:key/*"}))
    ],
    "Tags of the user, the role": [Case(ROLE, REFUTED, "", on_queues(**ANY_TAG))],
    "What the trust policy asks": [
        Case(ROLE, REFUTED, "", on_queues(StringLike={"aws:userid": "*:mallory"})),
    ],
    "Which condition keys an action carries": [
        Case(ROLE, REFUTED, "", on_queues(StringEquals={"s3:x-amz-acl": "private"})),
        Case(ROLE, PROVED, "", on_queues(StringEquals={"s3:prefix": "x"})),
    ],
    "Characters beyond U+2FFFF": [
        Case(OTHERS, UNKNOWN, "a character that isn't modeled", in_bucket_policy("*", Resource=f"{BUCKET}/\U00030000")),
        Case(OTHERS, REFUTED, "", in_bucket_policy("*", Resource=f"{BUCKET}/{'k' * 1025}")),
    ],
    "Requests that AWS authorizes as several actions": [Case(OTHERS, REFUTED, "", trusting("sts:TagSession"))],
    "For *no new access*: the longest": [
        Case(ROLE, PROVED, "", with_role(lambda p: p.update(MaxSessionDuration=43200)))
    ],
}
OF_SESSION_POLICIES = "A folder in an action"
FOLDER_CASES: list[tuple[Statement, str]] = [
    ({"Action": "s3:Put$id", "Resource": "arn:aws:s3:::test/*"}, "isn't '*' or service:action"),
    (
        {"Resource": "arn:aws:s3:::test/*", "Condition": {"StringEquals": {"aws:PrincipalTag/$id": "a"}}},
        "the folder in the condition key",
    ),
    ({"Resource": "arn:aws:s3:::test/$$id/*"}, "in a form that isn't modeled"),
    (
        {"Resource": "arn:aws:s3:::test/*", "Condition": {"ForAllValues:StringLike": {"aws:TagKeys": "$id"}}},
        "the folder in a condition",
    ),
]


def test_each_line_has_a_case() -> None:
    """The page is as complete as the cases."""
    section = re.split(r"\n## ", PAGE.partition("## What isn't modeled\n")[2])[0]
    lines = re.findall(r"^- (.*)", section, re.MULTILINE)
    beginnings = [*CASES, OF_SESSION_POLICIES]

    assert [line for line in lines if sum(line.startswith(each) for each in beginnings) != 1] == []
    assert [each for each in beginnings if sum(line.startswith(each) for line in lines) != 1] == []


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{line} {number}") for line in CASES for number, case in enumerate(CASES[line])]
)
def test_what_becomes_of_a_claim(case: Case) -> None:
    """If it is modeled one day, the page must change."""
    claim = case.decide()

    assert (claim.status, case.note in claim.note) == (case.status, True), claim.note


@pytest.mark.parametrize(("statement", "note"), FOLDER_CASES)
def test_a_folder_that_isnt_followed(tmp_path: Path, statement: Statement, note: str) -> None:
    """The claim is unknown and says where the folder is."""
    file = tmp_path / "policy.json"
    body = {"Effect": "Allow", "Action": "s3:PutObject", **statement}
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": [body]}), encoding="utf-8")

    claims = prove_session_policy(*example(), read_custom_policy(file), ACCESS_MODES["read"])

    claim = next(claim for claim in claims if claim.name.startswith("mode"))
    assert (claim.status, note in claim.note) == (UNKNOWN, True), claim.note
