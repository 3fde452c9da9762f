"""Many probes at once, fewer while a service is busy, and the verdicts of one after another."""

import threading
import time
from collections import Counter
from types import SimpleNamespace
from typing import cast

import pytest

from temp_access.config.model import Config, Grant
from temp_access.verify.live import in_flight
from temp_access.verify.live.calls import LiveCalls
from temp_access.verify.live.in_flight import InFlight
from temp_access.verify.live.runner import LiveRunner, taking_turns
from temp_access.verify.outcomes import Outcome, OutcomeType
from temp_access.verify.probes import AssumeCall, Identity, Probe, ProbeCall, ProbeCaller, Result, Verdict
from tests.unit.support.config_file import ROOT
from tests.unit.support.planning import plan_of

GRANTS = [Grant(f"g{number:02}", "read-write", f"g{number:02}") for number in range(6)]


@pytest.fixture(scope="module")
def probes() -> tuple[Probe, ...]:
    """Return the probes of six grants, and those of the user and the role."""
    from temp_access.access_file import load

    config: Config = load(ROOT / "access.toml")
    return plan_of(config, GRANTS).probes


class Service:
    """A service that bears `most` calls at a time, and refuses further ones with `code`."""

    def __init__(self, most: int, code: str = "SlowDown") -> None:
        self.most, self.code = most, code
        self.running = self.peak = self.throttled = 0
        self.forgotten: list[str] = []
        self.callers: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.pool = SimpleNamespace(forget=lambda grant: self.forgotten.append(grant.id))

    def answer(self, caller: ProbeCaller, call: ProbeCall, control_call: AssumeCall | None = None) -> Outcome:
        """Allow what a probe expects of its grant, unless too many calls are in flight."""
        with self.lock:
            self.running += 1
            self.peak = max(self.peak, self.running)
            too_many = self.running > self.most
            self.throttled += too_many
        time.sleep(0.002)
        with self.lock:
            self.running -= 1
            if caller.grant:
                self.callers[caller.grant.id] += 1
        if too_many:
            return Outcome(OutcomeType.UNDECIDED, self.code, "reduce your request rate")
        if caller.identity is Identity.DEPLOYER or caller.identity is Identity.ROLE:
            return Outcome(OutcomeType.WORKED)
        return Outcome(OutcomeType.REFUSED, "AccessDenied")

    control = answer


def run_on(service: Service, probes: tuple[Probe, ...], workers: int = 32) -> list[Result]:
    """Run the probes on the service; no probe is repeated for IAM's propagation delays."""
    runner = LiveRunner(cast(LiveCalls, service), deadline=0, names_layers=False, workers=workers)
    return runner.run(probes, lambda _: None)


@pytest.mark.parametrize("code", ["SlowDown", "Throttling"])
def test_nothing_is_inconclusive_because_of_our_own_calls(
    probes: tuple[Probe, ...], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service throttles: fewer calls are in flight, and the throttled ones are repeated."""
    monkeypatch.setattr(in_flight, "_BETWEEN_CUTS", 0.02)
    alone, busy = Service(1000), Service(5, code)

    expected, results = run_on(alone, probes, workers=1), run_on(busy, probes)

    assert busy.throttled
    assert Verdict.INCONCLUSIVE not in {result.verdict for result in results}
    assert [(each.probe.id, each.verdict) for each in results] == [(each.probe.id, each.verdict) for each in expected]


def test_many_calls_are_in_flight_and_never_more_than_the_limit(probes: tuple[Probe, ...]) -> None:
    """Without a busy service."""
    service = Service(1000)
    run_on(service, probes, workers=10)

    assert service.peak == 10


def test_sessions_are_forgotten_after_their_last_probe(probes: tuple[Probe, ...]) -> None:
    """Each once, so that thousands of grants don't fill the memory."""
    service = Service(1000)
    run_on(service, probes)

    assert sorted(service.forgotten) == [grant.id for grant in GRANTS]


def test_a_few_groups_take_turns(probes: tuple[Probe, ...]) -> None:
    """Each probe comes once; a grant begins only when one of those before it is over."""
    order = list(taking_turns(probes))

    assert sorted(probe.id for probe in order) == sorted(probe.id for probe in probes)
    first_groups = {probe.group for probe in order[:8]}
    assert len(first_groups) > 4
    left, open_groups, most = Counter(probe.group for probe in probes), set[str](), 0
    for probe in order:
        open_groups.add(probe.group)
        most = max(most, len(open_groups))
        left[probe.group] -= 1
        if not left[probe.group]:
            open_groups.discard(probe.group)
    assert most <= 8


def test_the_limit_halves_and_grows_again() -> None:
    """Once for calls that are throttled together, and never to zero."""
    limit = InFlight(16)
    assert limit.busy()
    assert limit.busy()
    assert limit.limit == 8
    for _ in range(10_000):
        limit.answered()
    assert limit.limit == 16


def test_a_service_that_stays_busy_isnt_asked_for_ever() -> None:
    """When no call was answered for too long, none is repeated."""
    limit = InFlight(16, patience=0)
    assert not limit.busy()
