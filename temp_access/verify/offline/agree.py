"""Whether the evaluator and the deployed stacks answer alike: where they differ, one of them is wrong."""

from collections.abc import Sequence

from temp_access.verify.model import LIVE_ONLY, Identity, Probe, ProbeCaller, Result, Runner, StateCheck, Verdict
from temp_access.verify.offline.answer import EvaluatorCalls
from temp_access.verify.offline.run import run_offline

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
