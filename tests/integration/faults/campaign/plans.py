"""The faults of one run, chosen at random: which kinds, in which operations, how often, and what else happens."""

import random
import re
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.integration.faults.proxy import KINDS, Fault

# A proxy that claims that the service denies a call can't be told from a service that denies it.
_LIES = ("AccessDenied",)
# Each costs the time until the client gives up.
_HANGS = ("hang", "cut-hang")
# Kinds that make a call fail, of all sorts; each run has a few of them.
_SHORT = tuple(kind for kind in KINDS if kind not in (*_LIES, *_HANGS))
_SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
# Calls that make or remove something; a kill next to one of them matters most.
_CHANGES = re.compile(
    r":(Create|Delete|Put|Tag|Untag|Upload|Copy|Complete|Abort|Update|Execute)|:(AssumeRole|GetSigninToken)$"
)


@dataclass(frozen=True)
class Moment:
    """The moment before the call number `calls` (from 1) among those that the regular expression finds."""

    calls: int
    match: str = ""


@dataclass(frozen=True)
class FaultPlan:
    """The faults of a run, with what happens at a moment: the command is killed, or the server is restarted."""

    style: str
    faults: tuple[Fault, ...] = ()
    date_offset: float = 0.0
    restart: Moment | None = None
    # Seconds without a server.
    down: float = 0.0
    kill: Moment | None = None
    sent: signal.Signals | None = None

    def __str__(self) -> str:
        parts = [self.style, *(_fault_text(fault) for fault in self.faults)]
        if self.date_offset:
            parts.append(f"Date {self.date_offset:+.0f} s")
        if self.restart:
            parts.append(f"server restarted at call {self.restart.calls}, {self.down:.1f} s down")
        if self.kill and self.sent:
            parts.append(f"{self.sent.name} at call {self.kill.calls} {self.kill.match}".rstrip())
        return "; ".join(parts)


def _fault_text(fault: Fault) -> str:
    what = f"{fault.kind or 'slow'} {fault.match}".rstrip()
    often = f"{fault.rate:.0%}" if fault.times is None else f"{fault.times} times after {fault.skip}"
    return f"{what} {often}{', takes effect' if fault.takes_effect else ''}{f', {fault.slow:.1f} s' * bool(fault.slow)}"


class Planner:
    """Chooses plans for a command whose run without faults makes the calls `operations`, in this order."""

    def __init__(self, rng: random.Random, operations: Sequence[str]) -> None:
        self._rng = rng
        self._calls = list(operations)
        self._names = sorted(set(operations))

    def faults(self) -> FaultPlan:
        """Return a plan without a kill."""
        styles: dict[Callable[[], FaultPlan], int] = {
            self._sprinkle: 35,
            self._burst: 25,
            self._storm: 8,
            self._dead: 8,
            self._mute: 5,
            self._slow: 8,
            self._clock: 8,
            self._hang: 5,
            self._restart: 8,
        }
        (style,) = self._rng.choices(list(styles), list(styles.values()))
        return style()

    def kill(self) -> FaultPlan:
        """Return a plan in which the command is killed, in a third of the cases with other faults as well."""
        rng = self._rng
        faults = self._sprinkled(0.03) if rng.random() < 0.3 else ()
        changes = [name for name in self._calls if _CHANGES.search(name)]
        if changes and rng.random() < 0.6:
            name = rng.choice(sorted(set(changes)))
            moment = Moment(rng.randint(1, changes.count(name)), self._exactly(name))
        else:
            moment = Moment(rng.randint(1, max(len(self._calls), 1)))
        return FaultPlan("kill", faults, kill=moment, sent=rng.choice(_SIGNALS))

    def _exactly(self, name: str) -> str:
        return f"^{re.escape(name)}$"

    def _match(self) -> str:
        """Return one operation, one service, or all."""
        name = self._rng.choice(self._names)
        return self._rng.choice([self._exactly(name), f"^{name.partition(':')[0]}:", ""])

    def _sprinkled(self, rate: float) -> tuple[Fault, ...]:
        kinds = self._rng.sample(_SHORT, self._rng.randint(1, 5))
        match = self._match()
        # A command that makes few calls meets a fault too.
        calls = sum(bool(re.search(match, name)) for name in self._calls)
        rate = max(rate, min(1.5 / max(calls, 1), 0.4))
        return tuple(
            Fault(kind, match, takes_effect=self._rng.random() < 0.5, rate=rate / len(kinds)) for kind in kinds
        )

    def _sprinkle(self) -> FaultPlan:
        return FaultPlan("sprinkled", self._sprinkled(self._rng.choice([0.01, 0.03, 0.1, 0.3])))

    def _burst(self) -> FaultPlan:
        rng = self._rng
        name = rng.choice(self._names)
        fault = Fault(
            rng.choice(_SHORT),
            self._exactly(name),
            takes_effect=rng.random() < 0.5,
            skip=rng.randrange(max(self._calls.count(name), 1)),
            times=rng.choice([1, 1, 2, 4, 12]),
        )
        return FaultPlan("burst", (fault,))

    def _storm(self) -> FaultPlan:
        kinds = self._rng.sample(_SHORT, 10)
        faults = tuple(Fault(kind, takes_effect=self._rng.random() < 0.5, rate=0.06) for kind in kinds)
        return FaultPlan("storm", faults)

    def _dead(self) -> FaultPlan:
        fault = Fault(self._rng.choice(_SHORT), skip=self._rng.randrange(max(len(self._calls), 1)))
        return FaultPlan("dead", (fault,))

    def _mute(self) -> FaultPlan:
        name = self._rng.choice(self._names)
        return FaultPlan("mute", (Fault(self._rng.choice(_SHORT), self._exactly(name)),))

    def _slow(self) -> FaultPlan:
        slow = Fault(slow=self._rng.uniform(0.1, 1.5), match=self._match(), rate=self._rng.choice([0.1, 0.3]))
        return FaultPlan("slow", (slow, *self._sprinkled(0.03)))

    def _clock(self) -> FaultPlan:
        offset = self._rng.choice([-1, 1]) * self._rng.uniform(20, 1800)
        return FaultPlan("clock", self._sprinkled(0.01) if self._rng.random() < 0.5 else (), date_offset=offset)

    def _hang(self) -> FaultPlan:
        if self._rng.random() < 0.2:
            return FaultPlan("silent", (Fault("hang", skip=self._rng.randrange(max(len(self._calls), 1))),))
        kind, name = self._rng.choice(_HANGS), self._rng.choice(self._names)
        skip = self._rng.randrange(max(self._calls.count(name), 1))
        effect = self._rng.random() < 0.5
        return FaultPlan("hang", (Fault(kind, self._exactly(name), takes_effect=effect, skip=skip, times=1),))

    def _restart(self) -> FaultPlan:
        moment = Moment(self._rng.randint(1, max(len(self._calls), 1)))
        return FaultPlan("restart", self._sprinkled(0.01), restart=moment, down=self._rng.uniform(0, 3))
