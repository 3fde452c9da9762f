"""Runs probes on the deployed stacks: groups in parallel, with retries and controls."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import groupby

from temp_access.verify.live.calls import LiveCalls
from temp_access.verify.live.cleanup import defer_signals
from temp_access.verify.outcomes import UNREACHABLE, Outcome, OutcomeType, judge, may_be_transient
from temp_access.verify.probes import Identity, Probe, Result, Verdict

_CONFIRMATIONS = 2
# The number of calls in a row without a response, each after boto3's own attempts, that ends the run.
_MAX_UNANSWERED = 8
_NOT_CALLED = Outcome(
    OutcomeType.UNDECIDED, message=f"not called: {_MAX_UNANSWERED} calls in a row got no response; run verify again"
)


class LiveRunner:
    """Runs probes, and repeats those whose verdict IAM's propagation delays could explain.

    `deadline` is the time.monotonic() in seconds after which no probe is repeated.
    """

    def __init__(self, calls: LiveCalls, *, deadline: float, names_layers: bool, workers: int = 8) -> None:
        self._calls = calls
        self._deadline = deadline
        self._names_layers = names_layers
        self._workers = workers
        self._stopped = threading.Event()
        self._unanswered = 0

    def run(self, probes: Sequence[Probe], finished: Callable[[Result], None]) -> list[Result]:
        """Return a result for each of `probes`, in their order; `finished` is called with each result at once."""
        groups = [list(group) for _, group in groupby(probes, key=lambda probe: probe.group)]
        results: dict[str, Result] = {}
        with ThreadPoolExecutor(self._workers, thread_name_prefix="probe") as pool:
            futures = [pool.submit(self._run_group, group, finished) for group in groups]
            try:
                for future in as_completed(futures):
                    results.update((result.probe.id, result) for result in future.result())
            except BaseException:
                self._stopped.set()
                # Running calls may still create something, so the clean-up must wait for them.
                with defer_signals():
                    pool.shutdown(wait=True, cancel_futures=True)
                raise
        return [results[probe.id] for probe in probes]

    def _run_group(self, probes: Sequence[Probe], finished: Callable[[Result], None]) -> list[Result]:
        results = []
        for probe in probes:
            if self._stopped.is_set():
                break
            results.append(self._run(probe))
            finished(results[-1])
        for grant in {probe.caller.grant for probe in probes if probe.caller.identity is Identity.GRANT}:
            if grant:
                self._calls.pool.forget(grant)
        return results

    def _run(self, probe: Probe) -> Result:
        started, pause = time.monotonic(), 0.5
        result, outcome = self._run_once(probe, started)
        while result.verdict is not Verdict.PASSED and may_be_transient(probe, outcome) and self._wait(pause):
            pause = min(pause * 2, 5)
            result, outcome = self._run_once(probe, started)
            if result.verdict is Verdict.PASSED:
                result = self._confirm(probe, started, result)
        return result

    def _confirm(self, probe: Probe, started: float, first: Result) -> Result:
        # After a delay only some servers may have the new state, so one pass may be luck.
        for _ in range(_CONFIRMATIONS):
            self._stopped.wait(0.5)
            repeated, _ = self._run_once(probe, started)
            if repeated.verdict is not Verdict.PASSED:
                return repeated
        return first

    def _run_once(self, probe: Probe, started: float) -> tuple[Result, Outcome]:
        outcome = self._answer(probe)
        control = None
        if probe.control and outcome.kind is OutcomeType.REFUSED:
            control = self._calls.control(probe.control, probe.call)
        verdict, observed = judge(probe, outcome, control, names_layers=self._names_layers)
        seconds, controlled = time.monotonic() - started, control.summary if control else None
        return Result(probe, verdict, observed, seconds, controlled, outcome.depends_on), outcome

    def _answer(self, probe: Probe) -> Outcome:
        # Otherwise hundreds of probes would each wait for boto3's attempts.
        if self._unanswered >= _MAX_UNANSWERED:
            return _NOT_CALLED
        outcome = self._calls.answer(probe.caller, probe.call)
        self._unanswered = self._unanswered + 1 if outcome.code == UNREACHABLE else 0
        return outcome

    def _wait(self, pause: float) -> bool:
        if time.monotonic() + pause > self._deadline:
            return False
        return not self._stopped.wait(pause)
