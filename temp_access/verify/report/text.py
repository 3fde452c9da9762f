"""Text about probes and groups of probes, which all reports share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from temp_access.terminal_text import redact
from temp_access.verify.operations import OPERATIONS
from temp_access.verify.probes import (
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


def redact_report(report: VerificationReport) -> VerificationReport:
    """Return `report` without secrets in its observations, causes and warnings."""
    return replace(
        report,
        results=tuple(_redacted_result(result) for result in report.results),
        warnings=tuple(redact(warning) for warning in report.warnings),
    )


def _redacted_result(result: Result) -> Result:
    observed, cause = redact(result.observed), redact(result.probe.cause)
    control = result.control_outcome and redact(result.control_outcome)
    depends_on = tuple(map(redact, result.depends_on))
    result = replace(result, depends_on=depends_on) if depends_on != result.depends_on else result
    if (observed, cause, control) == (result.observed, result.probe.cause, result.control_outcome):
        return result
    return replace(result, observed=observed, control_outcome=control, probe=replace(result.probe, cause=cause))


def caller_text(caller: ProbeCaller) -> str:
    """Return a description of the caller, such as `temp-role, narrowed to the grant bob (read-write on bob/)`."""
    grant = caller.grant
    if not grant:
        return str(caller.identity)
    name = f"{grant.id} ({grant.access} on {grant.folder}/)"
    return (
        f"{caller.identity} {name}" if caller.identity is Identity.GRANT else f"{caller.identity}, for the grant {name}"
    )


def call_text(call: ProbeCall) -> str:
    """Return a description of the call and its parameters."""
    match call:
        case ServiceCall():
            return _service_text(call)
        case AssumeCall():
            return _assume_text(call)
        case StateCheck(aspect):
            return f"compare the deployed state with the synthesized template: {aspect}"
        case TrustCheck(principal, context):
            keys = "".join(f", {key} = {value}" for key, value in context)
            return f"evaluate the deployed trust policy for {principal}{keys}"


def action_of(call: ServiceCall) -> str | None:
    """Return the first IAM action that the call's operation needs."""
    operation = OPERATIONS.get(call.operation)
    return operation.action if operation else None


def _service_text(call: ServiceCall) -> str:
    action = action_of(call)
    action = f" ({action})" if action else ""
    resource = f" on s3://{call.bucket}/{call.key}" if call.bucket else ""
    prefix = "" if call.prefix is None else f', prefix "{call.prefix}"'
    source = f", copied from {call.source}" if call.source else ""
    return f"{call.operation}{action}{resource}{prefix}{source}"


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
    """Return the expected outcome, with the layer and error codes of an expected refusal."""
    if isinstance(probe.call, StateCheck):
        return "matches the synthesized template"
    if probe.allowed:
        return "allowed"
    by = f", by the {probe.layer.value}" if probe.layer else ""
    return f"denied{by}" + (f" ({' or '.join(probe.codes)})" if probe.codes else "")


def details(result: Result) -> list[tuple[str, str]]:
    """Return the details of a probe that didn't pass, as pairs of label and text."""
    probe = result.probe
    control = probe.control and f"{caller_text(probe.control)}: {result.control_outcome or 'not called'}"
    cause = "likely cause" if result.verdict is Verdict.FAILED else "if it fails"
    rows = (
        ("probe", probe.id),
        ("caller", caller_text(probe.caller)),
        ("call", call_text(probe.call)),
        ("expected", expected_text(probe)),
        ("observed", result.observed or "nothing"),
        ("control", control or result.control_outcome),
        (cause, probe.cause),
    )
    return [(label, text) for label, text in rows if text]


def target_text(report: VerificationReport) -> str:
    """Return the account, Region and bucket that were verified, and the endpoint if it isn't AWS's."""
    target = report.target
    if target.offline:
        return f"offline, from the templates: bucket {target.bucket}"
    endpoint = f", endpoint {target.endpoint}" if target.endpoint else ""
    return f"account {target.account}, {target.region}, bucket {target.bucket}{endpoint}"


def counts_text(report: VerificationReport) -> str:
    """Return the number of probes with each verdict, and the duration of the run."""
    counts = ", ".join(f"{report.count(verdict)} {verdict}" for verdict in Verdict)
    total = len(report.results)
    live_only = f", {len(report.live_only)} live only" if report.live_only else ""
    return f"{total} probe{'' if total == 1 else 's'}: {counts}{live_only} in {report.seconds:.1f} s"


_SUMMARIES = {
    "deployed state": "matches the template",
    "user": "as in [user]",
    "assume": "as in access.toml",
    "role": "only the bucket",
    "widened": "no more than the role",
    "agreement": "the evaluator agrees",
    "clean-up": "nothing left behind",
}


def group_summary(group: str, probes: Iterable[Probe]) -> str:
    """Return what passing probes of the group show; an empty string for an unknown group."""
    grants = {probe.caller.grant for probe in probes if probe.caller.grant}
    if len(grants) == 1:
        (grant,) = grants
        return f"{grant.access} in {grant.folder}/"
    return _SUMMARIES.get(group, "")


MOST_GROUPS = 100


@dataclass(frozen=True, slots=True)
class Group:
    """The results of the probes of one group, in the order of the report."""

    name: str
    results: tuple[Result, ...]

    def count(self, verdict: Verdict) -> int:
        """Return how many of the group's probes ended with `verdict`."""
        return sum(result.verdict is verdict for result in self.results)

    @property
    def verdict(self) -> Verdict:
        """Failed if one probe failed, else inconclusive if one is, else passed."""
        worst = (Verdict.FAILED, Verdict.INCONCLUSIVE)
        return next((verdict for verdict in worst if self.count(verdict)), Verdict.PASSED)

    @property
    def statement(self) -> str:
        """One line that starts with the verdict, so that it needs no colour."""
        passed, total = self.count(Verdict.PASSED), len(self.results)
        if passed == total:
            return f"ok: {group_summary(self.name, (result.probe for result in self.results)) or 'all probes passed'}"
        return f"{self.verdict.upper()}: {passed}/{total} passed"


def grouped(report: VerificationReport) -> tuple[Group, ...]:
    """Return the groups in the order of their first probes."""
    groups: dict[str, list[Result]] = {}
    for result in report.results:
        groups.setdefault(result.probe.group, []).append(result)
    return tuple(Group(name, tuple(results)) for name, results in groups.items())


def shorten(groups: Sequence[Group], most: int = MOST_GROUPS) -> tuple[list[Group], Group | None]:
    """Return at most `most` groups, preferring those that didn't pass, and the other groups merged into one."""
    if len(groups) <= most:
        return list(groups), None
    chosen = {id(group) for group in sorted(groups, key=lambda g: g.verdict is Verdict.PASSED)[:most]}
    others = [group for group in groups if id(group) not in chosen]
    rest = Group(f"{len(others):,} more groups", tuple(r for group in others for r in group.results))
    return [group for group in groups if id(group) in chosen], rest
