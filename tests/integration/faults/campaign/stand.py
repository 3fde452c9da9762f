"""A deployment of its own behind a fault proxy, on which a campaign runs its commands."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from temp_access.local_aws.control import start, status, stop
from temp_access.local_aws.state_dir import StateDir, read_json
from tests.integration.deploy.project import FinishedCommand, Project, RunningCommand, run_project
from tests.integration.faults.answers import Answer
from tests.integration.faults.campaign.plans import FaultPlan, Moment
from tests.integration.faults.campaign.server_state import read_state
from tests.integration.faults.proxy import Fault, FaultProxy, point_at

_SECRETS = re.compile(rb"<(SecretAccessKey|SessionToken)>([^<]+)<|\"(SigninToken)\": ?\"([^\"]+)\"")
_RUN = "from temp_access.cli.main import run; run()"
# The local AWS saves a change after 0.4 s; AWS loses none.
_SAVED_SECONDS = 1.2


class CampaignProxy(FaultProxy):
    """A fault proxy that counts its faults, does something at a moment, and knows the secrets that it carried."""

    def plan(self, plan: FaultPlan, actions: Mapping[Moment, Callable[[], object]]) -> None:
        """Make the faults of a plan, and call each action once, at its moment."""
        self.secrets: set[str] = set()
        self.counts: Counter[str] = Counter()
        self.gate = threading.Event()
        self.gate.set()
        self._actions = dict(actions)
        self._seen: Counter[Moment] = Counter()
        self.date_offset = plan.date_offset
        # The proxy counts them down.
        self.make(*(Fault(**vars(fault)) for fault in plan.faults))

    def fault_for(self, name: str) -> Fault | None:
        """Return the fault of the next call, and count it."""
        for action in self._due(name):
            action()
        self.gate.wait()
        fault = super().fault_for(name)
        with self._lock:
            if fault and fault.kind:
                self.counts[fault.kind] += 1
                # Of these kinds, the local AWS always does the call.
                self.counts["(took effect)"] += fault.takes_effect
            if fault and fault.slow:
                self.counts["slow"] += 1
        return fault

    def _due(self, name: str) -> list[Callable[[], object]]:
        due = []
        with self._lock:
            for moment in list(self._actions):
                if re.search(moment.match, name):
                    self._seen[moment] += 1
                    if self._seen[moment] >= moment.calls:
                        due.append(self._actions.pop(moment))
        return due

    def answered(self, answer: Answer) -> None:
        """Keep the secrets of an answer."""
        found = {(one or two).decode() for _, one, _, two in _SECRETS.findall(answer.body)}
        if found:
            with self._lock:
                self.secrets |= found


class Stand:
    """The project, its proxy, and the state before each run, to which `restore` returns."""

    def __init__(self, project: Project, proxy: CampaignProxy, saved: Path) -> None:
        self.project, self.proxy = project, proxy
        self._saved = saved
        self._restarts: list[threading.Thread] = []
        self.before: frozenset[str] = frozenset()

    @property
    def local(self) -> tuple[str, ...]:
        """The options of a command that uses the local AWS."""
        return ("--local", "--state", str(self.project.aws.state_dir))

    def state(self) -> frozenset[str]:
        """Return everything that is there now."""
        return read_state(self.project)

    def start(self, arguments: Sequence[str], before: str = "") -> RunningCommand:
        """Start `temp-access ARGUMENTS` in a process group of its own."""
        out, err = (Path(tempfile.mkstemp(dir=self.project.folder, suffix=suffix)[1]) for suffix in (".out", ".err"))
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-c", f"{before}\n{_RUN}", *arguments],
                cwd=self.project.folder,
                env=self.project.environment,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        self.project.started.append(RunningCommand(process, out, err))
        return self.project.started[-1]

    def finish(self, running: RunningCommand, seconds: float) -> FinishedCommand | None:
        """Wait until the command has ended, and return it; None if it had to be killed."""
        try:
            code: int | None = running.process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = None
        end_group(running.process.pid)
        running.process.wait()
        out, err = (path.read_text(encoding="utf-8", errors="replace") for path in (running.out, running.err))
        for path in (running.out, running.err):
            path.unlink()
        self.project.started.remove(running)
        return None if code is None else FinishedCommand(code, out, err)

    def run(self, *arguments: str, before: str = "") -> FinishedCommand:
        """Run a command without faults."""
        self.proxy.plan(FaultPlan("none"), {})
        ended = self.finish(self.start(arguments, before), 300)
        if ended is None:
            raise RuntimeError(f"without faults, {arguments} didn't end within 300 s")
        return ended

    def begin_restart(self, down: float) -> None:
        """Kill the server with SIGKILL, and start it after `down` seconds; the calls meanwhile fail."""
        self.proxy.gate.clear()
        thread = threading.Thread(target=self._restart, args=(down,))
        self._restarts.append(thread)
        thread.start()

    def _restart(self, down: float) -> None:
        aws = self.project.aws
        time.sleep(_SAVED_SECONDS)
        os.kill(int(status(aws.state_dir).pid or 0), signal.SIGKILL)
        while status(aws.state_dir).running:
            time.sleep(0.02)
        self.proxy.gate.set()
        time.sleep(down)
        self._start_server()

    def wait_for_server(self) -> None:
        """Wait until a restarted server answers."""
        while self._restarts:
            self._restarts.pop().join()

    def _start_server(self) -> None:
        start(self.project.aws.state_dir, port=self.project.aws.port)
        point_at(self.project.aws, self.proxy.port)

    def save(self) -> None:
        """Make the present state the one to which `restore` returns."""
        stop(self.project.aws.state_dir)
        shutil.rmtree(self._saved, ignore_errors=True)
        shutil.copytree(self.project.folder, self._saved, symlinks=True)
        self._start_server()
        self.before = self.state()

    def restore(self) -> None:
        """Return to the saved state."""
        stop(self.project.aws.state_dir)
        for name in ("xdg", "cache"):
            shutil.rmtree(self.project.folder / name, ignore_errors=True)
        for saved in self._saved.iterdir():
            own = self.project.folder / saved.name
            if saved.is_dir() and not saved.is_symlink():
                shutil.rmtree(own, ignore_errors=True)
                shutil.copytree(saved, own, symlinks=True)
            elif not saved.is_symlink():
                shutil.copy2(saved, own)
        self._start_server()

    def forget_sessions(self) -> None:
        """Delete the cached sessions, so that the next command borrows."""
        shutil.rmtree(self.project.folder / "cache", ignore_errors=True)

    def secrets(self) -> set[str]:
        """Return the secrets that the last command could know: those it received, and the keys on this machine."""
        state = StateDir.of(self.project.aws.state_dir)
        files = (state.deployer, *state.users.glob("*.json"))
        return self.proxy.secrets | {str(read_json(path)["SecretAccessKey"]) for path in files}


def end_group(group: int) -> None:
    """Kill what is left of a command's process group."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


@contextmanager
def open_stand(seed: int, copy_of: Path | None = None) -> Iterator[Stand]:
    """Deploy to a local AWS of its own in a new folder, put the proxy before it, and remove both at the end."""
    folder = Path(tempfile.mkdtemp(prefix="temp-access-faults-"))
    try:
        (folder / "project").mkdir()
        with run_project(folder / "project", copy_of=copy_of) as project:
            if copy_of is None:
                project.deploy()
            project.use_assembly()
            proxy = CampaignProxy(project.aws, random.Random(seed).randrange(1 << 32))  # noqa: S311 - not a secret
            stand = Stand(project, proxy, folder / "saved")
            proxy.plan(FaultPlan("none"), {})
            try:
                point_at(project.aws, proxy.port)
                yield stand
            finally:
                proxy.gate.set()
                proxy.stop()
                stand.wait_for_server()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
