"""How long vending takes beside a boto3 script and the AWS CLI: `python benchmarks/vending.py [--runs N]`.

Works in the folder of a project that is deployed to its local AWS (`make demo`). The commands take turns, so
that whatever else the machine does hits all of them; medians of their wall times, each a whole process.
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

from temp_access.local_aws.client import CONFLICTING_VARIABLES
from temp_access.local_aws.state_dir import DEFAULT_STATE
from temp_access.local_aws.user_key import user_environment

BOTO3 = """\
import json
import boto3
sts = boto3.client("sts")
answer = sts.assume_role(
    RoleArn="arn:aws:iam::123456789012:role/temp-role",
    RoleSessionName="bob",
    DurationSeconds=3600,
)
given = answer["Credentials"]
print(json.dumps({"Version": 1, **given}, default=str))
"""
ROLE = "arn:aws:iam::123456789012:role/temp-role"
# name: the most that it may cost, as a part of the boto3 script.
GOALS = {"cached": 0.25, "not cached": 1.1, "very first": 1.5}


def main() -> int:
    """Measure, print the ratios, and return 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description="Measure vending beside boto3 and the AWS CLI.")
    parser.add_argument("--state", type=Path, default=DEFAULT_STATE, help="the local AWS's folder")
    parser.add_argument("--runs", type=int, default=15, help="of each command (default: 15)")
    parser.add_argument("--grants", type=int, default=0, help="so many grants more in access.toml: a hit must not mind")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        times = _measure(args.state, args.runs, Path(folder), args.grants)
    medians = {name: statistics.median(found) for name, found in times.items()}
    script = medians["boto3 script"]
    missed = False
    for name, median in medians.items():
        # Reading a very large file takes its time, and only what is cached needn't.
        goal = GOALS.get(name) if name == "cached" or not args.grants else None
        verdict = "" if goal is None else f"  goal {goal}: {'met' if median <= goal * script else 'MISSED'}"
        missed = missed or "MISSED" in verdict
        print(f"{name:14} {median:6.3f} s  {median / script:5.2f} of the boto3 script{verdict}")
    return 1 if missed else 0


def _measure(state: Path, runs: int, folder: Path, grants: int) -> dict[str, list[float]]:
    kept = {name: value for name, value in os.environ.items() if name not in CONFLICTING_VARIABLES}
    environ = {**kept, **user_environment(state, "temp-user"), "XDG_CACHE_HOME": str(folder)}
    config = folder / "access.toml"
    more = "".join(f'[grants.more-{number}]\naccess = "read"\n' for number in range(grants))
    config.write_text(Path("access.toml").read_text(encoding="utf-8") + more, encoding="utf-8")
    cache = folder / "temp-access"
    vend = [
        str(Path(sys.executable).parent / "temp-access"),
        *("credentials", "bob", "--format", "process", "--duration", "1h", "--config", str(config)),
    ]
    aws = ["sts", "assume-role", "--role-arn", ROLE, "--role-session-name", "bob"]

    def nothing() -> None:
        """Leave the cache as it is."""

    def no_sessions() -> None:
        for kind in ("requests", "sessions"):
            shutil.rmtree(cache / kind, ignore_errors=True)

    def no_cache() -> None:
        shutil.rmtree(cache, ignore_errors=True)

    commands: dict[str, tuple[list[str], Callable[[], None]]] = {
        "bare Python": ([sys.executable, "-c", "pass"], nothing),
        "boto3 script": ([sys.executable, "-c", BOTO3], nothing),
        "very first": (vend, no_cache),
        "not cached": (vend, no_sessions),
        "cached": (vend, nothing),
    }
    if found := shutil.which("aws", path=f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"):
        commands["aws CLI"] = ([found, *aws], nothing)
    times: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(runs + 1):
        for name, (command, prepare) in commands.items():
            prepare()
            began = time.perf_counter()
            subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            # The first round reads everything from the disk.
            if run:
                times[name].append(time.perf_counter() - began)
    return times


if __name__ == "__main__":
    sys.exit(main())
