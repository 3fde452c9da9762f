"""Queries about symbolic requests, and the witnesses that answer them."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from temp_access.iam.evaluator import PolicySet
from temp_access.iam.statements import PREFIX_ACTIONS
from temp_access.iam.symbolic.callers import SymbolicCaller
from temp_access.iam.symbolic.encoder import SymbolicValue
from temp_access.iam.symbolic.real_requests import BUCKET, NOT_DECIDED_BY_POLICIES, OBJECT, ROLE, fits_type
from temp_access.iam.symbolic.solver import Formula, RegularLanguage, Solver, StringTerm


@dataclass(frozen=True, slots=True)
class Witness:
    """A request that refutes a claim; the evaluator has confirmed it.

    `folder` is the session's folder, `other` the folder that it reaches. `explanation` is the evaluator's decision.
    `key` and `prefix` are None where the request has none. The keys of `context` are in lower case; `spelling` has the
    names as the policies or AWS write them.
    """

    description: str
    principal: str
    action: str
    resource: str
    folder: str | None = None
    other: str | None = None
    key: str | None = None
    prefix: str | None = None
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    explanation: str = ""
    spelling: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown_context(self) -> Mapping[str, str | tuple[str, ...]]:
        """The condition keys by the names that a reader knows."""
        return {self.spelling.get(key, key): value for key, value in self.context.items()}


PREFIX = "s3:prefix"
TLS = "aws:securetransport"
S3_RESOURCE_ACCOUNT = "s3:resourceaccount"
KNOWN_ACTIONS = (
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:GetObjectVersion",
    "s3:DeleteObjectVersion",
    "s3:GetObjectAcl",
    "s3:PutObjectAcl",
    "s3:GetObjectTagging",
    "s3:PutObjectTagging",
    "s3:GetBucketPolicy",
    "s3:PutBucketPolicy",
    *PREFIX_ACTIONS,
    "s3:ListBucketMultipartUploads",
    "iam:PutRolePolicy",
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
)


@dataclass(frozen=True)
class SymbolicRequest:
    """The strings of one request, the rules for them, and the condition keys with a fixed presence or value.

    `names` are the strings that a witness shows besides action and resource. With `any_resource`, the resource, and
    so `aws:ResourceAccount`, can belong to any account. `fits` are rules that tie the action to the type of the
    resource; they are slow, and few proofs need them.
    """

    action: StringTerm
    resource: StringTerm
    rules: tuple[Formula, ...]
    fixed: Mapping[str, SymbolicValue] = field(default_factory=dict)
    names: Mapping[str, StringTerm] = field(default_factory=dict)
    any_resource: bool = False
    fits: tuple[Formula, ...] = ()

    def is_action(self, solver: Solver, actions: Iterable[str]) -> Formula:
        """Whether the request's action is one of these, whatever their case."""
        return solver.one_of(self.action, (action.lower() for action in actions))


class RequestBuilder:
    """Builds symbolic requests on a bucket, a role or any other resource."""

    def __init__(self, solver: Solver, bucket_arn: str) -> None:
        self._solver = solver
        self._bucket = solver.constant(bucket_arn)
        self._objects = solver.constant(f"{bucket_arn}/")

    def object(self, key: StringTerm, actions: tuple[str, ...] = ("s3:*",), *, tls: bool = False) -> SymbolicRequest:
        """Return a request on the object `key`, which isn't empty."""
        action, rule = self._action(actions)
        not_empty = self._solver.not_(self._solver.one_of(key, [""]))
        fits = (fits_type(self._solver, action, "s3", OBJECT),)
        fixed = {PREFIX: self._absent(), **self._tls(tls)}
        resource = self._solver.concat([self._objects, key])
        return SymbolicRequest(action, resource, (rule, not_empty), fixed, {"key": key}, fits=fits)

    def listing(
        self, actions: tuple[str, ...], prefix: StringTerm, present: Formula | None = None, *, tls: bool = False
    ) -> SymbolicRequest:
        """Return a request on the bucket, with `prefix` if `present`."""
        action, rule = self._action(actions)
        fixed = {PREFIX: SymbolicValue(self._solver.true if present is None else present, prefix), **self._tls(tls)}
        fits = (fits_type(self._solver, action, "s3", BUCKET),)
        return SymbolicRequest(action, self._bucket, (rule,), fixed, fits=fits)

    def bucket(self, actions: tuple[str, ...] = ("s3:*",), *, tls: bool = False) -> SymbolicRequest:
        """Return a request on the bucket itself that isn't a listing."""
        action, rule = self._action(actions)
        not_listing = self._solver.not_(self._solver.one_of(action, map(str.lower, PREFIX_ACTIONS)))
        fixed = {PREFIX: self._absent(), **self._tls(tls)}
        fits = (fits_type(self._solver, action, "s3", BUCKET),)
        return SymbolicRequest(action, self._bucket, (rule, not_listing), fixed, fits=fits)

    def role(self, role_arn: str) -> SymbolicRequest:
        """Return an STS request on the role."""
        action, rule = self._action(("sts:*",))
        rules, fits = (rule, self._decided_by_policies(action)), (fits_type(self._solver, action, "sts", ROLE),)
        fixed = {S3_RESOURCE_ACCOUNT: self._absent()}
        return SymbolicRequest(action, self._solver.constant(role_arn), rules, fixed, fits=fits)

    def other(self, role_arn: str) -> SymbolicRequest:
        """Return any request except those on the bucket and its objects and STS requests on the role."""
        solver = self._solver
        action, rule = self._action(("*:*",))
        resource = solver.string("resource")
        is_arn = solver.prefix_of(resource, solver.constant("arn:"))
        is_sts = solver.prefix_of(action, solver.constant("sts:"))
        rules = [
            rule,
            self._decided_by_policies(action),
            solver.or_([is_arn, solver.one_of(resource, ["*"])]),
            solver.not_(solver.equal(resource, self._bucket)),
            solver.not_(solver.prefix_of(resource, self._objects)),
            solver.not_(solver.and_([solver.one_of(resource, [role_arn]), is_sts])),
        ]
        return SymbolicRequest(action, resource, tuple(rules), any_resource=True)

    def _decided_by_policies(self, action: StringTerm) -> Formula:
        return self._solver.not_(self._solver.one_of(action, NOT_DECIDED_BY_POLICIES))

    def _action(self, names: tuple[str, ...]) -> tuple[StringTerm, Formula]:
        action = self._solver.string("action")
        return action, self._solver.in_language(action, self._solver.union([self._actions(name) for name in names]))

    def _actions(self, name: str) -> RegularLanguage:
        solver = self._solver
        if "*" not in name:
            return solver.literal(name.lower())
        service, _, _ = name.partition(":")
        # rds-data and others have a hyphen; temp_access.iam.grammar accepts it in both parts.
        letters = [solver.character_range("a", "z"), solver.character_range("0", "9"), solver.literal("-")]
        services = solver.repeated(solver.union(letters), 1) if service == "*" else solver.literal(service)
        names = solver.repeated(solver.union([*letters, solver.literal("_")]), 1)
        return solver.sequence([services, solver.literal(":"), names])

    def _absent(self) -> SymbolicValue:
        return SymbolicValue(self._solver.false, self._solver.constant(""))

    def _tls(self, required: bool) -> dict[str, SymbolicValue]:
        true = self._solver.constant("true")
        return {TLS: SymbolicValue(self._solver.true, true, "true")} if required else {}


# Returns the policies that apply for a session's folder; with True, unknown policies allow everything.
PoliciesFor = Callable[[str, bool], PolicySet]


@dataclass(frozen=True)
class Query:
    """The question whether `policies` can allow a request (without `expect_allowed`: refuse it).

    With `base_policies`, these must refuse the request. `unknown` and `unknown_in_base` name the policies of each
    whose documents are unknown. `preferences` are formulas that make a witness easier to read, the best first; they
    don't affect the result. `describe` returns the description of a witness.
    """

    policies: PoliciesFor
    caller: SymbolicCaller
    request: SymbolicRequest
    describe: Callable[[Witness], str]
    expect_allowed: bool = True
    base_policies: PoliciesFor | None = None
    folder: StringTerm | None = None
    unknown: frozenset[str] = frozenset()
    unknown_in_base: frozenset[str] = frozenset()
    rules: tuple[Formula, ...] = ()
    preferences: tuple[Formula, ...] = ()
    names: Mapping[str, StringTerm] = field(default_factory=dict)


# Builds the query with a new solver, for any folder (None) or for one.
QueryFactory = Callable[[Solver, str | None], Query]


class Deadline:
    """The time by which a claim must be decided."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def remaining(self, limit: float | None = None) -> float:
        """Return the remaining seconds, at most `limit` and at least 0."""
        left = max(0.0, self._end - time.monotonic())
        return left if limit is None else min(left, limit)


def witness_preferences(
    solver: Solver,
    request: SymbolicRequest,
    *,
    folder: StringTerm | None = None,
    other: StringTerm | None = None,
    folders: Iterable[tuple[str, str]] = (),
    readable: Iterable[StringTerm] = (),
) -> Iterator[Formula]:
    """Yield formulas that make a witness easier to read, the best first."""
    known_action = request.is_action(solver, KNOWN_ACTIONS)
    letter = solver.character_range("a", "z")
    word = solver.repeated(solver.union([letter, solver.literal("/")]), 1, 24)
    short = solver.and_([known_action, *(solver.in_language(term, word) for term in readable)])
    for one, another in folders:
        same = [solver.equal(folder, solver.constant(one))] if folder is not None else []
        same += [solver.equal(other, solver.constant(another))] if other is not None else []
        if same:
            yield solver.and_([*same, short])
    simple = solver.repeated(letter, 1, 8)
    named = [solver.in_language(term, simple) for term in (folder, other) if term is not None]
    yield solver.and_([*named, short])
    yield solver.and_([*named, known_action])
    yield known_action
