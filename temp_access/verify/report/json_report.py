"""The JSON report and its schema."""

import json
from typing import Literal, NotRequired, TypedDict

from temp_access.verify.probes import (
    AssumeCall,
    Identity,
    ProbeCall,
    ProbeCaller,
    Result,
    ServiceCall,
    StateCheck,
    TrustCheck,
    Verdict,
    VerificationReport,
)
from temp_access.verify.report.text import action_of, redact_report


class CallerJson(TypedDict):
    """The caller: a name of `Identity` in lower case (`user`, `role`, `grant` …), and the id of its grant.

    `name` is that of a user of `[users.<name>]` (`person`), of the provider of a token (`token`), or of who borrows a
    session of a grant's own role (`grant_role`), such as `user/ann`; other callers don't have it.
    """

    who: str
    grant: str | None
    name: NotRequired[str]


class ControlJson(TypedDict):
    """The same call by a caller who must succeed; `outcome` is null if the call wasn't made."""

    caller: CallerJson | None
    outcome: str | None


class CallJson(TypedDict, total=False):
    """The call. The other keys depend on `type`; null stands for a parameter that isn't sent.

    service: operation, action (IAM's), bucket, key, prefix, source.
    assume: operation, action, duration (seconds), session_name, source_identity, external_id (whether one is
    sent), policy_characters. state: aspect, and the name of one of several. trust: principal, context. assume and
    trust have the role (such as `role/temp-role-bob`) and, for trust, the actions only for a grant's own role.
    """

    type: Literal["service", "assume", "state", "trust"]
    operation: str
    action: str | None
    bucket: str
    key: str
    prefix: str | None
    source: str | None
    duration: int | None
    session_name: str
    source_identity: str | None
    external_id: bool
    policy_characters: int | None
    aspect: str
    name: str
    principal: str
    context: dict[str, str]
    role: str
    actions: list[str]


class ProbeJson(TypedDict):
    """One probe and its result; `cause` is null if it passed; an empty `codes` accepts any AccessDenied.

    `evaluated` is true if nobody here can make the call, so that also a live run evaluates the deployed policies.
    """

    id: str
    group: str
    title: str
    caller: CallerJson
    call: CallJson
    expected: Literal["allowed", "denied"]
    layer: str | None
    codes: list[str]
    verdict: Literal["passed", "failed", "inconclusive"]
    observed: str
    control: ControlJson | None
    cause: str | None
    runners: list[str]
    seconds: float
    evaluated: bool


class SummaryJson(TypedDict):
    """The number of probes, and of each verdict."""

    probes: int
    passed: int
    failed: int
    inconclusive: int


class ReportJson(TypedDict):
    """The whole report; `endpoint` is null for AWS itself, `role` and `user` are names.

    `config_digest` is of access.toml without its grants with borrowers, and `grants_digest` of those, "" without any.
    `not_known` has the number of inconclusive probes for each thing that isn't known and can change them.
    """

    schema: Literal[1]
    account: str
    region: str
    endpoint: str | None
    bucket: str
    role: str
    user: str
    run: str
    config_digest: str
    grants_digest: str
    seconds: float
    summary: SummaryJson
    warnings: list[str]
    not_known: dict[str, int]
    probes: list[ProbeJson]


def to_json(report: VerificationReport) -> str:
    """Return the report as ASCII JSON with a final line break."""
    report = redact_report(report)
    head = json.dumps(_without_probes(report), indent=2).removesuffix("[]\n}")
    # One by one, because there may be hundreds of thousands.
    probes = (json.dumps(_probe(result), indent=2).replace("\n", "\n    ") for result in report.results)
    text = ",\n    ".join(probes)
    return f"{head}[\n    {text}\n  ]\n}}\n" if text else f"{head}[]\n}}\n"


def _without_probes(report: VerificationReport) -> ReportJson:
    target = report.target
    return {
        "schema": 1,
        "account": target.account,
        "region": target.region,
        "endpoint": target.endpoint,
        "bucket": target.bucket,
        "role": target.role_name,
        "user": target.user_name,
        "run": report.run,
        "config_digest": target.digest,
        "grants_digest": target.grants_digest,
        "seconds": round(report.seconds, 3),
        "summary": {
            "probes": len(report.results),
            "passed": report.count(Verdict.PASSED),
            "failed": report.count(Verdict.FAILED),
            "inconclusive": report.count(Verdict.INCONCLUSIVE),
        },
        "warnings": list(report.warnings),
        "not_known": report.not_known,
        "probes": [],
    }


def _probe(result: Result) -> ProbeJson:
    probe = result.probe
    return {
        "id": probe.id,
        "group": probe.group,
        "title": probe.title,
        "caller": _caller(probe.caller),
        "call": _call(probe.call, probe.caller),
        "expected": "allowed" if probe.allowed else "denied",
        "layer": probe.layer.value if probe.layer else None,
        "codes": list(probe.codes),
        "verdict": result.verdict.value,
        "observed": result.observed,
        "control": _control(result),
        "cause": None if result.verdict is Verdict.PASSED else probe.cause,
        "runners": sorted(runner.value for runner in probe.runners),
        "seconds": round(result.seconds, 3),
        "evaluated": probe.is_evaluated,
    }


def _control(result: Result) -> ControlJson | None:
    caller = result.probe.control
    if caller is None and result.control_outcome is None:
        return None
    return {"caller": _caller(caller) if caller else None, "outcome": result.control_outcome}


def _caller(caller: ProbeCaller) -> CallerJson:
    who: CallerJson = {"who": caller.identity.name.lower(), "grant": caller.grant.id if caller.grant else None}
    return {**who, "name": caller.name} if caller.name else who


def _call(call: ProbeCall, caller: ProbeCaller) -> CallJson:
    match call:
        case ServiceCall(operation, bucket, key, prefix, source):
            return {
                "type": "service",
                "operation": operation,
                "action": action_of(call),
                "bucket": bucket,
                "key": key,
                "prefix": prefix,
                "source": source,
            }
        case AssumeCall():
            by_token = caller.identity is Identity.TOKEN
            assume: CallJson = {
                "type": "assume",
                "operation": "assume-role-with-web-identity" if by_token else "assume-role",
                "action": "sts:AssumeRoleWithWebIdentity" if by_token else "sts:AssumeRole",
                "duration": call.duration,
                "session_name": call.session_name,
                "source_identity": call.source_identity,
                "external_id": call.external_id is not None,
                "policy_characters": None if call.policy is None else len(call.policy),
            }
            return {**assume, "role": call.role} if call.role else assume
        case StateCheck(aspect, name):
            return {"type": "state", "aspect": aspect, **({"name": name} if name else {})}
        case TrustCheck(principal, context, role, actions):
            trust: CallJson = {"type": "trust", "principal": principal, "context": dict(context)}
            return {**trust, "role": role, "actions": list(actions)} if role else trust
