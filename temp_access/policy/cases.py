"""Cases with known answers: policies, a request and what AWS decides; see the `format` key of the file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temp_access.policy.decision import Decision, Layer
from temp_access.policy.document import MalformedPolicy, Policy
from temp_access.policy.evaluate import PolicySet, evaluate
from temp_access.policy.parse import parse_policy
from temp_access.policy.request import Request

MALFORMED = "malformed"


@dataclass(frozen=True)
class Case:
    """One case as it stands in the file."""

    name: str
    policies: Mapping[str, Any]
    request: Mapping[str, Any]
    expected: str
    decision: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class CaseResult:
    """What the evaluator says to a case: `got` is allow, deny or malformed; `why` says it in words."""

    case: Case
    passed: bool
    got: str
    why: str
    decision: Decision | None = None


def load_cases(path: Path) -> list[Case]:
    """Read the cases of a file."""
    fields = Case.__dataclass_fields__
    document = json.loads(path.read_text(encoding="utf-8"))
    return [Case(**{key: each[key] for key in fields if key in each}) for each in document["cases"]]


def run_case(case: Case) -> CaseResult:
    """Evaluate a case; one with a malformed policy passes only if it expects `malformed`."""
    try:
        layers = to_layers(case.policies)
    except MalformedPolicy as error:
        return CaseResult(case, case.expected == MALFORMED, MALFORMED, str(error))
    decision = evaluate(layers, to_request(case.request))
    got = "allow" if decision.allowed else "deny"
    passed = got == case.expected and case.decision in (None, decision.kind.value)
    return CaseResult(case, passed, got, str(decision), decision)


def to_layers(policies: Mapping[str, Any]) -> PolicySet:
    """Parse a case's policies; a flat list of SCPs or RCPs is one level, a list of lists has several."""
    trust = bool(policies.get("resource_is_trust_policy"))
    # An empty list of session policies is none: AssumeRole without them narrows nothing.
    session = None if policies.get("session") == [] else policies.get("session")
    return PolicySet(
        identity=_parsed(policies.get("identity"), Layer.IDENTITY),
        session=None if session is None else _parsed(session, Layer.SESSION),
        boundary=_one(policies.get("boundary"), Layer.BOUNDARY),
        resource=_one(policies.get("resource"), Layer.TRUST if trust else Layer.RESOURCE),
        resource_is_trust_policy=trust,
        scps=_levels(policies.get("scp"), Layer.SCP),
        rcps=_levels(policies.get("rcp"), Layer.RCP),
    )


def to_request(request: Mapping[str, Any]) -> Request:
    """A case's request; a resource without an account belongs to the caller's."""
    return Request(
        principal=request["principal"],
        action=request["action"],
        resource=request["resource"],
        account=request["account"],
        resource_account=request.get("resource_account") or request["account"],
        role_arn=request.get("role_arn"),
        context=request.get("context") or {},
        principal_tags=request.get("principal_tags") or {},
    )


def _one(document: Any, layer: Layer) -> Policy | None:
    return None if document is None else parse_policy(document, layer)


def _parsed(documents: Any, layer: Layer) -> tuple[Policy, ...]:
    listed = documents if isinstance(documents, list) else [] if documents is None else [documents]
    return tuple(parse_policy(document, layer, f"{layer.value} {number}") for number, document in enumerate(listed, 1))


def _levels(documents: Any, layer: Layer) -> tuple[tuple[Policy, ...], ...]:
    if not documents:
        return ()
    levels = documents if isinstance(documents[0], list) else [documents]
    return tuple(_parsed(level, layer) for level in levels)
