"""Whom access.toml names, as formulas: the borrowers of a grant, and those who may assume the one role.

They are written from what the file means, not from the trust policies, so that a proof compares two things.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from temp_access.config.borrower import Borrower, BorrowerKind
from temp_access.config.model import Config, TrustedPrincipal
from temp_access.deployment.target import Target
from temp_access.iam.arn import iam_arn, role_session_arn
from temp_access.iam.callers import CallerKind
from temp_access.iam.service_principals import sends_source_account
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
_RESERVED, _SSO, _PREFIX = "role/aws-reserved/", "sso.amazonaws.com/", "AWSReservedSSO_"
# Users and sessions of the account and of others, services, and providers by domain and by ARN.
_KINDS = (
    (CallerKind.USER, True),
    (CallerKind.ROLE, True),
    (CallerKind.USER, False),
    (CallerKind.ROLE, False),
    (CallerKind.SERVICE, False),
    (CallerKind.PROVIDER, False),
    (CallerKind.PROVIDER, False),
)
OF_ALL_KINDS = len(_KINDS)


@dataclass(frozen=True)
class AssumingCaller:
    """A caller of STS with the condition keys that tell who it is, by their names in lower case.

    A session of IAM Identity Center is one of `permission_set`, or of a permission set whose name begins with
    `longer_than` and `_`, or of another one.
    """

    caller: SymbolicCaller
    keys: Mapping[str, SymbolicValue]
    session: StringTerm | None = None
    permission_set: str | None = None
    longer_than: str | None = None

    def says(self, solver: Solver, key: str, value: str) -> Formula:
        """Whether a key has this value."""
        known = self.keys[key]
        return solver.and_([known.present, solver.equal(known.value, solver.constant(value))])


def assuming_callers(
    solver: Solver, target: Target, hosts: Iterable[str] = (), permission_sets: Sequence[str] = ()
) -> Iterator[AssumingCaller]:
    """Yield callers that together are everybody who can call STS on a role.

    `hosts` are the identity providers, and `permission_sets` those of IAM Identity Center, that a claim is about.
    """
    for caller in arbitrary_callers(solver, target.account, target.partition):
        is_own_session = caller.kind is CallerKind.ROLE and caller.same_account
        if can_call(caller, role=True):
            yield with_keys(solver, _ordinary_session(solver, target) if is_own_session else caller, hosts)
    for region in (False, True):
        for name in permission_sets:
            session = solver.string("role session name")
            caller = _permission_set_session(solver, target, f"{name}_", _suffixes(solver), session, region=region)
            yield replace(with_keys(solver, caller, hosts), permission_set=name, session=session)
            names = [solver.repeated(iam_characters(solver)), solver.literal("_"), _suffixes(solver)]
            caller = _permission_set_session(solver, target, f"{name}_", solver.sequence(names), session, region=region)
            yield replace(with_keys(solver, _with_any_id(caller), hosts), longer_than=name)
        caller = _other_permission_set_session(solver, target, permission_sets, region=region)
        yield with_keys(solver, _with_any_id(caller), hosts)


def _with_any_id(caller: SymbolicCaller) -> SymbolicCaller:
    # Who isn't named whatever its session's name is: the solver decides that at once if the name isn't in the user id.
    return replace(caller, structured={}, structured_rules=())


def kind_of_caller(number: int) -> tuple[CallerKind, bool]:
    """Return the kind of one of `assuming_callers`, and whether it is of the account itself."""
    return _KINDS[number] if number < OF_ALL_KINDS else (CallerKind.ROLE, True)


def count_callers(permission_sets: Sequence[str]) -> int:
    """Return the number of `assuming_callers`."""
    return OF_ALL_KINDS + 2 * (1 + 2 * len(permission_sets))


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


def _session(solver: Solver, target: Target, role: StringTerm, *rules: Formula, usual: Formula) -> SymbolicCaller:
    """Return the sessions of a role of the account: the solver decides more if its ARN is one string."""
    name, session, slash = solver.string("role name"), solver.string("role session name"), solver.constant("/")
    # The names of a session's role and of its ARN are the same. Only a witness needs that.
    same = solver.suffix_of(role, solver.concat([slash, name]))
    named = solver.in_language(name, solver.repeated(iam_characters(solver), 1))
    caller = _caller(solver, target, role, name, session, *rules, named)
    return replace(caller, usual=(usual, same))


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


def _ordinary_session(solver: Solver, target: Target) -> SymbolicCaller:
    """Return the sessions of roles that IAM Identity Center didn't make, which has a path of its own.

    https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
    """
    role, beginning = solver.string("role"), solver.literal(target.arn("role/"))
    name = solver.repeated(iam_characters(solver), 1)
    path = solver.sequence([solver.repeated(solver.character_range("!", "~")), solver.literal("/")])
    reserved = solver.sequence([solver.literal(target.arn(_RESERVED)), solver.any_string])
    return _session(
        solver,
        target,
        role,
        solver.in_language(role, solver.sequence([beginning, solver.repeated(path, 0, 1), name])),
        solver.not_(solver.in_language(role, reserved)),
        usual=solver.in_language(role, solver.sequence([beginning, name])),
    )


def _suffixes(solver: Solver) -> RegularLanguage:
    # AWS's have 16 hexadecimal digits.
    return solver.repeated(solver.union([solver.character_range("a", "z"), solver.character_range("0", "9")]), 1)


def _permission_set_session(
    solver: Solver, target: Target, beginning: str, rest: RegularLanguage, session: StringTerm, *, region: bool
) -> SymbolicCaller:
    """Return the sessions of roles whose name has this beginning and one of these rests behind `AWSReservedSSO_`."""
    place, ending = solver.string("Region"), solver.string("rest")
    start = solver.constant(target.arn(f"{_RESERVED}{_SSO}"))
    path = [start, place, solver.constant("/")] if region else [start]
    name = solver.concat([solver.constant(f"{_PREFIX}{beginning}"), ending])
    rules = [solver.in_language(ending, rest), *([solver.in_language(place, _regions(solver))] if region else [])]
    return _caller(solver, target, solver.concat([*path, name]), name, session, *rules)


def _other_permission_set_session(
    solver: Solver, target: Target, permission_sets: Sequence[str], *, region: bool
) -> SymbolicCaller:
    """Return the sessions of roles of permission sets that neither are one of these nor begin with one and `_`."""
    behind, name = solver.string("path and name"), solver.repeated(iam_characters(solver), 1)
    path = [_regions(solver), solver.literal("/")] if region else []
    within = solver.in_language(behind, solver.sequence([*path, solver.literal(_PREFIX), name]))
    before = [solver.any_string, solver.literal("/")] if region else []
    others = [
        solver.not_(
            solver.in_language(
                behind, solver.sequence([*before, solver.literal(f"{_PREFIX}{each}_"), solver.any_string])
            )
        )
        for each in permission_sets
    ]
    role = solver.concat([solver.constant(target.arn(f"{_RESERVED}{_SSO}")), behind])
    return _session(solver, target, role, within, *others, usual=solver.true)


def _regions(solver: Solver) -> RegularLanguage:
    letters = [solver.character_range("a", "z"), solver.character_range("0", "9"), solver.literal("-")]
    return solver.repeated(solver.union(letters), 1)


def _has_permission_set(solver: Solver, who: AssumingCaller, name: str, target: Target) -> Formula:
    if who.permission_set is not None:
        return solver.true if who.permission_set == name else solver.false
    if who.caller.role is None or who.longer_than is None or not name.startswith(f"{who.longer_than}_"):
        return solver.false
    return solver.in_language(who.caller.role, _permission_set_roles(solver, target, name))


def _permission_set_roles(solver: Solver, target: Target, permission_set: str) -> RegularLanguage:
    """Return the ARNs of the roles of a permission set."""
    region = solver.sequence([_regions(solver), solver.literal("/")])
    return solver.sequence(
        [
            solver.literal(target.arn(f"{_RESERVED}{_SSO}")),
            solver.repeated(region, 0, 1),
            solver.literal(f"{_PREFIX}{permission_set}_"),
            _suffixes(solver),
        ]
    )


def is_borrower(solver: Solver, who: AssumingCaller, borrower: Borrower, config: Config, target: Target) -> Formula:
    """Whether a caller is a borrower, whatever the conditions of `[role.conditions]` ask of it besides."""
    caller = who.caller
    match borrower.kind, caller.kind:
        case (BorrowerKind.USER, CallerKind.USER) | (BorrowerKind.ROLE, CallerKind.ROLE):
            arn = iam_arn(target.partition, borrower.account or target.account, borrower.resource)
            return _is_principal(solver, who, arn, borrower.external_id)
        case BorrowerKind.SSO, CallerKind.ROLE:
            person = borrower.detail
            ending = solver.constant(f"/{person}")
            is_person = solver.suffix_of(caller.principal, ending) if person else solver.true
            if person and who.session is not None:
                is_person = solver.equal(who.session, solver.constant(person))
            return solver.and_([_has_permission_set(solver, who, borrower.name, target), is_person])
        case BorrowerKind.OIDC, CallerKind.PROVIDER:
            provider = config.identity_providers[borrower.name]
            host, arn = provider.host.lower(), target.arn(f"oidc-provider/{provider.host}")
            subject = who.keys[f"{host}:sub"]
            return solver.and_(
                [
                    solver.equal(caller.principal, solver.constant(arn)),
                    who.says(solver, f"{host}:aud", provider.audience),
                    subject.present,
                    solver.in_language(subject.value, _subjects(solver, str(borrower.detail))),
                ]
            )
        case BorrowerKind.SERVICE, CallerKind.SERVICE:
            named = [solver.equal(caller.principal, solver.constant(borrower.name))]
            on_behalf = who.says(solver, SOURCE_ACCOUNT, target.account)
            return solver.and_([*named, *([on_behalf] if sends_source_account(borrower.name) else [])])
    return solver.false


def _subjects(solver: Solver, subject: str) -> RegularLanguage:
    first, *others = subject.split("*")
    rest = [part for other in others for part in (solver.any_string, solver.literal(other))]
    return solver.sequence([solver.literal(first), *rest])


def is_trusted(solver: Solver, who: AssumingCaller, trusted: TrustedPrincipal, target: Target) -> Formula:
    """Whether a caller is a principal of `[[role.trusted]]`, or in the account that it is."""
    account, caller = trusted.account or target.account, who.caller
    if trusted.resource == "root":
        if not caller.has_account or caller.kind is CallerKind.PROVIDER:
            return solver.false
        named = [solver.equal(caller.account, solver.constant(account))]
        return solver.and_([*named, *_external_id(solver, who, trusted.external_id)])
    kind = CallerKind.USER if trusted.resource.startswith("user/") else CallerKind.ROLE
    arn = iam_arn(target.partition, account, trusted.resource)
    return _is_principal(solver, who, arn, trusted.external_id) if caller.kind is kind else solver.false


def is_user(solver: Solver, who: AssumingCaller, arn: str) -> Formula:
    """Whether a caller is the user with this ARN."""
    return _is_principal(solver, who, arn, None) if who.caller.kind is CallerKind.USER else solver.false


def _is_principal(solver: Solver, who: AssumingCaller, arn: str, external_id: str | None) -> Formula:
    named = who.caller.principal if who.caller.role is None else who.caller.role
    return solver.and_([solver.equal(named, solver.constant(arn)), *_external_id(solver, who, external_id)])


def _external_id(solver: Solver, who: AssumingCaller, external_id: str | None) -> list[Formula]:
    return [who.says(solver, EXTERNAL_ID, external_id)] if external_id else []
