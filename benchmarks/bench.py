"""Measure everything that docs/performance.md says: `make bench`, or `python benchmarks/bench.py --json FILE`.

Run it in the folder of a project that is deployed to its local AWS. Every figure is a ratio to a named peer that runs
in the same minutes, in turns; the figures are medians. CPU time is that of the command and all that it starts.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

import distance
import evaluator
import vending

from stacks.node import use_own_node
from temp_access.access_file import load
from temp_access.local_aws.state_dir import DEFAULT_STATE

BARE_APP = """\
import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
app = cdk.App()
s3.Bucket(cdk.Stack(app, "Bare"), "Bucket")
app.synth()
"""
# What app.py adds to the CDK's own checks, and how it is left out.
NAG, CHECKS = "cdk_nag.AwsSolutionsChecks(app)", "AccessChecks()"
VALIDATIONS = f"add_plugins({NAG}, {CHECKS})"
GRANTS = 10_000
ROUND_TRIP = 0.05
TEMP_ACCESS = str(Path(sys.executable).parent / "temp-access")


@dataclass(frozen=True)
class Figure:
    """One ratio: what was measured, by how much of which peer, the goal (None without one), and absolute values."""

    name: str
    ratio: float
    peer: str
    goal: float | None
    values: dict[str, float]

    def __str__(self) -> str:
        goal = "" if self.goal is None else f"  goal {self.goal:g}: {'met' if self.ratio <= self.goal else 'MISSED'}"
        return f"{self.name:44} {self.ratio:6.2f} of {self.peer}{goal}"


@dataclass(frozen=True)
class Usage:
    """The CPU time of a process and all that it started, in seconds, and the size of the largest one in MB."""

    cpu: float
    megabytes: float


@dataclass
class Bench:
    """Measures the figures; `synth_parts` is the CPU time of the parts of `cdk synth`, in seconds."""

    state: Path
    rounds: int
    folder: Path
    synth_parts: dict[str, float] = field(default_factory=dict)

    def figures(self) -> Iterator[Figure]:
        """Yield each figure as soon as it is measured."""
        many = self.folder / "many.toml"
        grants = "".join(f'\n[grants.more-{number}]\naccess = "read-write"\n' for number in range(GRANTS))
        many.write_text(Path("access.toml").read_text(encoding="utf-8") + grants, encoding="utf-8")
        yield from self._synth(many)
        yield from self._offline(many)
        yield from self._credentials()
        yield from self._distance()
        yield from self._evaluator()
        yield from self._proofs()

    def _synth(self, many: Path) -> Iterator[Figure]:
        bare = self.folder / "bare.py"
        bare.write_text(BARE_APP, encoding="utf-8")
        own = {"--output": str(self.folder / "cdk.out")}
        commands = {
            "bare": _cdk({"--app": f"{sys.executable} {bare}", "--output": str(self.folder / "bare.out")}),
            "own": _cdk(own),
            "bare with flags": _cdk(
                {"--app": f"{_with_own_node()} {sys.executable} {bare}", "--output": str(self.folder / "bare.out")}
            ),
            "many": _cdk({"--output": str(self.folder / "many.out"), "--context": f"config={many}"}),
            "CDK CLI": _cdk({"--app": str(self.folder / "cdk.out")}),
            "no template validation": ["env", "CDK_VALIDATION=false", *_cdk(own)],
            "no cdk-nag": self._without(NAG + ", ", "no_nag.py"),
            "no own checks": self._without(", " + CHECKS, "no_checks.py"),
        }
        usage = in_turns(commands, self.rounds)
        cpu = {name: each.cpu for name, each in usage.items()}
        peer = "the CPU time of cdk synth for an app with one bucket"
        for name, key, other, goal in (
            ("cdk synth", "own", "bare", 1.15),
            (f"cdk synth, {GRANTS:,} grants", "many", "bare", 1.15),
            ("cdk synth, beside the peer on the same flags", "own", "bare with flags", None),
        ):
            values = {"CPU seconds": cpu[key], "the peer's": cpu[other], "megabytes": usage[key].megabytes}
            yield Figure(name, cpu[key] / cpu[other], peer, goal, values)
        parts = {
            "the CDK CLI": cpu["CDK CLI"],
            "the CDK's validation of the templates": cpu["own"] - cpu["no template validation"],
            "cdk-nag": cpu["own"] - cpu["no cdk-nag"],
            "this project's lint rules": cpu["own"] - cpu["no own checks"],
        }
        rest = cpu["own"] - sum(parts.values())
        self.synth_parts = {**parts, "Node.js, the CDK library, Python, and the two stacks": rest}

    def _without(self, part: str, name: str) -> list[str]:
        """Return the command that synthesizes the app without a part of its validations."""
        app, text = self.folder / name, Path("app.py").read_text(encoding="utf-8")
        if VALIDATIONS not in text:
            raise ValueError(f"app.py has no {VALIDATIONS!r}; correct this benchmark")
        app.write_text(text.replace(VALIDATIONS, VALIDATIONS.replace(part, "")), encoding="utf-8")
        python = f"env PYTHONPATH={Path.cwd()} {sys.executable} {app}"
        config = f"config={Path('access.toml').resolve()}"
        return _cdk({"--app": python, "--output": str(self.folder / f"{name}.out"), "--context": config})

    def _offline(self, many: Path) -> Iterator[Figure]:
        offline = [TEMP_ACCESS, "verify", "--offline", "--quiet"]
        own = [*offline, "--template", str(self.folder / "cdk.out")]
        much = [*offline, "--config", str(many), "--template", str(self.folder / "many.out")]
        usage = in_turns({"own": own, "many": much}, min(self.rounds, 3), warm_up=False)
        many_usage, name = usage["many"], f"verify --offline, {GRANTS:,} grants"
        yield Figure(f"{name}: CPU", many_usage.cpu / 15, "15 s", 1.0, {"CPU seconds": many_usage.cpu})
        memory = {"megabytes": many_usage.megabytes, "the example's": usage["own"].megabytes}
        yield Figure(f"{name}: memory", many_usage.megabytes / 250, "250 MB", 1.0, memory)

    def _credentials(self) -> Iterator[Figure]:
        cache = self.folder / "cache"
        cache.mkdir()
        times = vending.measure(self.state, 3 * self.rounds, cache, 0)
        cpu = {name: statistics.median(each.cpu for each in runs) for name, runs in times.items()}
        wall = {name: statistics.median(each.wall for each in runs) for name, runs in times.items()}
        peer = "the CPU time of a boto3 script that assumes the role"
        for name in ("cached", "not cached", "very first"):
            values = {"CPU seconds": cpu[name], "the peer's": cpu["boto3 script"]}
            values |= {"seconds": wall[name], "the peer's seconds": wall["boto3 script"]}
            ratio = cpu[name] / cpu["boto3 script"]
            yield Figure(f"credentials, {name}", ratio, peer, vending.GOALS[name], values)

    def _distance(self) -> Iterator[Figure]:
        far, near = [], []
        for _ in range(self.rounds):
            far.append(distance.measure(self.state, ROUND_TRIP))
            near.append(distance.measure(self.state, 0))
        one_after_another = far[0].requests * ROUND_TRIP
        seconds, without = (statistics.median(each.seconds for each in runs) for runs in (far, near))
        values = {
            "seconds": seconds,
            "without distance": without,
            "requests": far[0].requests,
            "connections": far[0].connections,
            "probes not passed": sum(each.verdicts["probes"] - each.verdicts["passed"] for each in far),
        }
        peer = "its requests one after another, a round trip each"
        yield Figure("verify, 50 ms round trip", seconds / one_after_another, peer, distance.GOAL, values)
        added = max(seconds - without, 0)
        yield Figure(
            "verify, what the distance adds", added / one_after_another, peer, distance.GOAL, {"seconds": added}
        )

    def _evaluator(self) -> Iterator[Figure]:
        config = load(evaluator.ROOT / "access.toml")
        questions = list(evaluator.create_questions(config, 30_000))
        runners = (evaluator.project_runner(config, questions), evaluator.ministack_runner(config, questions))
        seconds: tuple[list[float], list[float]] = ([], [])
        for _ in range(self.rounds):
            for runner, all_ in zip(runners, seconds, strict=True):
                all_.append(runner().decision_seconds)
        own, other = (statistics.median(all_) for all_ in seconds)
        values = {"decisions per second": len(questions) / own, "the peer's": len(questions) / other}
        peer = f"the CPU time of ministack {version('ministack')}'s"
        yield Figure("evaluator", own / other, peer, 1.0, values)
        yield Figure("evaluator, a decision", own / (len(questions) / 200_000), "5 µs", 1.0, {"µs": own / 0.03})

    def _proofs(self) -> Iterator[Figure]:
        commands = {
            "prove": [TEMP_ACCESS, "prove", "--template", str(self.folder / "cdk.out")],
            "peer": [sys.executable, "-c", "import cvc5; import temp_access.proofs"],
        }
        usage = in_turns(commands, self.rounds)
        values = {"CPU seconds": usage["prove"].cpu, "the peer's": usage["peer"].cpu}
        peer = "the CPU time of importing cvc5 and the claims"
        yield Figure("prove", usage["prove"].cpu / usage["peer"].cpu, peer, None, values)


def main() -> int:
    """Measure, print the table and write JSON."""
    parser = argparse.ArgumentParser(description="Measure the figures of docs/performance.md.")
    parser.add_argument("--state", type=Path, default=DEFAULT_STATE, help="the state folder of the local AWS")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each command (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    args = parser.parse_args()
    about = machine()
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(args.state, args.rounds, Path(folder))
        for figure in bench.figures():
            print(figure, flush=True)
            figures.append(figure)
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        content = {"machine": about, "rounds": args.rounds, "synth parts": bench.synth_parts}
        content["figures"] = [asdict(figure) for figure in figures]
        args.json.write_text(json.dumps(_rounded(content), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


def machine() -> dict[str, object]:
    """Return what the figures depend on; the load is that before the first command."""
    node = subprocess.run(
        [shutil.which("node") or "node", "--version"], check=True, capture_output=True, text=True
    ).stdout.strip()
    about: dict[str, object] = {"cores": os.cpu_count(), "python": platform.python_version()}
    return {**about, "node": node.removeprefix("v"), "load": os.getloadavg()[0]}


def run(command: list[str]) -> Usage:
    """Run a command to its end; raises CalledProcessError if it fails."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    # Linux counts kilobytes, macOS bytes.
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Usage(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def in_turns(commands: Mapping[str, list[str]], rounds: int, *, warm_up: bool = True) -> dict[str, Usage]:
    """Return the medians of each command; a warm-up round fills the caches and doesn't count."""
    usages: dict[str, list[Usage]] = {name: [] for name in commands}
    for number in range(rounds + warm_up):
        for name, command in commands.items():
            usage = run(command)
            if number or not warm_up:
                usages[name].append(usage)
    return {
        name: Usage(statistics.median(each.cpu for each in all_), statistics.median(each.megabytes for each in all_))
        for name, all_ in usages.items()
    }


def _cdk(options: Mapping[str, str]) -> list[str]:
    return [shutil.which("cdk") or "cdk", "synth", "--quiet", *(word for pair in options.items() for word in pair)]


def _with_own_node() -> str:
    """Return the command that gives an app the Node.js and the flags of app.py."""
    before = dict(os.environ)
    use_own_node()
    variables = {name: os.environ[name] for name in ("TEMP_ACCESS_NODE", "JSII_NODE") if name in os.environ}
    for name in variables.keys() - before.keys():
        del os.environ[name]
    return " ".join(["env", *(f"{name}={value}" for name, value in variables.items())])


def _rounded(value: object) -> object:
    """Return a value with all of its numbers to four digits after the point."""
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return round(value, 4) if isinstance(value, float) else value


if __name__ == "__main__":
    sys.exit(main())
