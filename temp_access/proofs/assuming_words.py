"""A call of STS in words: who assumes which role."""

from temp_access.iam.callers import CallerKind
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.symbolic.queries import Witness
from temp_access.proofs.assuming_callers import SOURCE_ACCOUNT, AssumingCaller
from temp_access.proofs.witness_words import caller_in_words

_ASSUMES = ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
_PROVIDER, _PERMISSION_SET = ":oidc-provider/", "AWSReservedSSO_"


def call_in_words(witness: Witness, role: str) -> str:
    """Return what the call of a witness does with a role, such as `can assume temp-role`."""
    return f"can assume {role}" if witness.action in _ASSUMES else f"can call {witness.action} on {role}"


def assuming_in_words(who: AssumingCaller, witness: Witness, policies: PolicySet) -> str:
    """Return who makes the call of a witness."""
    principal, context = witness.principal, witness.context
    if who.caller.kind is CallerKind.PROVIDER and _PROVIDER in principal:
        host = principal.partition(_PROVIDER)[2]
        claims = {name: context.get(f"{host.lower()}:{name}") for name in ("sub", "aud")}
        subject = f" with the subject {claims['sub']!r}" if claims["sub"] else ""
        return f"a token of {host}{subject}" + (f" for the audience {claims['aud']!r}" if claims["aud"] else "")
    if who.caller.kind is CallerKind.ROLE and who.caller.same_account and f"/{_PERMISSION_SET}" in principal:
        _, role, session = principal.rsplit("/", 2)
        permission_set = role.removeprefix(_PERMISSION_SET).rpartition("_")[0]
        return f"{session} of the permission set {permission_set}"
    words = caller_in_words(who.caller, principal, policies)
    if who.caller.kind is not CallerKind.SERVICE:
        return words
    account = context.get(SOURCE_ACCOUNT)
    return f"{words}, " + (f"on behalf of the account {account}," if account else "which doesn't say on whose behalf,")
