"""Text about probes and groups of probes, which all reports share."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import overload

from temp_access.policies.access_modes import grant_access
from temp_access.terminal_text import redact
from temp_access.verify.operations import OPERATIONS
from temp_access.verify.probes import (
    GRANT_ROLES,
    AssumeCall,
    CountedResults,
    Group,
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
    grouped,
)


class RedactedResults(CountedResults):
    """Results without secrets, each redacted when it is read."""

    def __init__(self, results: Sequence[Result]) -> None:
        self._results = results
        self._groups = {
            name: replace(group, depends_on=Counter({redact(each): n for each, n in group.depends_on.items()}))
            for name, group in grouped(results).items()
        }

    @property
    def groups(self) -> Mapping[str, Group]:
        """The groups by name, in the order of their first probes."""
        return self._groups

    def __len__(self) -> int:
        """Return the number of results."""
        return len(self._results)

    def __iter__(self) -> Iterator[Result]:
        """Yield each result, redacted."""
        return map(_redacted_result, self._results)

    @overload
    def __getitem__(self, index: int) -> Result: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Result]: ...
    def __getitem__(self, index: int | slice) -> Result | Sequence[Result]:
        """Return one result or some, redacted."""
        chosen = self._results[index]
        return _redacted_result(chosen) if isinstance(chosen, Result) else tuple(map(_redacted_result, chosen))


def redact_report(report: VerificationReport) -> VerificationReport:
    """Return `report` without secrets in its observations, causes and warnings."""
    return replace(
        report,
        results=RedactedResults(report.results),
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
        return f"{caller.identity} {caller.name}" if caller.name else str(caller.identity)
    name = f"{grant.id} ({grant_access(grant).name} on {grant.folder}/)"
    if caller.identity in GRANT_ROLES:
        by = f"borrowed by {caller.name}" if caller.name else "evaluated, because the run can be no borrower"
        return f"{caller.identity}: {name}, {by}"
    return (
        f"{caller.identity} {name}" if caller.identity is Identity.GRANT else f"{caller.identity}, for the grant {name}"
    )


def call_text(call: ProbeCall, caller: ProbeCaller) -> str:
    """Return a description of the call and its parameters."""
    match call:
        case ServiceCall():
            return _service_text(call)
        case AssumeCall():
            text = _assume_text(call)
            web = caller.identity is Identity.TOKEN
            return text.replace("AssumeRole", "AssumeRoleWithWebIdentity", 1) if web else text
        case StateCheck(aspect, name):
            of = f" of {name}" if name else ""
            return f"compare the deployed state with the synthesized template: {aspect}{of}"
        case TrustCheck(principal, context, role, actions):
            keys = "".join(f", {key} = {value}" for key, value in context)
            what = f"trust policy of {role} for {' and '.join(actions)} by" if role else "trust policy for"
            return f"evaluate the deployed {what} {principal}{keys}"


def action_of(call: ServiceCall) -> str | None:
    """Return the first IAM action that the call's operation needs."""
    operation = OPERATIONS.get(call.operation)
    return operation.action if operation else None


def _service_text(call: ServiceCall) -> str:
    action = action_of(call)
    action = f" ({action})" if action else ""
    resource = f" on s3://{call.bucket}/{call.key}" if call.bucket else f" on {call.key}" if call.key else ""
    prefix = "" if call.prefix is None else f', prefix "{call.prefix}"'
    source = f", copied from {call.source}" if call.source else ""
    return f"{call.operation}{action}{resource}{prefix}{source}"


def _assume_text(call: AssumeCall) -> str:
    parts = (
        f"sts:AssumeRole{f' of {call.role}' if call.role else ''}, session name {call.session_name}",
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
        ("call", call_text(probe.call, probe.caller)),
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
    live_only = f", {report.live_only} live only" if report.live_only else ""
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


def group_summary(group: Group) -> str:
    """Return what passing probes of the group show; an empty string for an unknown group."""
    if len(group.grants) == 1:
        (grant,) = group.grants
        return f"{grant_access(grant).name} in {grant.folder}/" + (", by its borrowers" if grant.borrowers else "")
    if group.name.startswith("users."):
        return "only the roles of its grants"
    return _SUMMARIES.get(group.name, "")


def statement(group: Group) -> str:
    """Return one line on the group that starts with the verdict, so that it needs no colour."""
    passed, total = group.count(Verdict.PASSED), group.total
    if passed == total:
        return f"ok: {group_summary(group) or 'all probes passed'}"
    return f"{group.verdict.upper()}: {passed}/{total} passed"


MOST_GROUPS = 100


def shorten(groups: Sequence[Group], most: int = MOST_GROUPS) -> tuple[list[Group], Group | None]:
    """Return at most `most` groups, preferring those that didn't pass, and the other groups merged into one."""
    if len(groups) <= most:
        return list(groups), None
    chosen = {group.name for group in sorted(groups, key=lambda g: g.verdict is Verdict.PASSED)[:most]}
    others = [group for group in groups if group.name not in chosen]
    verdicts = sum((group.verdicts for group in others), Counter[Verdict]())
    rest = Group(f"{len(others):,} more groups", verdicts, [grant for group in others for grant in group.grants])
    return [group for group in groups if group.name in chosen], rest
