"""Which kinds of callers a trust policy can let in at all, by its principals alone.

Most policies name one kind, and the solver needn't be asked about the others.
"""

from collections.abc import Mapping

from temp_access.iam.callers import CallerKind, caller_account, caller_kind
from temp_access.iam.document import Policy, Statement
from temp_access.iam.statements import as_list, as_mapping


def may_let_in(trust: Policy, kind: CallerKind, account: str, *, is_own: bool) -> bool:
    """Whether a caller of this kind, of the account itself (`is_own`) or of another one, may be let in."""
    if trust.unreadable:
        return True
    return any(
        _may_name(statement, trust.bodies[statement.index], kind, account, is_own=is_own)
        for statement in trust.statements
        if statement.effect != "Deny"
    )


def _may_name(
    statement: Statement, body: Mapping[str, object], kind: CallerKind, account: str, *, is_own: bool
) -> bool:
    principals = statement.principals
    if principals is None or principals.matches_all or principals.negated or principals.ids:
        return True
    # Every identity provider is an open question to the solver.
    if "*" in as_list(as_mapping(body.get("Principal")).get("Federated")):
        return True
    if kind in (CallerKind.USER, CallerKind.ROLE):
        accounts = {*principals.accounts, *(caller_account(each) for each in principals.named if _is(each, kind))}
        return any((each == account) is is_own for each in accounts)
    # A provider's users are in an account, but none of its principals.
    return any(_is(each, kind) for each in principals.named)


def _is(principal: str, kind: CallerKind) -> bool:
    return caller_kind(principal) is kind
