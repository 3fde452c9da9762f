"""Compare `temp-access credentials` with a boto3 script and the AWS CLI: `python benchmarks/vending.py [--runs N]`.

Run it in the folder of a project that is deployed to its local AWS (`make demo`). The figures are medians of the wall
times of whole processes. The commands take turns, so that other load on the machine affects all of them alike.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from temp_access.local_aws.client import CONFLICTING_VARIABLES
from temp_access.local_aws.state_dir import DEFAULT_STATE
from temp_access.local_aws.user_key import user_environment

BOTO3 = """\
import json
import boto3
sts = boto3.client("sts")
response = sts.assume_role(
    RoleArn="arn:aws:iam::123456789012:role/temp-role",
    RoleSessionName="bob",
    DurationSeconds=3600,
)
print(json.dumps({"Version": 1, **response["Credentials"]}, default=str))
"""
ROLE = "arn:aws:iam::123456789012:role/temp-role"
# The longest time that each command may take, as a multiple of the boto3 script's.
GOALS = {"cached": 0.20, "not cached": 1.1, "very first": 1.5}


def main() -> int:
    """Measure, print the ratios, and return 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description="Compare temp-access credentials with boto3 and the AWS CLI.")
    parser.add_argument("--state", type=Path, default=DEFAULT_STATE, help="the state folder of the local AWS")
    parser.add_argument("--runs", type=int, default=15, help="runs of each command (default: 15)")
    parser.add_argument(
        "--grants",
        type=int,
        default=0,
        help="add this many grants to access.toml; a cached session must take no longer",
    )
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        times = measure(args.state, args.runs, Path(folder), args.grants)
    medians = {name: statistics.median(each.wall for each in runs) for name, runs in times.items()}
    script = medians["boto3 script"]
    missed = False
    for name, median in medians.items():
        # Reading a very large file takes time; only a cached session doesn't need to.
        goal = GOALS.get(name) if name == "cached" or not args.grants else None
        verdict = "" if goal is None else f"  goal {goal}: {'met' if median <= goal * script else 'MISSED'}"
        missed = missed or "MISSED" in verdict
        print(f"{name:14} {median:6.3f} s  {median / script:5.2f} of the boto3 script{verdict}")
    return 1 if missed else 0


class Run(NamedTuple):
    """The seconds of one process: by the clock, and of CPU time."""

    wall: float
    cpu: float


def measure(state: Path, runs: int, folder: Path, grants: int) -> dict[str, list[Run]]:
    """Return the times of each command; `folder` holds the cache, and `grants` are added to access.toml."""
    inherited = {name: value for name, value in os.environ.items() if name not in CONFLICTING_VARIABLES}
    environ = {**inherited, **user_environment(state, "temp-user"), "XDG_CACHE_HOME": str(folder)}
    config = folder / "access.toml"
    further_grants = "".join(f'[grants.more-{number}]\naccess = "read"\n' for number in range(grants))
    config.write_text(Path("access.toml").read_text(encoding="utf-8") + further_grants, encoding="utf-8")
    cache = folder / "temp-access"
    borrow = [
        str(Path(sys.executable).parent / "temp-access"),
        *("credentials", "bob", "--format", "process", "--duration", "1h", "--config", str(config)),
    ]
    aws = ["sts", "assume-role", "--role-arn", ROLE, "--role-session-name", "bob"]

    def keep_cache() -> None:
        """Change nothing."""

    def remove_sessions() -> None:
        for kind in ("requests", "sessions"):
            shutil.rmtree(cache / kind, ignore_errors=True)

    def remove_cache() -> None:
        shutil.rmtree(cache, ignore_errors=True)

    commands: dict[str, tuple[list[str], Callable[[], None]]] = {
        "bare Python": ([sys.executable, "-c", "pass"], keep_cache),
        "boto3 script": ([sys.executable, "-c", BOTO3], keep_cache),
        "very first": (borrow, remove_cache),
        "not cached": (borrow, remove_sessions),
        "cached": (borrow, keep_cache),
    }
    if aws_cli := shutil.which("aws", path=f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"):
        commands["aws CLI"] = ([aws_cli, *aws], keep_cache)
    times: dict[str, list[Run]] = {name: [] for name in commands}
    for run in range(runs + 1):
        for name, (command, prepare) in commands.items():
            prepare()
            measured = _run(command, environ)
            # The first round doesn't count, because it reads every file from the disk.
            if run:
                times[name].append(measured)
    return times


def _run(command: list[str], environ: dict[str, str]) -> Run:
    started = time.perf_counter()
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Run(seconds, usage.ru_utime + usage.ru_stime)


if __name__ == "__main__":
    sys.exit(main())
