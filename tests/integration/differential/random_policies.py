"""Random valid policies with the few users, roles, keys and prefixes that the calls use."""

from collections.abc import Callable
from typing import Any

from tests.integration.differential.names import ACCOUNT, OTHER_ACCOUNT, OTHER_USER, Names
from tests.integration.differential.random_choice import RandomChoice
from tests.integration.differential.random_conditions import Condition, ConditionFactory

Document = dict[str, Any]
_READ_ACTIONS = (
    "s3:Get*",
    "S3:getobject",
    "s3:GetObject",
    "s3:GetObjec?",
    "s3:List*",
    "s3:ListBucket",
    "s3:GetBucketLocation",
)
_ACTIONS = (*_READ_ACTIONS, "*", "s3:*", "s3:Put*", "s3:PutObject", "s3:DeleteObject", "s3:*Object*")
_OTHER_ACTIONS = ("iam:Get*", "iam:GetRole", "sts:*", "sts:AssumeRole", "ec2:*")
_PATHS = ("*", "bob/*", "bob*", "bob/?", "b?b/*", "*/x", "bob/${*}/*", "bob/${*}/x", "alice/a${?}b", "alice/a?b")
_VARIABLES = ("u${$}er/*", "${aws:username}/*", "${aws:PrincipalTag/team}/*", "${aws:PrincipalTag/none}/*")
_FURTHER_PATHS = ("${aws:PrincipalTag/none, 'bob'}/*", "${s3:prefix}*", "BOB/*")


class PolicyFactory:
    """Creates random policies with these names."""

    def __init__(self, choice: RandomChoice, names: Names) -> None:
        self._choice = choice
        self._names = names
        self._conditions = ConditionFactory(choice, names)

    def identity_policy(self) -> Document:
        """Return an identity, session or boundary policy.

        Half of them allow everything, so that the other policies decide.
        """
        statements = [self._statement() for _ in range(self._choice.integer(1, 3))]
        allow_all = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        return self._document([allow_all, *statements] if self._choice.chance(0.5) else statements)

    def bucket_policy(self) -> Document:
        """Return a bucket policy."""
        return self._document([self._bucket_statement() for _ in range(self._choice.integer(1, 3))])

    def trust_policy(self) -> Document:
        """Return a trust policy."""
        actions = ["sts:AssumeRole", "sts:TagSession"]
        base = {"Effect": "Allow", "Principal": {"AWS": self._names.user_arn}, "Action": actions}
        statements = [self._trust_statement() for _ in range(self._choice.integer(1, 2))]
        return self._document([base, *statements] if self._choice.chance(0.3) else statements)

    def _document(self, statements: list[Document]) -> Document:
        version = self._choice.one_of(*["2012-10-17"] * 8, "2008-10-17", None)
        shuffled = self._choice.shuffled(statements)
        document: Document = {"Statement": shuffled[0] if len(shuffled) == 1 else shuffled}
        return {"Version": version, **document} if version else document

    def _statement(self) -> Document:
        bucket, paths = self._names.bucket_arn, self._paths()
        arns = ("*", "*", bucket, bucket, f"{bucket}*", "arn:aws:s3:::*", "arn:aws:s3:::*/x", "arn:*:s3:::*")
        iam_arns = ("arn:aws:iam::*:user/*", self._names.role_arn, f"arn:aws:iam::{ACCOUNT}:role/*")
        return self._with_conditions(self._elements((*arns, *iam_arns, *paths)), self._conditions.call_condition)

    def _bucket_statement(self) -> Document:
        bucket = self._names.bucket_arn
        statement = self._elements((bucket, bucket, f"{bucket}*", *self._paths()))
        negated = statement["Effect"] == "Deny" and self._choice.chance(0.3)
        statement["NotPrincipal" if negated else "Principal"] = self._principal(everyone=not negated)
        return self._with_conditions(statement, self._conditions.call_condition)

    def _trust_statement(self) -> Document:
        statement: Document = {
            "Effect": self._choice.one_of("Allow", "Allow", "Allow", "Deny"),
            "Principal": self._principal(everyone=True),
            "Action": self._choice.one_of(
                "sts:AssumeRole", "sts:*", ["sts:AssumeRole", "sts:SetSourceIdentity"], "STS:A*"
            ),
        }
        return self._with_conditions(statement, self._conditions.trust_condition)

    def _elements(self, resources: tuple[str, ...]) -> Document:
        return {
            "Effect": self._choice.one_of("Allow", "Allow", "Deny"),
            self._choice.one_of("Action", "Action", "Action", "NotAction"): self._choice.one_or_more(
                _ACTIONS + _OTHER_ACTIONS
            ),
            self._choice.one_of("Resource", "Resource", "Resource", "NotResource"): self._choice.one_or_more(resources),
        }

    def _with_conditions(self, statement: Document, condition: Callable[[], Condition]) -> Document:
        conditions: dict[str, dict[str, Any]] = {}
        for _ in range(self._choice.one_of(0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2)):
            operator, key, values = condition()
            conditions.setdefault(operator, {})[key] = values
        return {**statement, "Condition": conditions} if conditions else statement

    def _paths(self) -> tuple[str, ...]:
        return tuple(f"{self._names.bucket_arn}/{path}" for path in _PATHS + _VARIABLES + _FURTHER_PATHS)

    def _principal(self, *, everyone: bool) -> Any:
        if everyone and self._choice.chance(0.3):
            return self._choice.one_of("*", {"AWS": "*"})
        caller_arns = (self._names.user_arn, self._names.role_arn, self._names.session_arn)
        return {
            "AWS": self._choice.one_or_more(
                (*caller_arns, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", OTHER_USER, OTHER_ACCOUNT)
            )
        }
