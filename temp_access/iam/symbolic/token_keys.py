"""Whether a request has a key with what an identity provider says of its user, as a formula."""

from temp_access.iam.callers import CallerKind
from temp_access.iam.symbolic.callers import SymbolicCaller
from temp_access.iam.symbolic.solver import Formula, RegularLanguage, Solver
from temp_access.iam.token_keys import TokenKey


def has_token_key(solver: Solver, caller: SymbolicCaller, key: TokenKey) -> Formula:
    """Whether the caller's requests have the key; see `temp_access.iam.token_keys`."""
    perhaps = solver.boolean(f"{key.host or 'saml'}:{key.claim} is present")
    if caller.kind is CallerKind.ROLE:
        return perhaps
    if caller.kind not in (CallerKind.PROVIDER, CallerKind.SERVICE):
        return solver.false
    if key.host is None:
        saml = solver.sequence([solver.any_string, solver.literal(":saml-provider/"), solver.any_string])
        return solver.and_([solver.in_language(caller.principal, saml), perhaps])
    host = case_insensitive(solver, key.host)
    with_arn = solver.sequence([solver.any_string, solver.literal(":oidc-provider/"), host])
    own = solver.in_language(caller.principal, with_arn)
    by_domain = solver.and_([solver.in_language(caller.principal, host), perhaps])
    return solver.or_([own if key.is_required else solver.and_([own, perhaps]), by_domain])


def case_insensitive(solver: Solver, value: str) -> RegularLanguage:
    """Return the language of all strings with the lower case of `value`, which must be ASCII."""
    return solver.sequence(
        # U+212A, the kelvin sign, is the only other character whose lower case is ASCII.
        solver.union([solver.literal(c) for c in {low, low.upper(), *("\u212a" if low == "k" else "")}])
        for low in value.lower()
    )
