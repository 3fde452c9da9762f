"""JSON to Policy."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from temp_access.iam.decision import Layer
from temp_access.iam.document import MalformedPolicy, Policy, Statement
from temp_access.iam.grammar import ACCOUNT, GRAMMARS, PRINCIPAL, SID, STATEMENT_ELEMENTS, VERSIONS, ElementReader
from temp_access.iam.principals import Principals

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


def parse_policy(document: str | Mapping[str, object], layer: Layer, name: str | None = None) -> Policy:
    """Parse a policy for the layer it is used in; each layer has its own grammar.

    Raises MalformedPolicy, which names the element and says why.
    """
    name = name or layer.value
    if isinstance(document, str):
        document = _from_json(document, name)
    policy = ElementReader(name, "policy", document).mapping()
    unknown = set(policy.value) - {"Version", "Statement", "Id"}
    if unknown:
        raise policy.malformed(f"unknown element {min(unknown)!r}")
    if "Id" in policy.value and not GRAMMARS[layer].id_allowed:
        raise policy.child("Id").malformed(f"not allowed in a policy used as {layer.value}")
    version = policy.value.get("Version", VERSIONS[1])
    if version not in VERSIONS:
        raise policy.child("Version").malformed(f"{version!r} is none of {', '.join(VERSIONS)}")
    bodies = policy.required("Statement").value
    if isinstance(bodies, Mapping):
        bodies = [bodies]
    if not isinstance(bodies, list) or not bodies:
        raise policy.child("Statement").malformed("must be a statement or a list of at least one")
    statements = tuple(
        _statement(ElementReader(name, f"Statement[{index}]", body).mapping(), index, layer, version == VERSIONS[0])
        for index, body in enumerate(bodies)
    )
    _check_sids(statements, policy, layer)
    return Policy(name, str(version), statements, tuple(bodies))


def reject_duplicate_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return the object of these members, for `json.loads`; raises ValueError if a key occurs twice."""
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"{key!r} occurs twice in one object")
        found[key] = value
    return found


def _from_json(text: str, name: str) -> Mapping[str, object]:
    try:
        value = json.loads(text, object_pairs_hook=reject_duplicate_keys)
    except (ValueError, RecursionError) as error:
        raise MalformedPolicy(name, "policy", f"can't be read as JSON: {error}") from None
    return ElementReader(name, "policy", value).mapping().value


def _statement(statement: ElementReader[dict[str, object]], index: int, layer: Layer, variables: bool) -> Statement:
    body, grammar = statement.value, GRAMMARS[layer]
    unknown = set(body) - STATEMENT_ELEMENTS
    if unknown:
        raise statement.malformed(f"unknown element {min(unknown)!r}")
    sid = body.get("Sid")
    if sid is not None and not isinstance(sid, str):
        raise statement.child("Sid").malformed("must be a string")
    effect = statement.required("Effect").value
    if effect not in ("Allow", "Deny"):
        raise statement.child("Effect").malformed(f"{effect!r} is neither 'Allow' nor 'Deny' (case matters)")
    action = statement.exactly_one("Action", "NotAction")
    resource = statement.exactly_one("Resource", "NotResource", required=grammar.resource_required)
    if resource is not None and not grammar.resource_allowed:
        raise resource.malformed(f"not allowed in a {layer.value}; it is about the role itself")
    return Statement(
        index=index,
        sid=sid or None,
        effect=str(effect),
        actions=action.actions(service=grammar.service),
        not_action="NotAction" in body,
        resources=resource.resources(variables=variables, whole=grammar.whole_arns) if resource else None,
        not_resource="NotResource" in body,
        principals=parse_principals(statement, layer),
        conditions=statement.conditions(variables=variables),
    )


def _check_sids(statements: Iterable[Statement], policy: ElementReader[dict[str, object]], layer: Layer) -> None:
    seen: set[str] = set()
    for statement in statements:
        if statement.sid is None:
            continue
        element = policy.child(f"Statement[{statement.index}].Sid")
        if GRAMMARS[layer].plain_sid and not SID.fullmatch(statement.sid):
            raise element.malformed(f"{statement.sid!r} has characters other than A-Z, a-z, 0-9")
        if statement.sid in seen:
            raise element.malformed(f"{statement.sid!r} names two statements")
        seen.add(statement.sid)
