"""Reads the Principal or NotPrincipal of a statement.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from temp_access.policy.decision import Layer
from temp_access.policy.elements import ElementReader
from temp_access.policy.grammar import ACCOUNT, GRAMMARS, PRINCIPAL
from temp_access.policy.principals import Principals

_KINDS = ("AWS", "Service", "Federated", "CanonicalUser")


def parse_principals(statement: ElementReader[dict[str, object]], layer: Layer) -> Principals | None:
    """The statement's principals, or None in a policy that can't have any."""
    grammar = GRAMMARS[layer]
    found = statement.exactly_one("Principal", "NotPrincipal", required=grammar.principal)
    if found is None:
        return None
    if not grammar.principal:
        raise found.malformed(f"not allowed in a policy used as {layer.value}")
    negated = "NotPrincipal" in statement.value
    if negated and not grammar.not_principal:
        raise found.malformed(f"not allowed in a {layer.value}")
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    if negated and statement.value["Effect"] != "Deny":
        raise found.malformed("only allowed with Effect Deny")
    principals = _principals(found, negated)
    # https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
    if layer is Layer.RCP and not principals.everyone:
        raise found.malformed("a resource control policy supports only '*'")
    return principals


def _principals(found: ElementReader[object], negated: bool) -> Principals:
    if found.value == "*":
        return Principals(True, frozenset(), frozenset(), negated)
    everyone, accounts, named = False, set[str](), set[str]()
    kinds = found.mapping().value
    if not kinds:
        raise found.malformed("names nobody")
    for kind in kinds:
        names = found.child(kind)
        if kind not in _KINDS:
            raise names.malformed(f"unknown kind of principal; use one of {', '.join(_KINDS)}")
        for text in names.texts():
            account = ACCOUNT.fullmatch(text) if kind == "AWS" else None
            if text == "*" and kind in ("AWS", "Federated"):
                everyone = everyone or kind == "AWS"
            elif account:
                accounts.add(account[1] or account[2])
            elif "*" in text or "?" in text:
                raise names.malformed(f"{text!r}: a wildcard can't stand for part of a principal")
            elif kind == "AWS" and not PRINCIPAL.fullmatch(text):
                raise names.malformed(f"{text!r} is no account, ARN or unique ID")
            else:
                named.add(text)
    return Principals(everyone, frozenset(accounts), frozenset(named), negated)
