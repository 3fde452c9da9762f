"""Cases for the evaluator: policies, a request and the expected decision, read from a JSON file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temp_access.errors import UserError
from temp_access.files import read_bounded_text, reject_duplicate_keys
from temp_access.iam.arn import iam_arn
from temp_access.iam.callers import ACCOUNT_NUMBER, caller_account, is_caller
from temp_access.iam.condition_keys import CONDITION_KEYS
from temp_access.iam.decision import Decision, DecisionType, Layer
from temp_access.iam.document import MalformedPolicy, Policy
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.parser import parse_policy
from temp_access.iam.request import Request, UnknownValue

MALFORMED = "malformed"
UNDECIDED = DecisionType.UNDECIDED.value
EXPECTED = ("allow", "deny", UNDECIDED, MALFORMED)
_DECISIONS = (*(kind.value for kind in DecisionType), None)
_REQUIRED_KEYS = {"name", "policies", "request", "expected"}
_OPTIONAL_KEYS = {"decision", "source", "group", "reason"}
_POLICY_KEYS = {"identity", "session", "boundary", "resource", "resource_is_trust_policy", "scp", "rcp"}
_REQUIRED_REQUEST_KEYS = {"principal", "action", "resource", "account"}
_OPTIONAL_REQUEST_KEYS = {"role_arn", "resource_account", "context", "principal_tags"}
_STRING_KEYS = ("principal", "action", "resource")
_MAX_FINDINGS = 20
_WIDTH = 100
_MFA = "aws:multifactorauthpresent"


@dataclass(frozen=True)
class Case:
    """One case, as the file has it."""

    name: str
    policies: Mapping[str, Any]
    request: Mapping[str, Any]
    expected: str
    decision: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class CaseResult:
    """The evaluator's result for a case: `actual` is one of EXPECTED; `explanation` gives the reasons."""

    case: Case
    passed: bool
    actual: str
    explanation: str
    decision: Decision | None = None


def run_case(case: Case) -> CaseResult:
    """Evaluate a case; one with a malformed policy passes only if it expects `malformed`."""
    try:
        policies = to_policy_set(case.policies)
    except MalformedPolicy as error:
        return CaseResult(case, case.expected == MALFORMED, MALFORMED, str(error))
    decision = evaluate(policies, to_request(case.request))
    actual = UNDECIDED if decision.kind is DecisionType.UNDECIDED else "allow" if decision.allowed else "deny"
    passed = actual == case.expected and case.decision in (None, decision.kind.value)
    return CaseResult(case, passed, actual, str(decision), decision)


def to_policy_set(policies: Mapping[str, Any]) -> PolicySet:
    """Parse a case's policies; a flat list of SCPs or RCPs is one level, a list of lists is several levels."""
    trust = bool(policies.get("resource_is_trust_policy"))
    # An empty list means no session policy: AssumeRole without one narrows nothing.
    session = None if policies.get("session") == [] else policies.get("session")
    return PolicySet(
        identity=_parse_policies(policies.get("identity"), Layer.IDENTITY),
        session=None if session is None else _parse_policies(session, Layer.SESSION),
        boundary=_parse_optional(policies.get("boundary"), Layer.BOUNDARY),
        resource=_parse_optional(policies.get("resource"), Layer.TRUST if trust else Layer.RESOURCE),
        resource_is_trust_policy=trust,
        scps=_parse_levels(policies.get("scp"), Layer.SCP),
        rcps=_parse_levels(policies.get("rcp"), Layer.RCP),
    )


def to_request(request: Mapping[str, Any]) -> Request:
    """Return a case's request; a resource without an account belongs to the caller's account.

    What a case doesn't say didn't happen: a condition key that a request may lack is absent if the case's context
    leaves it out, and a session's credentials are then without MFA. The value of a key that each request has, such as
    aws:SecureTransport, stays unknown.
    """
    principal = request["principal"]
    if ACCOUNT_NUMBER.fullmatch(principal):
        # An account stands for its root user.
        resource = request["resource"]
        principal = iam_arn(resource.split(":")[1] if resource.startswith("arn:") else "aws", principal, "root")
    given = Request(
        principal=principal,
        action=request["action"],
        resource=request["resource"],
        account=request["account"],
        resource_account=request.get("resource_account") or request["account"],
        role_arn=request.get("role_arn"),
        context=request.get("context") or {},
        principal_tags=request.get("principal_tags") or {},
    )
    unsaid: dict[str, str | None] = {key: None for key in CONDITION_KEYS if given.value(key) is UnknownValue.POSSIBLE}
    if given.value(_MFA) is UnknownValue.PRESENT:
        unsaid[_MFA] = "false"
    return given._replace(context={**unsaid, **given.context})


def _parse_optional(document: Any, layer: Layer) -> Policy | None:
    return None if document is None else parse_policy(document, layer)


def _parse_policies(documents: Any, layer: Layer) -> tuple[Policy, ...]:
    items = documents if isinstance(documents, list) else [] if documents is None else [documents]
    return tuple(parse_policy(document, layer, f"{layer.value} {number}") for number, document in enumerate(items, 1))


def _parse_levels(documents: Any, layer: Layer) -> tuple[tuple[Policy, ...], ...]:
    if not documents:
        return ()
    levels = documents if isinstance(documents[0], list) else [documents]
    return tuple(_parse_policies(level, layer) for level in levels)


def read_cases(path: Path) -> list[Case]:
    """Return the cases in a file; raises UserError with one line for each key that is wrong."""
    cases = _cases(path)
    findings = [finding for index, case in enumerate(cases) for finding in _case_findings(case, _label(case, index))]
    names = [case["name"] for case in cases if isinstance(case, dict) and isinstance(case.get("name"), str)]
    findings += [
        f"case {name!r}: name: {names.count(name)} cases have it; give each its own" for name in _repeated(names)
    ]
    if findings:
        more = [f"and {len(findings) - _MAX_FINDINGS} more"] if len(findings) > _MAX_FINDINGS else []
        raise UserError("\n".join(f"{path}: {finding}" for finding in findings[:_MAX_FINDINGS] + more))
    fields = Case.__dataclass_fields__
    return [Case(**{key: value for key, value in case.items() if key in fields}) for case in cases]


def _cases(path: Path) -> list[Any]:
    try:
        document = json.loads(read_bounded_text(path, encoding="utf-8"), object_pairs_hook=reject_duplicate_keys)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; tests/data/iam-cases.json is an example") from None
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


def _case_findings(case: object, label: str) -> Iterator[str]:
    if not isinstance(case, dict):
        yield f"{label}: must be an object, not {_shown(case)}"
        return
    yield from (f"{label}: {finding}" for finding in _key_findings(case, "", _REQUIRED_KEYS, _OPTIONAL_KEYS))
    if not isinstance(case.get("name", ""), str):
        yield f"{label}: name: must be a string"
    for key, known in (("expected", EXPECTED), ("decision", _DECISIONS)):
        if key in case and case[key] not in known:
            yield f"{label}: {key}: {_shown(case[key])} is unknown; use {', '.join(filter(None, known))}"
    if (case.get("expected") == "allow") is not (case.get("decision") == DecisionType.ALLOWED.value) and case.get(
        "decision"
    ):
        yield f"{label}: decision: {_shown(case['decision'])} contradicts expected: {_shown(case.get('expected'))}"
    if case.get("source") is not None and not isinstance(case["source"], str):
        yield f"{label}: source: must be a string"
    if "policies" in case:
        yield from (f"{label}: policies{finding}" for finding in _policy_findings(case["policies"]))
    if "request" in case:
        yield from (f"{label}: request{finding}" for finding in _request_findings(case["request"]))


def _shown(value: object) -> str:
    """Return a value as it is written, a long one shortened at its end."""
    text = repr(value)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 2]}…{text[-1]}"


def _key_findings(fields: Mapping[str, Any], path: str, required: set[str], optional: set[str]) -> Iterator[str]:
    for key in sorted(required - set(fields)):
        yield f"{path}{key}: is missing"
    for key in sorted(set(fields) - required - optional):
        yield f"{path}{key}: is unknown; use {', '.join(sorted(required | optional))}"


def _policy_findings(policies: object) -> Iterator[str]:
    if not isinstance(policies, dict):
        yield ": must be an object"
        return
    yield from _key_findings(policies, ".", set(), _POLICY_KEYS)
    if not isinstance(policies.get("resource_is_trust_policy", False), bool):
        yield ".resource_is_trust_policy: must be true or false"
    for key in ("boundary", "resource"):
        if isinstance(policies.get(key), list):
            yield f".{key}: must be one policy or null, not a list"
    for key in ("scp", "rcp"):
        levels = [] if policies.get(key) is None else policies[key]
        if not isinstance(levels, list) or len({isinstance(level, list) for level in levels}) > 1:
            yield f".{key}: must be a list of policies, or a list of such lists from the organization's root down"


def _request_findings(request: object) -> Iterator[str]:
    if not isinstance(request, dict):
        yield ": must be an object"
        return
    yield from _key_findings(request, ".", _REQUIRED_REQUEST_KEYS, _OPTIONAL_REQUEST_KEYS)
    for key in (*sorted(_REQUIRED_REQUEST_KEYS), "role_arn", "resource_account"):
        if not isinstance(request.get(key, ""), str) and (request[key] is not None or key in _STRING_KEYS):
            yield f".{key}: must be a string, not {_shown(request[key])}"
    yield from _principal_findings(request)
    action = request.get("action")
    if isinstance(action, str) and (":" not in action or "*" in action or "?" in action):
        yield f".action: {_shown(action)} isn't one action, like s3:GetObject"
    yield from _value_findings(request, "context", several=True)
    yield from _value_findings(request, "principal_tags", several=False)


def _principal_findings(request: Mapping[str, Any]) -> Iterator[str]:
    principal = request.get("principal")
    if not isinstance(principal, str):
        return
    if not is_caller(principal):
        yield (
            f".principal: {_shown(principal)} isn't a principal's ARN, an id that AWS gives a principal, an account, "
            "a service like ec2.amazonaws.com or *"
        )
    account = caller_account(principal)
    if account and "account" in request and request["account"] != account:
        yield f".account: {_shown(request['account'])} isn't the account of the principal, {account}"


def _value_findings(request: Mapping[str, Any], key: str, *, several: bool) -> Iterator[str]:
    values = request.get(key) or {}
    if not isinstance(values, dict):
        yield f".{key}: must be an object"
        return
    for name, value in values.items():
        items = value if several and isinstance(value, list) else [] if several and value is None else [value]
        if not all(isinstance(item, str | int | float if several else str) for item in items):
            yield f".{key}.{name}: must be a string{', a number, true, false or a list of these' * several}"
