"""The caller of a witness in words that a reader knows, instead of the names that stand for any other one."""

import json
from dataclasses import replace

from temp_access.iam.callers import CallerKind
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.symbolic.callers import SymbolicCaller
from temp_access.proofs.claim import Claim

_NAMES = {CallerKind.USER: "user", CallerKind.ROLE: "role", CallerKind.FEDERATED: "federated user"}
_OTHERS = {
    CallerKind.SERVICE: "an AWS service",
    CallerKind.PROVIDER: "a user of an identity provider",
    CallerKind.ANONYMOUS: "an anonymous caller",
}


def caller_in_words(caller: SymbolicCaller, principal: str, policies: PolicySet) -> str:
    """Return what `principal` is: its name if the policies name it, else another one of its kind."""
    text = policy_text(policies)
    if caller.kind in _OTHERS:
        return f"{_OTHERS[caller.kind]} ({principal})" if f'"{principal}"' in text else _OTHERS[caller.kind]
    account = principal.split(":")[4]
    named = account in text
    whose = "of this account" if caller.same_account else f"of the account {account}" if named else "of another account"
    if account == "cloudfront":
        return f"CloudFront's origin access identity {principal.partition('/')[2]}"
    if caller.kind is CallerKind.ROOT:
        return f"the root user {whose}"
    kind, parts = _NAMES[caller.kind], principal.split(":", 5)[5].split("/")
    name = parts[1] if caller.kind is CallerKind.ROLE else parts[-1]
    if f'/{name}"' in text or f"/{name}/" in text:
        article = f"the {kind} {name}"
    else:
        article = f"another {kind}" if caller.same_account else f"a {kind}"
    return f"{'a session of ' if caller.kind is CallerKind.ROLE else ''}{article} {whose}"


def policy_text(policies: PolicySet) -> str:
    """Return the statements of the policies as one text."""
    resource = [policies.resource] if policies.resource else []
    boundary = [policies.boundary] if policies.boundary else []
    everything = [*policies.identity, *(policies.session or ()), *boundary, *resource]
    return json.dumps([policy.bodies for policy in everything], default=str)


def without_stand_in(claim: Claim, account: str) -> Claim:
    """Return the claim with `ACCOUNT` for the number that stands for every account that nothing names."""
    witness = claim.witness
    if witness is None or account not in witness.description:
        return claim
    return replace(claim, witness=replace(witness, description=witness.description.replace(account, "ACCOUNT")))
