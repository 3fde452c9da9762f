"""Query, SymbolicRequest, Witness, preferences."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from temp_access.iam.evaluator import PolicySet
from temp_access.iam.statements import PREFIX_ACTIONS
from temp_access.iam.symbolic.callers import SymbolicCaller
from temp_access.iam.symbolic.encoder import SymbolicValue
from temp_access.iam.symbolic.solver import Formula, RegularLanguage, Solver, StringTerm


@dataclass(frozen=True, slots=True)
class Witness:
    """A request that refutes a claim, already replayed through the evaluator.

    `folder` is the session's, `other` the one that it reaches; `why` is what the evaluator said. `key` and
    `prefix` are None where the request has none.
    """

    words: str
    principal: str
    action: str
    resource: str
    folder: str | None = None
    other: str | None = None
    key: str | None = None
    prefix: str | None = None
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    why: str = ""


PREFIX = "s3:prefix"
TLS = "aws:securetransport"
# Says nothing of anybody's objects.
HARMLESS = ("s3:GetBucketLocation",)
KNOWN = (
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
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
        others = [self._logic.equal(action, self._logic.text(name.lower())) for name in (*PREFIX_ACTIONS, *HARMLESS)]
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
        # rds-data and others have a hyphen: temp_access.iam.grammar takes it on both sides.
        letters = [logic.characters("a", "z"), logic.characters("0", "9"), logic.exactly("-")]
        services = logic.repeated(logic.either(letters), 1) if service == "*" else logic.exactly(service)
        names = logic.repeated(logic.either([*letters, logic.exactly("_")]), 1)
        return logic.sequence([services, logic.exactly(":"), names])

    def _absent(self) -> SymbolicValue:
        return SymbolicValue(self._logic.false, self._logic.text(""))

    def _tls(self, wanted: bool) -> dict[str, SymbolicValue]:
        return {TLS: SymbolicValue(self._logic.true, self._logic.text("true"))} if wanted else {}


# The policies that count, for a session's folder; True: with policies that aren't at hand allowing everything.
LayersFor = Callable[[str, bool], PolicySet]


@dataclass(frozen=True)
class Query:
    """A request that is allowed (or, if not `wanted`, refused) by `layers`, and refused by `before` if that is given.

    `unknown` and `unknown_before` name the policies of each whose documents aren't at hand.
    `preferred` are formulas that make a witness easier to read, the best first; they decide nothing else.
    `words` says what a witness shows.
    """

    layers: LayersFor
    caller: SymbolicCaller
    asked: SymbolicRequest
    words: Callable[[Witness], str]
    matching: bool = True
    before: LayersFor | None = None
    folder: StringTerm | None = None
    unknown: frozenset[str] = frozenset()
    unknown_before: frozenset[str] = frozenset()
    rules: tuple[Formula, ...] = ()
    preferences: tuple[Formula, ...] = ()
    names: Mapping[str, StringTerm] = field(default_factory=dict)


# Makes the problem, for any folder (None) or one of these: what it needs is made anew with each solver.
QueryFactory = Callable[[Solver, str | None], Query]


class Deadline:
    """A point in time that a claim must be decided by."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, most: float | None = None) -> float:
        """Return the seconds that are left, at most `most`; never less than 0."""
        left = max(0.0, self._end - time.monotonic())
        return left if most is None else min(left, most)


def witness_preferences(
    logic: Solver,
    asked: SymbolicRequest,
    *,
    folder: StringTerm | None = None,
    other: StringTerm | None = None,
    folders: Iterable[tuple[str, str]] = (),
    words: Iterable[StringTerm] = (),
) -> Iterator[Formula]:
    """Yield wishes, the best first."""
    known = logic.or_(logic.equal(asked.action, logic.text(name.lower())) for name in KNOWN)
    letter = logic.characters("a", "z")
    word = logic.repeated(logic.either([letter, logic.exactly("/")]), 1, 24)
    short = logic.and_([known, *(logic.in_language(text, word) for text in words)])
    for one, another in folders:
        same = [logic.equal(folder, logic.text(one))] if folder is not None else []
        same += [logic.equal(other, logic.text(another))] if other is not None else []
        if same:
            yield logic.and_([*same, short])
    simple = logic.repeated(letter, 1, 8)
    named = [logic.in_language(text, simple) for text in (folder, other) if text is not None]
    yield logic.and_([*named, short])
    yield logic.and_([*named, known])
    yield known
    if asked.anywhere:
        yield logic.equal(asked.resource, logic.text("*"))
