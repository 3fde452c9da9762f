"""Everybody who can call STS on a role, with what tells who it is."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from temp_access.deployment.target import Target
from temp_access.iam.arn import role_session_arn
from temp_access.iam.callers import CallerKind
from temp_access.iam.symbolic.callers import (
    SymbolicCaller,
    arbitrary_callers,
    iam_characters,
    make_caller,
    session_names,
)
from temp_access.iam.symbolic.encoder import SymbolicValue
from temp_access.iam.symbolic.real_requests import can_call
from temp_access.iam.symbolic.solver import Formula, RegularLanguage, Solver, StringTerm
from temp_access.iam.symbolic.token_keys import has_token_key
from temp_access.iam.token_keys import token_key

EXTERNAL_ID, SOURCE_ACCOUNT = "sts:externalid", "aws:sourceaccount"
_USER_ID = "aws:userid"
_EXAMPLE_SUFFIX = "0123456789abcdef"
_RESERVED, _SSO, _PREFIX = "role/aws-reserved/", "sso.amazonaws.com/", "AWSReservedSSO_"
# Users and sessions of the account and of others, services, and providers by domain, of the account, and of others.
_KINDS = (
    (CallerKind.USER, True),
    (CallerKind.ROLE, True),
    (CallerKind.USER, False),
    (CallerKind.ROLE, False),
    (CallerKind.SERVICE, False),
    (CallerKind.PROVIDER, False),
    (CallerKind.PROVIDER, True),
    (CallerKind.PROVIDER, False),
)
OWN_PROVIDER = _KINDS.index((CallerKind.PROVIDER, True))
OF_ALL_KINDS = len(_KINDS)


@dataclass(frozen=True)
class AssumingCaller:
    """A caller of STS with the condition keys that tell who it is, by their names in lower case.

    A session of IAM Identity Center is one of `permission_set`, or of a permission set whose name begins with
    `longer_than` and `_`, or of another one; `session` is its name. `fits` are rules that few proofs need.
    """

    caller: SymbolicCaller
    keys: Mapping[str, SymbolicValue]
    fits: tuple[Formula, ...] = ()
    session: StringTerm | None = None
    permission_set: str | None = None
    longer_than: str | None = None

    def says(self, solver: Solver, key: str, value: str) -> Formula:
        """Whether a key has this value."""
        known = self.keys[key]
        return solver.and_([known.present, solver.equal(known.value, solver.constant(value))])


@dataclass(frozen=True)
class OfInterest:
    """What a claim is about: hosts of identity providers, and permission sets.

    Of a permission set, the sessions of the people who are named here are left out.
    """

    hosts: tuple[str, ...] = ()
    permission_sets: tuple[str, ...] = ()
    people: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """The number of callers that together are everybody."""
        return OF_ALL_KINDS + 2 * (1 + 2 * len(self.permission_sets))


def kind_of_caller(number: int) -> tuple[CallerKind, bool]:
    """Return the kind of a caller by its number, and whether it is of the account itself."""
    return _KINDS[number] if number < OF_ALL_KINDS else (CallerKind.ROLE, True)


def assuming_caller(solver: Solver, target: Target, interest: OfInterest, number: int) -> AssumingCaller:
    """Return one of the callers that together are everybody who can call STS on a role, by its number."""
    if number >= OF_ALL_KINDS:
        return next(islice(_permission_set_callers(solver, target, interest), number - OF_ALL_KINDS, None))
    if _KINDS[number] == (CallerKind.ROLE, True):
        return _with_interest(solver, *_ordinary_session(solver, target), interest)
    everybody = arbitrary_callers(solver, target.account, target.partition)
    able = (caller for caller in everybody if can_call(caller, role=True))
    caller = next(islice(able, min(number, OWN_PROVIDER), None))
    if number >= OWN_PROVIDER:
        is_own = solver.prefix_of(caller.principal, solver.constant(target.arn("")))
        rule = is_own if number == OWN_PROVIDER else solver.not_(is_own)
        caller = replace(caller, rules=(*caller.rules, rule))
    if number == OWN_PROVIDER:
        caller = replace(caller, account=solver.constant(target.account), same_account=True)
    return with_keys(solver, caller, interest.hosts)


def with_keys(solver: Solver, caller: SymbolicCaller, hosts: Iterable[str] = ()) -> AssumingCaller:
    """Return the caller with the condition keys that tell who it is."""
    absent = SymbolicValue(solver.false, solver.constant(""))
    is_service, signs = caller.kind is CallerKind.SERVICE, caller.kind in (CallerKind.USER, CallerKind.ROLE)
    keys = {
        EXTERNAL_ID: _any_value(solver, EXTERNAL_ID) if signs else absent,
        SOURCE_ACCOUNT: _any_value(solver, SOURCE_ACCOUNT) if is_service else absent,
    }
    for name in (f"{host.lower()}:{claim}" for host in hosts for claim in ("aud", "sub")):
        key = token_key(name)
        if key is not None:
            keys[name] = SymbolicValue(has_token_key(solver, caller, key), solver.string(name))
    return AssumingCaller(caller, keys)


def _any_value(solver: Solver, key: str) -> SymbolicValue:
    return SymbolicValue(solver.boolean(f"{key} is present"), solver.string(key))


def _with_interest(
    solver: Solver, caller: SymbolicCaller, fits: tuple[Formula, ...], interest: OfInterest
) -> AssumingCaller:
    return replace(with_keys(solver, caller, interest.hosts), fits=fits)


def _caller(
    solver: Solver, target: Target, role: StringTerm, name: StringTerm, session: StringTerm, *rules: Formula
) -> SymbolicCaller:
    assumed = solver.constant(role_session_arn(target.partition, target.account, "", "").removesuffix("/"))
    return make_caller(
        solver,
        CallerKind.ROLE,
        solver.concat([assumed, name, solver.constant("/"), session]),
        solver.constant(target.account),
        resource_account=target.account,
        name=session,
        role=role,
        rules=(*rules, solver.in_language(session, session_names(solver))),
    )


def _session(
    solver: Solver, target: Target, role: StringTerm, *rules: Formula
) -> tuple[SymbolicCaller, tuple[Formula, ...]]:
    """Return the sessions of a role, and that their ARN has its name: the solver decides more if it is one string."""
    name, session, slash = solver.string("role name"), solver.string("role session name"), solver.constant("/")
    named = solver.in_language(name, solver.repeated(iam_characters(solver), 1))
    caller = _caller(solver, target, role, name, session, *rules, named)
    return caller, (solver.suffix_of(role, solver.concat([slash, name])),)


def _with_any_id(
    solver: Solver, caller: SymbolicCaller, people: Iterable[str] = ()
) -> tuple[SymbolicCaller, tuple[Formula, ...]]:
    """Return the caller with any aws:userid that isn't that of one of `people`, and that it ends with the session."""
    user_id, whole = solver.string(_USER_ID), caller.structured[_USER_ID]
    others = [solver.not_(solver.suffix_of(user_id, solver.constant(f":{person}"))) for person in people]
    fits = (solver.equal(user_id, whole), *caller.structured_rules)
    return replace(caller, structured={_USER_ID: user_id}, structured_rules=(), rules=(*caller.rules, *others)), fits


def _ordinary_session(solver: Solver, target: Target) -> tuple[SymbolicCaller, tuple[Formula, ...]]:
    """Return the sessions of roles that IAM Identity Center didn't make, which has a path of its own.

    https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
    """
    role, beginning = solver.string("role"), solver.literal(target.arn("role/"))
    name = solver.repeated(iam_characters(solver), 1)
    path = solver.sequence([solver.repeated(solver.character_range("!", "~")), solver.literal("/")])
    reserved = solver.sequence([solver.literal(target.arn(_RESERVED)), solver.any_string])
    caller, fits = _session(
        solver,
        target,
        role,
        solver.in_language(role, solver.sequence([beginning, solver.repeated(path, 0, 1), name])),
        solver.not_(solver.in_language(role, reserved)),
    )
    return replace(caller, usual=(solver.in_language(role, solver.sequence([beginning, name])),)), fits


def _permission_set_callers(solver: Solver, target: Target, interest: OfInterest) -> Iterator[AssumingCaller]:
    """Yield the sessions of roles that IAM Identity Center made, in cases that the solver sees at once.

    A permission set whose name begins with that of another one and `_` is a case of its own. The roles' path has the
    Region, except in us-east-1.
    """
    suffix = solver.repeated(solver.union([solver.character_range("a", "z"), solver.character_range("0", "9")]), 1)
    for region in (False, True):
        for name in interest.permission_sets:
            session, people = solver.string("role session name"), interest.people.get(name, ())
            fits: tuple[Formula, ...] = ()
            caller = _permission_set_session(solver, target, f"{name}_", suffix, session, region=region)
            if people:
                caller, fits = _with_any_id(solver, caller, people)
            own = _with_interest(solver, caller, fits, interest)
            yield replace(own, permission_set=name, session=session)
            longer = solver.sequence([solver.repeated(iam_characters(solver)), solver.literal("_"), suffix])
            caller = _permission_set_session(solver, target, f"{name}_", longer, session, region=region)
            yield replace(_with_interest(solver, *_with_any_id(solver, caller), interest), longer_than=name)
        caller, same_name = _other_permission_set_session(solver, target, interest, region=region)
        caller, same_id = _with_any_id(solver, caller)
        yield _with_interest(solver, caller, (*same_name, *same_id), interest)


def _permission_set_session(
    solver: Solver, target: Target, beginning: str, rest: RegularLanguage, session: StringTerm, *, region: bool
) -> SymbolicCaller:
    """Return the sessions of roles whose name has this beginning and one of these rests behind `AWSReservedSSO_`."""
    place, ending = solver.string("Region"), solver.string("rest")
    start = solver.constant(target.arn(f"{_RESERVED}{_SSO}"))
    path = [start, place, solver.constant("/")] if region else [start]
    name = solver.concat([solver.constant(f"{_PREFIX}{beginning}"), ending])
    rules = [solver.in_language(ending, rest), *([solver.in_language(place, _regions(solver))] if region else [])]
    caller = _caller(solver, target, solver.concat([*path, name]), name, session, *rules)
    word = solver.sequence([solver.repeated(solver.character_range("a", "z"), 1, 8), solver.literal("_")])
    usual = solver.sequence([solver.repeated(word, 0, 1), solver.literal(_EXAMPLE_SUFFIX)])
    return replace(caller, usual=(solver.in_language(ending, usual),))


def _other_permission_set_session(
    solver: Solver, target: Target, interest: OfInterest, *, region: bool
) -> tuple[SymbolicCaller, tuple[Formula, ...]]:
    """Return the sessions of roles of permission sets that neither are one of these nor begin with one and `_`."""
    behind, name = solver.string("path and name"), solver.repeated(iam_characters(solver), 1)
    path = [_regions(solver), solver.literal("/")] if region else []
    within = solver.in_language(behind, solver.sequence([*path, solver.literal(_PREFIX), name]))
    before = [solver.any_string, solver.literal("/")] if region else []
    named = [
        solver.sequence([*before, solver.literal(f"{_PREFIX}{each}_"), solver.any_string])
        for each in interest.permission_sets
    ]
    role = solver.concat([solver.constant(target.arn(f"{_RESERVED}{_SSO}")), behind])
    others = [solver.not_(solver.in_language(behind, each)) for each in named]
    caller, fits = _session(solver, target, role, within, *others)
    words = [solver.literal(_PREFIX), solver.repeated(solver.character_range("a", "z"), 1, 8)]
    usual = solver.sequence([*path, *words, solver.literal(f"_{_EXAMPLE_SUFFIX}")])
    return replace(caller, usual=(solver.in_language(behind, usual),)), fits


def _regions(solver: Solver) -> RegularLanguage:
    letters = [solver.character_range("a", "z"), solver.character_range("0", "9"), solver.literal("-")]
    return solver.repeated(solver.union(letters), 1)


def permission_set_roles(solver: Solver, target: Target, permission_set: str) -> RegularLanguage:
    """Return the ARNs of the roles of a permission set."""
    region = solver.sequence([_regions(solver), solver.literal("/")])
    return solver.sequence(
        [
            solver.literal(target.arn(f"{_RESERVED}{_SSO}")),
            solver.repeated(region, 0, 1),
            solver.literal(f"{_PREFIX}{permission_set}_"),
            # AWS's suffixes have 16 hexadecimal digits.
            solver.repeated(solver.union([solver.character_range("a", "z"), solver.character_range("0", "9")]), 1),
        ]
    )
