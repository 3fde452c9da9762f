"""The requests that claims are about: on objects, on listings, on the bucket, on the role, elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from temp_access.policy.access import LIST_BUCKET
from temp_access.policy.prove.encoder import SymbolicValue
from temp_access.policy.prove.solver import Formula, RegularLanguage, Solver, StringTerm

PREFIX = "s3:prefix"
TLS = "aws:securetransport"
# Each of them takes a prefix: https://docs.aws.amazon.com/AmazonS3/latest/userguide/list_amazons3.html
LISTINGS = (LIST_BUCKET, "s3:ListBucketVersions", "s3:ListBucketMultipartUploads")
# Says nothing of anybody's objects.
HARMLESS = ("s3:GetBucketLocation",)
KNOWN = (
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:GetBucketPolicy",
    "s3:PutBucketPolicy",
    *LISTINGS,
    "iam:PutRolePolicy",
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
)


@dataclass(frozen=True)
class SymbolicRequest:
    """The texts of one request, the rules for them, and the condition keys that it has in any case.

    `names` are the texts that a witness tells besides action and resource. `anywhere`: the resource can be
    of any account, and so can `aws:ResourceAccount`.
    """

    action: StringTerm
    resource: StringTerm
    rules: tuple[Formula, ...]
    fixed: Mapping[str, SymbolicValue] = field(default_factory=dict)
    names: Mapping[str, StringTerm] = field(default_factory=dict)
    anywhere: bool = False


class RequestBuilder:
    """Makes requests on one bucket."""

    def __init__(self, logic: Solver, bucket_arn: str) -> None:
        self._logic = logic
        self._bucket = logic.text(bucket_arn)
        self._objects = logic.text(f"{bucket_arn}/")

    def object(self, key: StringTerm, actions: tuple[str, ...] = ("s3:*",), *, tls: bool = False) -> SymbolicRequest:
        """Return a request on the object `key`."""
        action, rule = self._action(actions)
        fixed = {PREFIX: self._absent(), **self._tls(tls)}
        return SymbolicRequest(action, self._logic.concat([self._objects, key]), (rule,), fixed, {"key": key})

    def listing(
        self, actions: tuple[str, ...], prefix: StringTerm, present: Formula | None = None, *, tls: bool = False
    ) -> SymbolicRequest:
        """Return a listing with `prefix`, if `present`."""
        action, rule = self._action(actions)
        fixed = {PREFIX: SymbolicValue(self._logic.true if present is None else present, prefix), **self._tls(tls)}
        return SymbolicRequest(action, self._bucket, (rule,), fixed)

    def bucket(self) -> SymbolicRequest:
        """Return a request on the bucket itself that is no listing."""
        action, rule = self._action(("s3:*",))
        others = [self._logic.equal(action, self._logic.text(name.lower())) for name in (*LISTINGS, *HARMLESS)]
        return SymbolicRequest(
            action, self._bucket, (rule, self._logic.not_(self._logic.or_(others))), {PREFIX: self._absent()}
        )

    def role(self, role_arn: str) -> SymbolicRequest:
        """Return a request of STS on the role."""
        action, rule = self._action(("sts:*",))
        return SymbolicRequest(action, self._logic.text(role_arn), (rule,))

    def elsewhere(self, role_arn: str) -> SymbolicRequest:
        """Return any request on anything but the bucket and its objects, and no request of STS on the role."""
        logic = self._logic
        action, rule = self._action(("*:*",))
        resource = logic.variable("resource")
        of_role = logic.and_([logic.equal(resource, logic.text(role_arn)), logic.prefix_of(action, logic.text("sts:"))])
        rules = [
            rule,
            logic.or_([logic.prefix_of(resource, logic.text("arn:")), logic.equal(resource, logic.text("*"))]),
            logic.not_(logic.equal(resource, self._bucket)),
            logic.not_(logic.prefix_of(resource, self._objects)),
            logic.not_(of_role),
        ]
        return SymbolicRequest(action, resource, tuple(rules), anywhere=True)

    def _action(self, names: tuple[str, ...]) -> tuple[StringTerm, Formula]:
        action = self._logic.variable("action")
        return action, self._logic.in_language(action, self._logic.either([self._actions(name) for name in names]))

    def _actions(self, name: str) -> RegularLanguage:
        logic = self._logic
        if "*" not in name:
            return logic.exactly(name.lower())
        service, _, _ = name.partition(":")
        # rds-data and others have a hyphen: temp_access.policy.grammar takes it on both sides.
        letters = [logic.characters("a", "z"), logic.characters("0", "9"), logic.exactly("-")]
        services = logic.repeated(logic.either(letters), 1) if service == "*" else logic.exactly(service)
        names = logic.repeated(logic.either([*letters, logic.exactly("_")]), 1)
        return logic.sequence([services, logic.exactly(":"), names])

    def _absent(self) -> SymbolicValue:
        return SymbolicValue(self._logic.false, self._logic.text(""))

    def _tls(self, wanted: bool) -> dict[str, SymbolicValue]:
        return {TLS: SymbolicValue(self._logic.true, self._logic.text("true"))} if wanted else {}
