"""Runs probes on the deployed stacks: many in parallel, with retries and controls."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import groupby, islice, zip_longest

from temp_access.aws.answers import THROTTLED
from temp_access.verify.live.calls import LiveCalls
from temp_access.verify.live.cleanup import defer_signals
from temp_access.verify.live.in_flight import InFlight
from temp_access.verify.outcomes import UNREACHABLE, Outcome, OutcomeType, judge, may_be_transient
from temp_access.verify.probes import Probe, Result, Verdict

_CONFIRMATIONS = 2
MOST_IN_FLIGHT = 32
# Probes of this many groups take turns. Each grant's session has clients of its own, which take memory.
_GROUPS_AT_ONCE = 8
# The number of calls in a row without a response, each after boto3's own attempts, that ends the run.
_MAX_UNANSWERED = 8
_NOT_CALLED = Outcome(
    OutcomeType.UNDECIDED, message=f"not called: {_MAX_UNANSWERED} calls in a row got no response; run verify again"
)


class LiveRunner:
    """Runs probes, and repeats those whose verdict IAM's propagation delays could explain.

    `deadline` is the time.monotonic() in seconds after which no probe is repeated.
    """

    def __init__(self, calls: LiveCalls, *, deadline: float, names_layers: bool, workers: int = MOST_IN_FLIGHT) -> None:
        self._calls = calls
        self._deadline = deadline
        self._names_layers = names_layers
        self._in_flight = InFlight(workers)
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._unanswered = 0

    def run(self, probes: Sequence[Probe], finished: Callable[[Result], None]) -> list[Result]:
        """Return a result for each of `probes`, in their order; `finished` is called with each result at once."""
        results: dict[str, Result] = {}
        queue, left = taking_turns(probes), Counter(probe.group for probe in probes)
        workers = min(self._in_flight.most, len(probes)) or 1
        with ThreadPoolExecutor(workers, thread_name_prefix="probe") as pool:
            futures = [pool.submit(self._work, queue, left, results, finished) for _ in range(workers)]
            try:
                for future in as_completed(futures):
                    future.result()
            except BaseException:
                self._stopped.set()
                # Running calls may still create something, so the clean-up must wait for them.
                with defer_signals():
                    pool.shutdown(wait=True, cancel_futures=True)
                raise
        return [results[probe.id] for probe in probes]

    def _work(
        self,
        queue: Iterator[Probe],
        left: Counter[str],
        results: dict[str, Result],
        finished: Callable[[Result], None],
    ) -> None:
        while not self._stopped.is_set():
            with self._lock:
                probe = next(queue, None)
            if probe is None:
                return
            result = self._run(probe)
            finished(result)
            with self._lock:
                results[probe.id] = result
                left[probe.group] -= 1
                is_last = not left[probe.group]
            if is_last and probe.caller.grant:
                self._calls.pool.forget(probe.caller.grant)

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
        outcome = self._answer(lambda: self._calls.answer(probe.caller, probe.call))
        control = None
        if (caller := probe.control) and outcome.kind is OutcomeType.REFUSED:
            control = self._answer(lambda: self._calls.control(caller, probe.call, probe.control_call))
        verdict, observed = judge(probe, outcome, control, names_layers=self._names_layers)
        seconds, controlled = time.monotonic() - started, control.summary if control else None
        depends_on = (outcome.depends_on or probe.depends_on) if verdict is Verdict.INCONCLUSIVE else ()
        return Result(probe, verdict, observed, seconds, controlled, depends_on), outcome

    def _answer(self, call: Callable[[], Outcome]) -> Outcome:
        started, pause = time.monotonic(), 0.2
        while True:
            outcome = self._call(call)
            if not _is_busy(outcome):
                if outcome.code != UNREACHABLE:
                    self._in_flight.answered()
                return outcome
            # Too many calls of our own may be the reason, so this is no outcome of the probe yet.
            is_over = not self._in_flight.busy() or time.monotonic() - started > self._in_flight.patience
            if is_over or self._stopped.wait(pause):
                return outcome
            pause = min(pause * 2, 2)

    def _call(self, call: Callable[[], Outcome]) -> Outcome:
        with self._in_flight.slot():
            # Otherwise hundreds of probes would each wait for all attempts.
            if self._unanswered >= _MAX_UNANSWERED:
                return _NOT_CALLED
            outcome = call()
        with self._lock:
            self._unanswered = self._unanswered + 1 if outcome.code == UNREACHABLE else 0
        return outcome

    def _wait(self, pause: float) -> bool:
        if time.monotonic() + pause > self._deadline:
            return False
        return not self._stopped.wait(pause)


def _is_busy(outcome: Outcome) -> bool:
    return outcome.kind is OutcomeType.UNDECIDED and outcome.code in THROTTLED


def taking_turns(probes: Sequence[Probe]) -> Iterator[Probe]:
    """Yield all of `probes`, those of some groups in turn, so that no group waits for one caller's credentials."""
    groups = (list(group) for _, group in groupby(probes, key=lambda probe: probe.group))
    while some := list(islice(groups, _GROUPS_AT_ONCE)):
        for turn in zip_longest(*some):
            yield from (probe for probe in turn if probe is not None)
