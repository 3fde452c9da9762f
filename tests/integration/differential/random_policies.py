"""Random policies: well-formed, and about the few users, roles, keys and prefixes that the calls use."""

from collections.abc import Callable
from typing import Any

from tests.integration.differential.names import ACCOUNT, ANOTHER, SOMEONE, Names
from tests.integration.differential.random_choice import Choice
from tests.integration.differential.random_conditions import Condition, Conditions

Body = dict[str, Any]
_READING = (
    "s3:Get*",
    "S3:getobject",
    "s3:GetObject",
    "s3:GetObjec?",
    "s3:List*",
    "s3:ListBucket",
    "s3:GetBucketLocation",
)
_ACTIONS = (*_READING, "*", "s3:*", "s3:Put*", "s3:PutObject", "s3:DeleteObject", "s3:*Object*")
_OTHERS = ("iam:Get*", "iam:GetRole", "sts:*", "sts:AssumeRole", "ec2:*")
_PATHS = ("*", "bob/*", "bob*", "bob/?", "b?b/*", "*/x", "bob/${*}/*", "bob/${*}/x", "alice/a${?}b", "alice/a?b")
_VARIABLES = ("u${$}er/*", "${aws:username}/*", "${aws:PrincipalTag/team}/*", "${aws:PrincipalTag/none}/*")
_MORE = ("${aws:PrincipalTag/none, 'bob'}/*", "${s3:prefix}*", "BOB/*")


class Maker:
    """Makes policies about one world."""

    def __init__(self, choice: Choice, names: Names) -> None:
        self._choice = choice
        self._names = names
        self._conditions = Conditions(choice, names)

    def identity(self) -> Body:
        """Return an identity, session or boundary policy; half of them allow all, so that the others matter."""
        own = [self._statement() for _ in range(self._choice.number(1, 3))]
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        return self._document([everything, *own] if self._choice.chance(0.5) else own)

    def of_bucket(self) -> Body:
        """Return a bucket policy."""
        return self._document([self._bucket_statement() for _ in range(self._choice.number(1, 3))])

    def trust(self) -> Body:
        """Return a trust policy."""
        actions = ["sts:AssumeRole", "sts:TagSession"]
        base = {"Effect": "Allow", "Principal": {"AWS": self._names.user_arn}, "Action": actions}
        statements = [self._trust_statement() for _ in range(self._choice.number(1, 2))]
        return self._document([base, *statements] if self._choice.chance(0.3) else statements)

    def _document(self, statements: list[Body]) -> Body:
        version = self._choice.of(*["2012-10-17"] * 8, "2008-10-17", None)
        mixed = self._choice.shuffled(statements)
        body: Body = {"Statement": mixed[0] if len(mixed) == 1 else mixed}
        return {"Version": version, **body} if version else body

    def _statement(self) -> Body:
        bucket, paths = self._names.bucket_arn, self._paths()
        arns = ("*", "*", bucket, bucket, f"{bucket}*", "arn:aws:s3:::*", "arn:aws:s3:::*/x", "arn:*:s3:::*")
        of_iam = ("arn:aws:iam::*:user/*", self._names.role_arn, f"arn:aws:iam::{ACCOUNT}:role/*")
        return self._conditioned(self._elements((*arns, *of_iam, *paths)), self._conditions.of_call)

    def _bucket_statement(self) -> Body:
        bucket = self._names.bucket_arn
        statement = self._elements((bucket, bucket, f"{bucket}*", *self._paths()))
        negated = statement["Effect"] == "Deny" and self._choice.chance(0.3)
        statement["NotPrincipal" if negated else "Principal"] = self._principal(everyone=not negated)
        return self._conditioned(statement, self._conditions.of_call)

    def _trust_statement(self) -> Body:
        statement: Body = {
            "Effect": self._choice.of("Allow", "Allow", "Allow", "Deny"),
            "Principal": self._principal(everyone=True),
            "Action": self._choice.of("sts:AssumeRole", "sts:*", ["sts:AssumeRole", "sts:SetSourceIdentity"], "STS:A*"),
        }
        return self._conditioned(statement, self._conditions.of_trust)

    def _elements(self, resources: tuple[str, ...]) -> Body:
        return {
            "Effect": self._choice.of("Allow", "Allow", "Deny"),
            self._choice.of("Action", "Action", "Action", "NotAction"): self._choice.some(_ACTIONS + _OTHERS),
            self._choice.of("Resource", "Resource", "Resource", "NotResource"): self._choice.some(resources),
        }

    def _conditioned(self, statement: Body, condition: Callable[[], Condition]) -> Body:
        block: dict[str, dict[str, Any]] = {}
        for _ in range(self._choice.of(0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2)):
            operator, key, values = condition()
            block.setdefault(operator, {})[key] = values
        return {**statement, "Condition": block} if block else statement

    def _paths(self) -> tuple[str, ...]:
        return tuple(f"{self._names.bucket_arn}/{path}" for path in _PATHS + _VARIABLES + _MORE)

    def _principal(self, *, everyone: bool) -> Any:
        if everyone and self._choice.chance(0.3):
            return self._choice.of("*", {"AWS": "*"})
        own = (self._names.user_arn, self._names.role_arn, self._names.session_arn)
        return {"AWS": self._choice.some((*own, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", SOMEONE, ANOTHER))}
