"""Running the plan with the evaluator, against the synthesized templates."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TextIO

from temp_access.config.model import Config
from temp_access.verify.judge import judge
from temp_access.verify.model import Identity, Probe, Result, Runner, Target, VerificationReport
from temp_access.verify.observe import OutcomeType
from temp_access.verify.offline.answer import EvaluatorCalls
from temp_access.verify.offline.layers import EffectivePolicies, ManagedDocument
from temp_access.verify.plan.assuming import baseline_call
from temp_access.verify.plan.plan import ProbePlan
from temp_access.verify.report.progress import ProgressView
from temp_access.verify.sent import PolicyForGrant, session_policy_for
from temp_access.verify.state.model import State

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
        policy_of or session_policy_for(target),
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
