"""Random policies: well-formed, and about the few users, roles, keys and prefixes that the calls use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

ACCOUNT = "123456789012"
Body = dict[str, Any]
SOMEONE = "someone"
KEYS = ("bob/x", "bob/*/x", "bob", "bobby/x", "alice/a?b", "team-a/x", "u$er/x", "Bob/x")
PREFIXES = (None, "", "bob", "bob/", "bob/x", "bobby/", "team-a/", "bob/*/", "Bob/")
ACTIONS = (
    "*",
    "s3:*",
    "s3:Get*",
    "S3:getobject",
    "s3:GetObject",
    "s3:GetObjec?",
    "s3:Put*",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:List*",
    "s3:ListBucket",
    "s3:GetBucketLocation",
    "s3:*Object*",
    "iam:Get*",
    "iam:GetRole",
    "sts:*",
    "sts:AssumeRole",
    "ec2:*",
)
PATHS = (
    "*",
    "bob/*",
    "bob*",
    "bob/?",
    "b?b/*",
    "*/x",
    "bob/${*}/*",
    "bob/${*}/x",
    "alice/a${?}b",
    "alice/a?b",
    "u${$}er/*",
    "${aws:username}/*",
    "${aws:PrincipalTag/team}/*",
    "${aws:PrincipalTag/none}/*",
    "${aws:PrincipalTag/none, 'bob'}/*",
    "${s3:prefix}*",
    "BOB/*",
)
TEXTS = ("bob/", "bob/*", "bob*", "*", "?ob/", "bob/${*}/*", "${aws:username}", "${aws:PrincipalTag/team}/*", "", "BOB/")
TEXTS += ("${aws:PrincipalTag/none}*", "${aws:PrincipalTag/none, 'bob'}/*", "team-?/", "u${$}er/")


@dataclass(frozen=True)
class Names:
    """Whom and what the policies of one world are about."""

    bucket: str
    user: str
    role: str
    session: str

    @property
    def user_arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT}:user/{self.user}"

    @property
    def role_arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT}:role/{self.role}"

    @property
    def session_arn(self) -> str:
        return f"arn:aws:sts::{ACCOUNT}:assumed-role/{self.role}/{self.session}"

    @property
    def bucket_arn(self) -> str:
        return f"arn:aws:s3:::{self.bucket}"


class Maker:
    """Makes policies with one source of randomness."""

    def __init__(self, random: Random, names: Names) -> None:
        self._random = random
        self._names = names

    def identity(self) -> Body:
        """An identity, session or boundary policy; most of them allow S3 in general, so that the others matter."""
        base = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        own = [self._statement() for _ in range(self._random.randint(1, 3))]
        return self._document([base, *own] if self._random.random() < 0.5 else own)

    def of_bucket(self) -> Body:
        """A bucket policy."""
        return self._document([self._statement(principal=True) for _ in range(self._random.randint(1, 3))])

    def trust(self) -> Body:
        """A trust policy."""
        base = {"Effect": "Allow", "Principal": {"AWS": self._names.user_arn}, "Action": "sts:AssumeRole"}
        statements = [self._trust_statement() for _ in range(self._random.randint(1, 2))]
        return self._document([base, *statements] if self._random.random() < 0.3 else statements)

    def _document(self, statements: list[Body]) -> Body:
        self._random.shuffle(statements)
        version = self._random.choices(("2012-10-17", "2008-10-17", None), (8, 1, 1))[0]
        body: Body = {"Statement": statements[0] if len(statements) == 1 else statements}
        return {"Version": version, **body} if version else body

    def _statement(self, *, principal: bool = False) -> Body:
        statement: Body = {
            "Effect": self._pick("Allow", "Allow", "Deny"),
            self._pick("Action", "Action", "Action", "NotAction"): self._some(ACTIONS),
            self._pick("Resource", "Resource", "Resource", "NotResource"): self._some(self._resources(principal)),
        }
        if principal:
            negated = statement["Effect"] == "Deny" and self._random.random() < 0.3
            statement["NotPrincipal" if negated else "Principal"] = self._principal(everyone=not negated)
        return self._conditioned(statement, self._s3_condition)

    def _trust_statement(self) -> Body:
        statement: Body = {
            "Effect": self._pick("Allow", "Allow", "Allow", "Deny"),
            "Principal": self._principal(everyone=True),
            "Action": self._pick("sts:AssumeRole", "sts:*", ["sts:AssumeRole", "sts:SetSourceIdentity"], "*"),
        }
        return self._conditioned(statement, self._trust_condition)

    def _conditioned(self, statement: Body, condition: Callable[[], tuple[str, str, Any]]) -> Body:
        block: dict[str, dict[str, Any]] = {}
        for _ in range(self._random.choices((0, 1, 2), (5, 4, 2))[0]):
            operator, key, values = condition()
            block.setdefault(operator, {})[key] = values
        return {**statement, "Condition": block} if block else statement

    def _resources(self, of_bucket: bool) -> tuple[str, ...]:
        bucket = self._names.bucket_arn
        own = tuple(f"{bucket}/{path}" for path in PATHS)
        if of_bucket:
            return (bucket, bucket, f"{bucket}*", *own)
        others = ("*", "*", bucket, bucket, f"{bucket}*", "arn:aws:s3:::*", "arn:aws:s3:::*/x", "arn:aws:iam::*:user/*")
        return (*others, "arn:*:s3:::*", self._names.role_arn, f"arn:aws:iam::{ACCOUNT}:role/*", *own)

    def _principal(self, *, everyone: bool) -> Any:
        names = self._names
        some = [names.user_arn, names.role_arn, names.session_arn, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root"]
        some += [f"arn:aws:iam::{ACCOUNT}:user/{SOMEONE}", "444455556666"]
        picked = self._random.sample(some, self._random.randint(1, 3))
        if everyone and self._random.random() < 0.3:
            return self._pick("*", {"AWS": "*"})
        return {"AWS": picked if len(picked) > 1 else picked[0]}

    def _s3_condition(self) -> tuple[str, str, Any]:
        kind = self._random.choices((self._text, self._number, self._arn, self._other, self._null), (6, 2, 2, 4, 1))[0]
        return kind()

    def _text(self) -> tuple[str, str, Any]:
        key = self._pick("s3:prefix", "S3:Prefix", "s3:delimiter", "aws:username", "aws:PrincipalTag/team", "aws:None")
        operator = self._pick(
            "StringEquals",
            "StringNotEquals",
            "StringLike",
            "StringNotLike",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
        )
        return self._quantified(operator), key, self._some(TEXTS)

    def _number(self) -> tuple[str, str, Any]:
        relation = self._pick("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
        return self._if_exists(f"Numeric{relation}"), "s3:max-keys", self._some(("0", "1", "10", "1000"))

    def _arn(self) -> tuple[str, str, Any]:
        names = self._names
        values = (names.user_arn, names.role_arn, names.session_arn, f"arn:aws:iam::{ACCOUNT}:*", "arn:aws:iam::*:user/*")
        values += ("*", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}", f"arn:aws:*::{ACCOUNT}:role/*")
        operator = self._pick("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "StringLike", "StringNotEquals")
        return self._if_exists(operator), "aws:PrincipalArn", self._some(values)

    def _other(self) -> tuple[str, str, Any]:
        operator, key, values = self._random.choice(
            [
                ("Bool", "aws:SecureTransport", ("true", "false", "True")),
                ("Bool", "aws:MultiFactorAuthPresent", ("true", "false")),
                ("IpAddress", "aws:SourceIp", ("127.0.0.1", "127.0.0.0/8", "10.0.0.0/8", "0.0.0.0/0", "::1/128")),
                ("NotIpAddress", "aws:SourceIp", ("127.0.0.1", "127.0.0.0/8", "10.0.0.0/8", "::1/128")),
                ("DateGreaterThan", "aws:CurrentTime", ("2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "2021")),
                ("DateLessThan", "aws:CurrentTime", ("2020-01-01", "2099-01-01T00:00:00+02:00", "4070908800")),
                ("DateLessThan", "aws:TokenIssueTime", ("2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z")),
                ("NumericGreaterThan", "aws:EpochTime", ("1577836800", "4070908800")),
                ("StringEquals", "aws:PrincipalAccount", (ACCOUNT, "444455556666")),
                ("StringEquals", "aws:PrincipalType", ("User", "AssumedRole", "user")),
                ("StringEquals", "aws:ResourceAccount", (ACCOUNT, "444455556666")),
                ("StringEquals", "aws:RequestedRegion", ("us-east-1", "eu-west-1")),
                ("StringLike", "aws:userid", ("AIDA*", "AROA*", f"*:{self._names.session}")),
            ]
        )
        return self._if_exists(operator), key, self._some(values)

    def _null(self) -> tuple[str, str, Any]:
        key = self._pick("s3:prefix", "s3:max-keys", "aws:username", "aws:PrincipalTag/none", "aws:TokenIssueTime")
        return "Null", key, self._pick("true", "false", True, False)

    def _trust_condition(self) -> tuple[str, str, Any]:
        key, values = self._random.choice(
            [
                ("sts:ExternalId", ("a", "a*", "ab*c", "a${*}", "")),
                ("sts:RoleSessionName", ("bob", "b*", "${aws:username}", "*-${aws:username}", "?ob")),
                ("sts:SourceIdentity", ("bob", "b*", "${aws:username}")),
                ("aws:PrincipalTag/team", ("team-a", "team-b", "team-?")),
                ("aws:username", (self._names.user, "bob", "*")),
            ]
        )
        operator = self._pick("StringEquals", "StringLike", "StringNotEquals", "StringNotLike", "StringEqualsIgnoreCase")
        return self._if_exists(operator), key, self._some(values)

    def _quantified(self, operator: str) -> str:
        prefix = self._random.choices(("", "ForAllValues:", "ForAnyValue:"), (8, 1, 1))[0]
        return prefix + self._if_exists(operator)

    def _if_exists(self, operator: str) -> str:
        return operator + self._random.choices(("", "IfExists"), (4, 1))[0]

    def _some(self, values: tuple[str, ...]) -> Any:
        picked = self._random.sample(values, min(self._random.choices((1, 2, 3), (5, 3, 1))[0], len(values)))
        return picked[0] if len(picked) == 1 else picked

    def _pick(self, *values: Any) -> Any:
        return self._random.choice(values)
