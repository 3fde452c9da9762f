"""Case files for `simulate`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temp_access.errors import UserError
from temp_access.iam.decision import Decision, DecisionType, Layer
from temp_access.iam.document import MalformedPolicy, Policy
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.parser import parse_policy, reject_duplicate_keys
from temp_access.iam.request import Request

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


EXPECTED = ("allow", "deny", MALFORMED)
_DECISIONS = (*(kind.value for kind in DecisionType), None)
_CASE = {"name", "policies", "request", "expected"}
_NOTES = {"decision", "source", "group", "reason"}
_POLICIES = {"identity", "session", "boundary", "resource", "resource_is_trust_policy", "scp", "rcp"}
_REQUEST = {"principal", "action", "resource", "account"}
_MORE = {"role_arn", "resource_account", "context", "principal_tags"}
_NEEDS_TEXT = ("principal", "action", "resource")
_ARN = re.compile(r"arn:[\w-]+:(?:iam|sts)::(\d{12}):(?:root|(?:user|role|assumed-role|federated-user)/.+)")
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?")
_MOST_SHOWN = 20


def read_cases(path: Path) -> list[Case]:
    """Return the cases of the file; raises UserError with a line for each case and key that is wrong."""
    cases = _cases(path)
    findings = [finding for index, case in enumerate(cases) for finding in _findings(case, _label(case, index))]
    names = [case["name"] for case in cases if isinstance(case, dict) and isinstance(case.get("name"), str)]
    findings += [f"case {name!r}: name: is that of {names.count(name)} cases" for name in _repeated(names)]
    if findings:
        more = [f"and {len(findings) - _MOST_SHOWN} more"] if len(findings) > _MOST_SHOWN else []
        raise UserError("\n".join(f"{path}: {finding}" for finding in findings[:_MOST_SHOWN] + more))
    fields = Case.__dataclass_fields__
    return [Case(**{key: value for key, value in case.items() if key in fields}) for case in cases]


def _cases(path: Path) -> list[Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=reject_duplicate_keys)
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file; tests/data/iam-cases.json is an example") from None
    except OSError as error:
        raise UserError(f"{path}: can't be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: can't be read as JSON: {error}") from None
    cases = document.get("cases") if isinstance(document, dict) else None
    if not isinstance(cases, list) or not cases:
        raise UserError(f'{path}: must be an object with a list of cases: {{"cases": [{{"name": …}}, …]}}')
    return cases


def _label(case: object, index: int) -> str:
    name = case.get("name") if isinstance(case, dict) else None
    return f"case {name!r}" if isinstance(name, str) and name else f"case {index + 1}"


def _repeated(names: list[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if names.count(name) > 1] if len(set(names)) < len(names) else []


def _findings(case: object, label: str) -> Iterator[str]:
    if not isinstance(case, dict):
        yield f"{label}: must be an object, not {case!r:.40}"
        return
    yield from (f"{label}: {finding}" for finding in _keys(case, "", _CASE, _NOTES))
    if not isinstance(case.get("name", ""), str):
        yield f"{label}: name: must be a text"
    for key, known in (("expected", EXPECTED), ("decision", _DECISIONS)):
        if key in case and case[key] not in known:
            yield f"{label}: {key}: {case[key]!r:.40} is none of {', '.join(filter(None, known))}"
    if (case.get("expected") == "allow") is not (case.get("decision") == DecisionType.ALLOWED.value) and case.get(
        "decision"
    ):
        yield f"{label}: decision: {case['decision']!r:.40} contradicts expected: {case.get('expected')!r:.40}"
    if case.get("source") is not None and not isinstance(case["source"], str):
        yield f"{label}: source: must be a text"
    if "policies" in case:
        yield from (f"{label}: policies{finding}" for finding in _policies(case["policies"]))
    if "request" in case:
        yield from (f"{label}: request{finding}" for finding in _request(case["request"]))


def _keys(found: Mapping[str, Any], before: str, needed: set[str], others: set[str]) -> Iterator[str]:
    for key in sorted(needed - set(found)):
        yield f"{before}{key}: is missing"
    for key in sorted(set(found) - needed - others):
        yield f"{before}{key}: is unknown; use {', '.join(sorted(needed | others))}"


def _policies(policies: object) -> Iterator[str]:
    if not isinstance(policies, dict):
        yield ": must be an object"
        return
    yield from _keys(policies, ".", set(), _POLICIES)
    if not isinstance(policies.get("resource_is_trust_policy", False), bool):
        yield ".resource_is_trust_policy: must be true or false"
    for key in ("boundary", "resource"):
        if isinstance(policies.get(key), list):
            yield f".{key}: must be one policy or null, not a list"
    for key in ("scp", "rcp"):
        levels = [] if policies.get(key) is None else policies[key]
        if not isinstance(levels, list) or len({isinstance(level, list) for level in levels}) > 1:
            yield f".{key}: must be a list of policies, or a list of such lists from the organization's root down"


def _request(request: object) -> Iterator[str]:
    if not isinstance(request, dict):
        yield ": must be an object"
        return
    yield from _keys(request, ".", _REQUEST, _MORE)
    for key in (*sorted(_REQUEST), "role_arn", "resource_account"):
        if not isinstance(request.get(key, ""), str) and (request[key] is not None or key in _NEEDS_TEXT):
            yield f".{key}: must be a text, not {request[key]!r:.40}"
    yield from _principal(request)
    action = request.get("action")
    if isinstance(action, str) and (":" not in action or "*" in action or "?" in action):
        yield f".action: {action!r:.40} isn't one action, like s3:GetObject"
    yield from _values(request, "context", several=True)
    yield from _values(request, "principal_tags", several=False)


def _principal(request: Mapping[str, Any]) -> Iterator[str]:
    principal = request.get("principal")
    if not isinstance(principal, str):
        return
    of = _ARN.fullmatch(principal)
    if not of and principal != "*" and not _SERVICE.fullmatch(principal):
        yield f".principal: {principal!r:.60} is no principal's ARN, no service like ec2.amazonaws.com, and not *"
    if of and "account" in request and request["account"] != of[1]:
        yield f".account: {request['account']!r:.40} isn't the account of the principal, {of[1]}"


def _values(request: Mapping[str, Any], key: str, *, several: bool) -> Iterator[str]:
    values = request.get(key) or {}
    if not isinstance(values, dict):
        yield f".{key}: must be an object"
        return
    for name, value in values.items():
        listed = value if several and isinstance(value, list) else [] if several and value is None else [value]
        if not all(isinstance(each, str | int | float if several else str) for each in listed):
            yield f".{key}.{name}: must be a text{', a number, true, false or a list of these' * several}"
