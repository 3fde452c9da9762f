"""Measure `temp-access verify` at a distance: `python benchmarks/distance.py [--round-trip MS]`.

Run it in the folder of a project that is deployed to its local AWS (`make demo`). A proxy on loopback adds the round
trip. The figure is the time of the command as a share of the time that its requests would take one after another.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from delay_proxy import delayed

from temp_access.local_aws.client import CONFLICTING_VARIABLES
from temp_access.local_aws.control import environment, status
from temp_access.local_aws.state_dir import DEFAULT_STATE, StateDir

GOAL = 0.2


class Run(NamedTuple):
    """One run: its seconds, the requests and connections that it made, and its numbers of verdicts."""

    seconds: float
    requests: int
    connections: int
    verdicts: dict[str, int]


def main() -> int:
    """Measure, print, and return 1 if the goal is missed or a probe didn't pass."""
    parser = argparse.ArgumentParser(description="Measure verify at a distance.")
    parser.add_argument("--state", type=Path, default=DEFAULT_STATE, help="the state folder of the local AWS")
    parser.add_argument("--round-trip", type=float, default=50, metavar="MS", help="default: %(default)s")
    parser.add_argument("--runs", type=int, default=3, help="default: %(default)s")
    args = parser.parse_args()
    runs = [measure(args.state, args.round_trip / 1000) for _ in range(args.runs)]
    for run in runs:
        print(f"{run.requests} requests, {run.connections} connections, {run.seconds:.1f} s: {run.verdicts}")
    share = median(share_of(run, args.round_trip / 1000) for run in runs)
    passed = all(run.verdicts["passed"] == run.verdicts["probes"] for run in runs)
    print(f"{share:.2f} of the time one after another, goal {GOAL}: {'met' if share <= GOAL else 'MISSED'}")
    return 0 if share <= GOAL and passed else 1


def share_of(run: Run, round_trip: float) -> float:
    """Return the time of `run` as a share of one round trip for each request."""
    return run.seconds / (run.requests * round_trip)


def measure(state: Path, round_trip: float) -> Run:
    """Verify the deployment in the local AWS of `state` once, through a proxy; `round_trip` is in seconds."""
    port = status(state).port
    folder = StateDir.of(state)
    inherited = {name: value for name, value in os.environ.items() if name not in CONFLICTING_VARIABLES}
    with (
        delayed(port, folder.certificate, folder.private_key, round_trip) as proxy,
        tempfile.TemporaryDirectory() as home,
    ):
        report = Path(home) / "report.json"
        environ = {**inherited, **environment(state), "AWS_ENDPOINT_URL": f"https://127.0.0.1:{proxy.port}"}
        command = [str(Path(sys.executable).parent / "temp-access"), "verify", "--quiet", "--json", str(report)]
        started = time.perf_counter()
        subprocess.run(command, env=environ, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seconds = time.perf_counter() - started
        summary = json.loads(report.read_text(encoding="utf-8"))["summary"]
        return Run(seconds, proxy.requests, proxy.connections, summary)


if __name__ == "__main__":
    sys.exit(main())
