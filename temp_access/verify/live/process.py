"""The process of a run: which machine, which start of it, which process; and whether it has ended."""

import os
import platform
import subprocess
import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class ProcessState(Enum):
    """What is known of a process: UNKNOWN is one of another machine, or of another container."""

    RUNNING = "running"
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RunProcess:
    """A process by its id and its start, on one machine since one boot, in one process namespace, of one user.

    `start` counts the clock ticks since the boot on Linux, and is a date elsewhere; `namespace` is empty there.
    """

    host: str
    boot: str
    namespace: str
    pid: int
    start: str
    owner: int

    def state(self, since: float) -> ProcessState:
        """Return what is known of the process, whose run began at the time `since` (seconds since the epoch)."""
        here = this_process()
        if self.boot == here.boot and self.host == here.host:
            if self.namespace != here.namespace:
                return ProcessState.UNKNOWN
            is_running = self.start != "" and _start(self.pid) == self.start
            return ProcessState.RUNNING if is_running else ProcessState.ENDED
        # Machines that were cloned can have one name; what began after this boot isn't this machine's.
        rebooted = self.host == here.host and since < _boot_time()
        return ProcessState.ENDED if rebooted else ProcessState.UNKNOWN


def this_process() -> RunProcess:
    """Return this process."""
    pid = os.getpid()
    return RunProcess(_host(), _boot(), _namespace(), pid, _start(pid), os.geteuid())


def _host() -> str:
    return f"{platform.node()} {_read('/etc/machine-id')}".strip()


def _boot() -> str:
    return _read("/proc/sys/kernel/random/boot_id") or _output("sysctl", "-n", "kern.bootsessionuuid")


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def _boot_time() -> float:
    uptime = _read("/proc/uptime").split()
    # Without it, no run is known to be older than this boot.
    return time.time() - float(uptime[0]) if uptime else 0.0


def _start(pid: int) -> str:
    """Return when the process started, empty if it has ended: it distinguishes it from a later one with its id."""
    if os.path.exists("/proc/self/stat"):
        fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
        # A zombie has ended; in a container there may be no parent that reaps it.
        return fields[19] if len(fields) > 19 and fields[0] not in "ZX" else ""
    return _output("ps", "-o", "lstart=", "-p", str(pid))


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _output(*command: str) -> str:
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return ended.stdout.strip()
