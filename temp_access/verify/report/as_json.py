"""The report for programs, in the shape that `temp_access.verify.report.schema` documents."""

import json

from temp_access.verify.model import (
    AssumeCall,
    ProbeCall,
    ProbeCaller,
    Result,
    ServiceCall,
    StateCheck,
    TrustCheck,
    Verdict,
    VerificationReport,
)
from temp_access.verify.report.describe import action_of
from temp_access.verify.report.redact import redact_report
from temp_access.verify.report.schema import CallerJson, CallJson, ControlJson, ProbeJson, ReportJson


def to_json(report: VerificationReport) -> str:
    """Return the report as JSON, in ASCII, with a line end."""
    return json.dumps(_report(redact_report(report)), indent=2) + "\n"


def _report(report: VerificationReport) -> ReportJson:
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
        "seconds": round(report.seconds, 3),
        "summary": {
            "probes": len(report.results),
            "passed": report.count(Verdict.PASSED),
            "failed": report.count(Verdict.FAILED),
            "inconclusive": report.count(Verdict.INCONCLUSIVE),
        },
        "warnings": list(report.warnings),
        "probes": [_probe(result) for result in report.results],
    }


def _probe(result: Result) -> ProbeJson:
    probe = result.probe
    return {
        "id": probe.id,
        "group": probe.group,
        "title": probe.title,
        "caller": _caller(probe.caller),
        "call": _call(probe.call),
        "expected": "allowed" if probe.allowed else "denied",
        "layer": probe.layer.value if probe.layer else None,
        "codes": list(probe.codes),
        "verdict": result.verdict.value,
        "observed": result.observed,
        "control": _control(result),
        "cause": None if result.verdict is Verdict.PASSED else probe.cause,
        "runners": sorted(runner.value for runner in probe.runners),
        "seconds": round(result.seconds, 3),
    }


def _control(result: Result) -> ControlJson | None:
    caller = result.probe.control
    if caller is None and result.control is None:
        return None
    return {"caller": _caller(caller) if caller else None, "outcome": result.control}


def _caller(caller: ProbeCaller) -> CallerJson:
    return {"who": caller.identity.name.lower(), "grant": caller.grant.id if caller.grant else None}


def _call(call: ProbeCall) -> CallJson:
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
            return {
                "type": "assume",
                "operation": "assume-role",
                "action": "sts:AssumeRole",
                "duration": call.duration,
                "session_name": call.session_name,
                "source_identity": call.source_identity,
                "external_id": call.external_id is not None,
                "policy_characters": None if call.policy is None else len(call.policy),
            }
        case StateCheck(aspect):
            return {"type": "state", "aspect": aspect}
        case TrustCheck(principal, context):
            return {"type": "trust", "principal": principal, "context": dict(context)}
