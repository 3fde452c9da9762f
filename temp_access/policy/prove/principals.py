"""How a Principal element names the caller, as formulas; temp_access.policy.principals does it for values."""

from temp_access.policy.principals import Principals
from temp_access.policy.prove.callers import ROOT
from temp_access.policy.prove.encoder import Encoder
from temp_access.policy.prove.solver import Formula, StringTerm
from temp_access.policy.prove.unmodelled import NotEncodableError


def directly(encoder: Encoder, principals: Principals) -> Formula:
    """Whether the element names the caller itself, or everyone."""
    return encoder.logic.true if principals.everyone else _named(encoder, principals, encoder.caller.principal)


def by_role(encoder: Encoder, principals: Principals) -> Formula:
    """Whether the element names the role of the caller's session."""
    role = encoder.caller.role
    return encoder.logic.false if role is None else _named(encoder, principals, role)


def by_account(encoder: Encoder, principals: Principals) -> Formula:
    """Whether the element names the caller's account."""
    logic = encoder.logic
    return logic.or_(logic.equal(encoder.caller.account, logic.text(number)) for number in sorted(principals.accounts))


def covers(encoder: Encoder, principals: Principals) -> Formula:
    """Whether the statement is about the caller, NotPrincipal included."""
    logic, caller = encoder.logic, encoder.caller
    if not (principals.everyone or principals.accounts or principals.named):
        raise NotEncodableError("the principal * for every identity provider isn't modelled")
    if not principals.negated:
        return logic.or_(how(encoder, principals) for how in (directly, by_role, by_account))
    if principals.everyone:
        return logic.false
    account = by_account(encoder, principals) if caller.has_account else logic.true
    if caller.kind == ROOT:
        return logic.not_(account)
    levels = [caller.principal, *([caller.role] if caller.role is not None else [])]
    return logic.not_(logic.and_([account, *(_named(encoder, principals, level) for level in levels)]))


def _named(encoder: Encoder, principals: Principals, who: StringTerm) -> Formula:
    # AIDA…, AROA… and canonical user IDs can be the user's, the role's or the account's own: nobody knows here.
    if by_id := next((name for name in sorted(principals.named) if not set(name) & set(".:")), None):
        raise NotEncodableError(f"the principal {by_id} is named by its ID, which isn't modelled")
    return encoder.logic.or_(encoder.logic.equal(who, encoder.logic.text(name)) for name in sorted(principals.named))
