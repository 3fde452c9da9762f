"""The parser of policy documents, which checks the grammar of each kind of policy."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from temp_access.files import reject_duplicate_keys
from temp_access.iam.callers import PRINCIPAL_ID
from temp_access.iam.decision import Layer
from temp_access.iam.document import MalformedPolicy, Policy, Statement
from temp_access.iam.grammar import (
    ACCOUNT,
    GRAMMARS,
    PRINCIPAL,
    SID,
    STATEMENT_ELEMENTS,
    VERSIONS,
    ElementReader,
)
from temp_access.iam.principals import Principals

_PRINCIPAL_TYPES = ("AWS", "Service", "Federated", "CanonicalUser")


def parse_principals(statement: ElementReader[dict[str, object]], layer: Layer) -> Principals | None:
    """Return the statement's principals, None in a kind of policy that can't have any."""
    grammar = GRAMMARS[layer]
    element = statement.exactly_one("Principal", "NotPrincipal", required=grammar.principal)
    if element is None:
        return None
    if not grammar.principal:
        raise element.malformed(f"not allowed in a policy used as {layer.value}")
    negated = "NotPrincipal" in statement.value
    if negated and not grammar.not_principal:
        raise element.malformed(f"not allowed in a {layer.value}")
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    if negated and statement.value.get("Effect") != "Deny":
        raise element.malformed("only allowed with Effect Deny")
    principals = read_principals(element, negated)
    # https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
    if layer is Layer.RCP and not principals.matches_all:
        raise element.malformed("a resource control policy supports only '*'")
    return principals


def read_principals(element: ElementReader[object], negated: bool, *, odd_names: bool = False) -> Principals:
    """Return the principals of an element; with `odd_names`, a name that can't be read is kept as an unknown id.

    Raises MalformedPolicy.
    """
    if element.value == "*":
        return Principals(True, frozenset(), frozenset(), negated)
    everyone, accounts, named, ids = False, set[str](), set[str](), set[str]()
    by_type = element.mapping().value
    if not by_type:
        raise element.malformed('names no principal; write {"AWS": ARN}, for example')
    for principal_type in by_type:
        names = element.child(principal_type)
        if principal_type not in _PRINCIPAL_TYPES and odd_names:
            ids.add(f"{principal_type}: {names.value}")
            continue
        if principal_type not in _PRINCIPAL_TYPES:
            raise names.malformed(f"unknown type of principal; use one of {', '.join(_PRINCIPAL_TYPES)}")
        for name in names.strings():
            account = ACCOUNT.fullmatch(name) if principal_type == "AWS" else None
            if name == "*" and principal_type in ("AWS", "Federated"):
                everyone = everyone or principal_type == "AWS"
            elif account:
                accounts.add(account[1] or account[2])
            elif odd_names and (set(name) & set("*?") or (principal_type == "AWS" and not PRINCIPAL.fullmatch(name))):
                ids.add(name)
            elif "*" in name or "?" in name:
                raise names.malformed(f"{name!r} has a wildcard; a principal is either '*' or a full name")
            elif principal_type == "AWS" and not PRINCIPAL.fullmatch(name):
                raise names.malformed(f"{name!r} isn't an account, an ARN or a unique ID")
            else:
                named.add(name)
    ids |= {name for name in named if PRINCIPAL_ID.fullmatch(name)}
    return Principals(everyone, frozenset(accounts), frozenset(named), negated, frozenset(ids))


def parse_policy(document: str | Mapping[str, object], layer: Layer, name: str | None = None) -> Policy:
    """Parse a policy for the layer that uses it; each layer has its own grammar.

    Raises MalformedPolicy, which names the element and the reason.
    """
    name = name or layer.value
    if isinstance(document, str):
        document = _parse_json(document, name)
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
        _parse_statement(
            ElementReader(name, f"Statement[{index}]", body).mapping(), index, layer, version == VERSIONS[0]
        )
        for index, body in enumerate(bodies)
    )
    _check_sids(statements, policy, layer)
    return Policy(name, str(version), statements, tuple(bodies))


def _parse_json(document: str, name: str) -> Mapping[str, object]:
    try:
        value = json.loads(document, object_pairs_hook=reject_duplicate_keys)
    except (ValueError, RecursionError) as error:
        raise MalformedPolicy(name, "policy", f"can't be read as JSON: {error}") from None
    return ElementReader(name, "policy", value).mapping().value


def _parse_statement(
    statement: ElementReader[dict[str, object]], index: int, layer: Layer, variables: bool
) -> Statement:
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
        raise resource.malformed(f"not allowed in a {layer.value}; it always applies to the role itself")
    allow = effect == "Allow" and "Resource" in body
    resources = resource.resources(variables=variables, full_arns=grammar.full_arns, allow=allow) if resource else None
    principals = parse_principals(statement, layer)
    if layer is Layer.RCP and effect == "Allow" and not _is_full_access(body):
        raise statement.child("Effect").malformed("only RCPFullAWSAccess may allow; a resource control policy denies")
    return Statement(
        index=index,
        sid=sid or None,
        effect=str(effect),
        actions=action.actions(service=grammar.service),
        not_action="NotAction" in body,
        resources=resources,
        not_resource="NotResource" in body,
        principals=principals,
        conditions=statement.conditions(variables=variables),
    )


def _is_full_access(body: Mapping[str, object]) -> bool:
    """Whether a statement is that of RCPFullAWSAccess.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
    """
    elements = {name: body.get(name) for name in ("Principal", "Action", "Resource")}
    everything = all(value in ("*", ["*"], {"AWS": "*"}) for value in elements.values())
    return everything and set(body) <= {"Sid", "Effect", *elements}


def _check_sids(statements: Iterable[Statement], policy: ElementReader[dict[str, object]], layer: Layer) -> None:
    seen: set[str] = set()
    for statement in statements:
        if statement.sid is None:
            continue
        element = policy.child(f"Statement[{statement.index}].Sid")
        if GRAMMARS[layer].plain_sid and not SID.fullmatch(statement.sid):
            raise element.malformed(f"{statement.sid!r} has characters other than A-Z, a-z, 0-9")
        if statement.sid in seen:
            raise element.malformed(f"{statement.sid!r} is the Sid of two statements")
        seen.add(statement.sid)
