"""A probe and its result in plain words, still to be escaped by whoever shows them."""

from temp_access.verify.model import (
    AssumeCall,
    Identity,
    Probe,
    ProbeCall,
    ProbeCaller,
    Result,
    ServiceCall,
    StateCheck,
    TrustCheck,
    Verdict,
    VerificationReport,
)
from temp_access.verify.operations import OPERATIONS


def caller_text(caller: ProbeCaller) -> str:
    """Return who calls, such as `temp-role, narrowed to the grant bob (read-write on bob/)`."""
    grant = caller.grant
    if not grant:
        return str(caller.identity)
    name = f"{grant.id} ({grant.access} on {grant.folder}/)"
    return (
        f"{caller.identity} {name}" if caller.identity is Identity.GRANT else f"{caller.identity}, for the grant {name}"
    )


def call_text(call: ProbeCall) -> str:
    """Return what is called, and with what."""
    match call:
        case ServiceCall():
            return _service_text(call)
        case AssumeCall():
            return _assume_text(call)
        case StateCheck(aspect):
            return f"compare what is deployed with the synthesized template: {aspect}"
        case TrustCheck(principal, context):
            given = "".join(f", {key} = {value}" for key, value in context)
            return f"evaluate the deployed trust policy for {principal}{given}"


def action_of(call: ServiceCall) -> str | None:
    """Return the IAM action that the call's operation needs first."""
    operation = OPERATIONS.get(call.operation)
    return operation.action if operation else None


def _service_text(call: ServiceCall) -> str:
    action = action_of(call)
    needs = f" ({action})" if action else ""
    where = f" on s3://{call.bucket}/{call.key}" if call.bucket else ""
    prefix = "" if call.prefix is None else f', prefix "{call.prefix}"'
    return f"{call.operation}{needs}{where}{prefix}" + (f", copied from {call.source}" if call.source else "")


def _assume_text(call: AssumeCall) -> str:
    parts = (
        f"sts:AssumeRole, session name {call.session_name}",
        call.duration is not None and f"duration {call.duration} s",
        call.policy is not None and f"session policy of {len(call.policy or '')} characters",
        call.source_identity is not None and f"source identity {call.source_identity}",
        call.external_id is not None and "external id",
    )
    return ", ".join(part for part in parts if part)


def expected_text(probe: Probe) -> str:
    """Return what must come of the probe, and by which layer or code."""
    if isinstance(probe.call, StateCheck):
        return "as the synthesized template says"
    if probe.allowed:
        return "allowed"
    by = f", by the {probe.layer.value}" if probe.layer else ""
    return f"denied{by}" + (f" ({' or '.join(probe.codes)})" if probe.codes else "")


def details(result: Result) -> list[tuple[str, str]]:
    """Return everything to be known about a probe that didn't pass, as pairs of label and text."""
    probe = result.probe
    control = probe.control and f"{caller_text(probe.control)}: {result.control or 'not called'}"
    cause = "likely cause" if result.verdict is Verdict.FAILED else "if it fails"
    rows = (
        ("probe", probe.id),
        ("who", caller_text(probe.caller)),
        ("call", call_text(probe.call)),
        ("expected", expected_text(probe)),
        ("happened", result.observed or "nothing was said"),
        ("control", control or result.control),
        (cause, probe.cause),
    )
    return [(label, text) for label, text in rows if text]


def target_text(report: VerificationReport) -> str:
    """Return what was verified: account, Region, bucket, and the endpoint where it isn't AWS's."""
    target = report.target
    if target.offline:
        return f"offline, from the templates: bucket {target.bucket}"
    at = f", endpoint {target.endpoint}" if target.endpoint else ""
    return f"account {target.account}, {target.region}, bucket {target.bucket}{at}"


def counts_text(report: VerificationReport) -> str:
    """Return the counts of all verdicts, and the seconds that the run took."""
    counts = ", ".join(f"{report.count(verdict)} {verdict}" for verdict in Verdict)
    total = len(report.results)
    left_out = f", {len(report.live_only)} live only" if report.live_only else ""
    return f"{total} probe{'' if total == 1 else 's'}: {counts}{left_out} in {report.seconds:.1f} s"
