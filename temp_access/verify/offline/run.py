"""Offline run; cross-check with a live run."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TextIO

from temp_access.config.model import Config
from temp_access.deployment.effective_policies import EffectivePolicies, ManagedDocument
from temp_access.deployment.state import State
from temp_access.deployment.target import Target
from temp_access.policies.session_policy import PolicyForGrant, session_policy_for
from temp_access.verify.offline.answers import EvaluatorCalls
from temp_access.verify.outcomes import OutcomeType, judge
from temp_access.verify.plan.assume_role import baseline_call
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

_ANYWHERE = "192.0.2.1"


def evaluator_calls(
    config: Config, target: Target, state: State, managed: ManagedDocument, policy_of: PolicyForGrant | None = None
) -> EvaluatorCalls:
    """Return an answerer for `state`; calls are taken to come from the first source range that the file has."""
    networks = config.role.conditions.source_ip
    return EvaluatorCalls(
        EffectivePolicies(state, managed),
        config,
        target,
        baseline_call(config),
        policy_of or session_policy_for(bucket=target.bucket, partition=target.partition),
        networks[0].partition("/")[0] if networks else _ANYWHERE,
    )


def verify_offline(
    plan: ProbePlan,
    answerer: EvaluatorCalls,
    target: Target,
    run: str,
    stream: TextIO,
    *,
    quiet: bool = False,
) -> VerificationReport:
    """Answer every probe that the evaluator can answer, and return the report."""
    started = time.monotonic()
    mine = [probe for probe in plan.probes if Runner.OFFLINE in probe.runners]
    sizes = Counter(probe.group for probe in mine)
    with ProgressView(len(mine), stream, group_sizes=sizes, quiet=quiet) as progress:
        results = tuple(run_offline(mine, answerer, progress.finished))
    return VerificationReport(
        target=target,
        run=run,
        results=results,
        warnings=plan.warnings,
        live_only=tuple(probe for probe in plan.probes if Runner.OFFLINE not in probe.runners),
        seconds=time.monotonic() - started,
    )


def run_offline(
    probes: Sequence[Probe], answerer: EvaluatorCalls, finished: Callable[[Result], None]
) -> Iterator[Result]:
    """Yield the result of each of `probes`."""
    previous = None
    for probe in probes:
        started = time.monotonic()
        if (
            previous
            and previous.group != probe.group
            and previous.caller.identity is Identity.GRANT
            and previous.caller.grant
        ):
            answerer.forget(previous.caller.grant)
        previous = probe
        seen = answerer.answer(probe.caller, probe.call)
        control = None
        if probe.control and seen.kind is OutcomeType.REFUSED:
            control = answerer.control(probe.control, probe.call)
        verdict, text = judge(probe, seen, control, names_layers=True)
        result = Result(probe, verdict, text, time.monotonic() - started, control.text if control else None)
        finished(result)
        yield result


_SHOWN = 5


def cross_check(results: Sequence[Result], answerer: EvaluatorCalls) -> Result:
    """Return one more result: that each live verdict is the evaluator's too; undecided ones aren't compared."""
    decided = {
        result.probe.id: result
        for result in results
        if Runner.OFFLINE in result.probe.runners and result.verdict is not Verdict.INCONCLUSIVE
    }
    differing, compared = [], 0
    for offline in run_offline([result.probe for result in decided.values()], answerer, lambda _: None):
        if offline.verdict is Verdict.INCONCLUSIVE:
            continue
        compared += 1
        live = decided[offline.probe.id]
        if live.verdict is not offline.verdict:
            differing.append(f"{offline.probe.id} (live: {live.observed}; evaluator: {offline.observed})")
    probe = Probe(
        id="agreement/evaluator",
        group="agreement",
        title="the evaluator, asked about the templates, answers as the deployed stacks do",
        caller=ProbeCaller(Identity.DEPLOYER),
        call=StateCheck("agreement"),
        allowed=True,
        cause="what is deployed isn't what the templates say (see the deployed state), or the evaluator is wrong",
        runners=LIVE_ONLY,
    )
    if not differing:
        return Result(probe, Verdict.PASSED, f"{compared} probes answered alike")
    more = f", and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
    return Result(
        probe, Verdict.FAILED, f"{len(differing)} of {compared} differ: {'; '.join(differing[:_SHOWN])}{more}"
    )
