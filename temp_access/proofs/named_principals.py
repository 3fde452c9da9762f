"""Whom access.toml names, as formulas: the borrowers of a grant, and those who may assume the one role.

They are written from what the file means, not from the trust policies, so that a proof compares two things.
"""

from temp_access.config.borrower import Borrower, BorrowerKind
from temp_access.config.model import Config, TrustedPrincipal
from temp_access.deployment.target import Target
from temp_access.iam.arn import iam_arn
from temp_access.iam.callers import CallerKind
from temp_access.iam.service_principals import sends_source_account
from temp_access.iam.symbolic.solver import Formula, RegularLanguage, Solver
from temp_access.proofs.assuming_callers import EXTERNAL_ID, SOURCE_ACCOUNT, AssumingCaller, permission_set_roles


def _has_permission_set(solver: Solver, who: AssumingCaller, name: str, target: Target) -> Formula:
    if who.permission_set is not None:
        return solver.true if who.permission_set == name else solver.false
    if who.caller.role is None or who.longer_than is None or not name.startswith(f"{who.longer_than}_"):
        return solver.false
    return solver.in_language(who.caller.role, permission_set_roles(solver, target, name))


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
