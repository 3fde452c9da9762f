"""The offline run of a verification, and the cross-check of a live run with the evaluator."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TextIO

from temp_access.config.model import Config
from temp_access.deployment.effective_policies import EffectivePolicies
from temp_access.deployment.target import Target
from temp_access.deployment.unread_effects import Unread
from temp_access.policies.session_policy import PolicyForGrant, session_policy_for
from temp_access.verify.offline.answers import EvaluatorCalls
from temp_access.verify.offline.results import OfflineResults
from temp_access.verify.outcomes import OutcomeType, judge
from temp_access.verify.plan.assume_role import baseline_call, first_address
from temp_access.verify.plan.impersonation import TokenClaims
from temp_access.verify.plan.plan import ProbePlan
from temp_access.verify.probes import (
    LIVE_ONLY,
    Identity,
    Probe,
    ProbeCaller,
    Result,
    Runner,
    StateCheck,
    Verdict,
    VerificationReport,
)
from temp_access.verify.report.terminal import ProgressView


def evaluator_calls(
    config: Config,
    policies: EffectivePolicies,
    policy_of: PolicyForGrant | None = None,
    unread: tuple[Unread, ...] = (),
    tokens: Mapping[str, TokenClaims] | None = None,
) -> EvaluatorCalls:
    """Return the evaluator for a deployment; all calls come from an address that access.toml allows.

    `unread` is what isn't read in the templates, and makes the outcomes that it can change undecided. `tokens` are the
    claims of the tokens that were handed in.
    """
    return EvaluatorCalls(
        policies,
        config,
        baseline_call(config),
        policy_of or session_policy_for(bucket=policies.target.bucket, partition=policies.target.partition),
        first_address(config),
        unread,
        tokens,
    )


def verify_offline(
    plan: ProbePlan,
    calls: EvaluatorCalls,
    target: Target,
    run: str,
    stream: TextIO,
    *,
    quiet: bool = False,
) -> VerificationReport:
    """Return the report on the probes that the evaluator can answer."""
    started = time.monotonic()
    sizes = plan.group_sizes(Runner.OFFLINE)
    results = OfflineResults(partial(_offline, plan))
    with ProgressView(sizes.total(), stream, group_sizes=sizes, quiet=quiet) as progress:
        for result in run_offline(_offline(plan), calls):
            results.add(result)
            progress.finished(result)
    return VerificationReport(
        target=target,
        run=run,
        results=results,
        warnings=plan.warnings,
        live_only=plan.group_sizes(Runner.LIVE).total() - sizes.total(),
        seconds=time.monotonic() - started,
    )


def _offline(probes: Iterable[Probe]) -> Iterator[Probe]:
    return (probe for probe in probes if Runner.OFFLINE in probe.runners)


def run_offline(probes: Iterable[Probe], calls: EvaluatorCalls) -> Iterator[Result]:
    """Yield the result of each of `probes`."""
    previous, grant = "", None
    for probe in probes:
        started = time.monotonic()
        caller = probe.caller
        if grant and previous != probe.group:
            calls.forget(grant)
        previous, grant = probe.group, caller.grant
        outcome = calls.answer(caller, probe.call)
        control = None
        if probe.control and outcome.kind is OutcomeType.REFUSED:
            control = calls.control(probe.control, probe.call, probe.control_call)
        verdict, observed = judge(probe, outcome, control, names_layers=True)
        depends_on = outcome.depends_on or probe.depends_on or (control.depends_on if control else ())
        yield Result(
            probe,
            verdict,
            observed,
            time.monotonic() - started,
            control.summary if control else None,
            depends_on if verdict is Verdict.INCONCLUSIVE else (),
        )


_MAX_SHOWN = 5


def cross_check(results: Sequence[Result], calls: EvaluatorCalls) -> Result:
    """Return the result of comparing each live verdict with the evaluator's, except inconclusive ones.

    It is inconclusive if all compared verdicts are the same, and others are unknown to the evaluator.
    """
    decided = {
        result.probe.id: result
        for result in results
        if Runner.OFFLINE in result.probe.runners and result.verdict is not Verdict.INCONCLUSIVE
    }
    differing, compared = [], 0
    not_known: Counter[str] = Counter()
    for offline in run_offline([result.probe for result in decided.values()], calls):
        if offline.verdict is Verdict.INCONCLUSIVE:
            not_known.update(offline.depends_on or [offline.observed])
            continue
        compared += 1
        live = decided[offline.probe.id]
        if live.verdict is not offline.verdict:
            differing.append(f"{offline.probe.id} (live: {live.observed}; evaluator: {offline.observed})")
    probe = Probe(
        id="agreement/evaluator",
        group="agreement",
        title="the evaluator reaches the same verdicts from the templates",
        caller=ProbeCaller(Identity.DEPLOYER),
        call=StateCheck("agreement"),
        allowed=True,
        cause="the deployed state differs from the templates (see the group deployed state), or the evaluator is wrong",
        runners=LIVE_ONLY,
    )
    if not differing and (not_known or not compared):
        reasons = f"; {len(decided) - compared} depend on {'; on '.join(not_known)}" if not_known else ""
        return Result(probe, Verdict.INCONCLUSIVE, f"the same verdict for {compared} probes{reasons}")
    if not differing:
        return Result(probe, Verdict.PASSED, f"the same verdict for {compared} probes")
    more = f", and {len(differing) - _MAX_SHOWN} more" if len(differing) > _MAX_SHOWN else ""
    return Result(
        probe, Verdict.FAILED, f"{len(differing)} of {compared} differ: {'; '.join(differing[:_MAX_SHOWN])}{more}"
    )
