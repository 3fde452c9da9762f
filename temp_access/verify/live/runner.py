"""Running the plan on the deployed stacks: groups side by side, delays waited for, refusals controlled."""

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
# So many calls without an answer in a row, each after boto3's own attempts: the service is gone.
_GIVE_UP = 8
_GONE = Outcome(
    OutcomeType.UNDECIDED, message=f"not called: before it, {_GIVE_UP} calls in a row got no answer; run verify again"
)


class LiveRunner:
    """Runs probes; a verdict that a delay of IAM could explain is tried again until `deadline`.

    `deadline` is a time of time.monotonic(), in seconds.
    """

    def __init__(self, calls: LiveCalls, *, deadline: float, names_layers: bool, workers: int = 8) -> None:
        self._answerer = calls
        self._deadline = deadline
        self._names_layers = names_layers
        self._workers = workers
        self._stopped = threading.Event()
        self._unanswered = 0

    def run(self, probes: Sequence[Probe], finished: Callable[[Result], None]) -> list[Result]:
        """Return a result for each of `probes`, in their order; `finished` hears each as it comes."""
        groups = [list(group) for _, group in groupby(probes, key=lambda probe: probe.group)]
        results: dict[str, Result] = {}
        with ThreadPoolExecutor(self._workers, thread_name_prefix="probe") as pool:
            futures = [pool.submit(self._run_group, group, finished) for group in groups]
            try:
                for future in as_completed(futures):
                    results.update((result.probe.id, result) for result in future.result())
            except BaseException:
                self._stopped.set()
                # A call that is under way may still make something, which the clean-up must see.
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
                self._answerer.pool.forget(grant)
        return results

    def _run(self, probe: Probe) -> Result:
        started, pause = time.monotonic(), 0.5
        result, seen = self._once(probe, started)
        while result.verdict is not Verdict.PASSED and may_be_transient(probe, seen) and self._wait(pause):
            pause = min(pause * 2, 5)
            result, seen = self._once(probe, started)
            if result.verdict is Verdict.PASSED:
                result = self._confirmed(probe, started, result)
        return result

    def _confirmed(self, probe: Probe, started: float, first: Result) -> Result:
        # What has just become known is known by some servers only: one pass may be luck.
        for _ in range(_CONFIRMATIONS):
            self._stopped.wait(0.5)
            again, _seen = self._once(probe, started)
            if again.verdict is not Verdict.PASSED:
                return again
        return first

    def _once(self, probe: Probe, started: float) -> tuple[Result, Outcome]:
        seen = self._answer(probe)
        control = None
        if probe.control and seen.kind is OutcomeType.REFUSED:
            control = self._answerer.control(probe.control, probe.call)
        verdict, text = judge(probe, seen, control, names_layers=self._names_layers)
        return (
            Result(probe, verdict, text, time.monotonic() - started, control.summary if control else None),
            seen,
        )

    def _answer(self, probe: Probe) -> Outcome:
        # Hundreds of probes would each wait for boto3's attempts to fail.
        if self._unanswered >= _GIVE_UP:
            return _GONE
        seen = self._answerer.answer(probe.caller, probe.call)
        self._unanswered = self._unanswered + 1 if seen.code == UNREACHABLE else 0
        return seen

    def _wait(self, pause: float) -> bool:
        if time.monotonic() + pause > self._deadline:
            return False
        return not self._stopped.wait(pause)
