"""Write docs/performance.md from the figures of `make bench`: `python benchmarks/performance_page.py JSON PAGE`."""

import json
import sys
from pathlib import Path
from typing import Any

HEAD = """\
# Performance

`make bench` measures these figures and writes them to docs/performance.json, from which this page is made. A ratio
compares a command with a peer that ran in the same minutes, in turns. All figures are medians. CPU time is that of the
command and all processes that it starts. Absolute values depend on the machine, so measure on yours to compare. While
more processes run than the machine has cores, times by the clock say nothing, and CPU times are up to half longer.
"""
SYNTH = """\
## Where the CPU time of `cdk synth` goes

The CDK's library is written for Node.js. Python starts it and calls it about a hundred times for the two stacks, which
is little; loading it, and the CDK's own validation of the templates, is much. The peer pays for both as well.

| part | CPU seconds | share |
| --- | ---: | ---: |"""
LIMITS = """\
A part is the difference to a run without it.

Three things keep this below the app with one bucket, and no check is left out for it:

- Node.js starts with `--single-threaded --liftoff-only` (stacks/jsii_node.sh). The validation of the templates is a
  WebAssembly module of 9 MB, and V8's other threads would optimize code that runs once. The peer has Node's defaults;
  the row *on the same flags* says what this project adds to the same app with the same flags.
- `JSII_NODE` names the program itself; the command `node` of the virtual environment is Python code that starts it.
  Variables that you set yourself have priority.
- The lint rules load only those modules of iam-policy-validator that they use: no boto3, no web client, no reports.

## Limits

- `verify` at a distance is measured by the clock, on the same machine as the local AWS and the proxy that delays, so
  it also waits for their CPU time. The row below it subtracts a run through the same proxy without a delay.
- `verify --offline` is linear in the number of grants. Two thirds of its time are the evaluator's; the rest makes the
  probes and the report. The goals of 15 s and 250 MB are absolute, so the machine decides about the first.
- `credentials` that aren't cached load boto3 like the peer; what they add is access.toml, the cache and the audit log.
- `prove` starts the solver, cvc5, and asks it a question for each claim and grant.
"""


def main() -> int:
    """Write the page."""
    content: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    Path(sys.argv[2]).write_text(page(content), encoding="utf-8")
    return 0


def page(content: dict[str, Any]) -> str:
    """Return the page for the content of a JSON file."""
    machine = content["machine"]
    lines = [
        HEAD,
        f"Measured with {machine['cores']} cores, Python {machine['python']}, Node.js {machine['node']}, "
        f"{_runs(content['rounds'])} of each command, and a load of {machine['load']:.1f} before the first.\n",
        "| what | ratio | of | goal | | measured |",
        "| --- | ---: | --- | ---: | --- | --- |",
    ]
    for figure in content["figures"]:
        goal = figure["goal"]
        verdict = " | " if goal is None else f"{goal:.2f} | {'met' if figure['ratio'] <= goal else '**missed**'}"
        values = ", ".join(f"{name} {_number(value)}" for name, value in figure["values"].items())
        lines.append(f"| {figure['name']} | {figure['ratio']:.2f} | {figure['peer']} | {verdict} | {values} |")
    parts = content["synth parts"]
    lines += ["", SYNTH]
    lines += [f"| {name} | {value:.2f} | {value / sum(parts.values()):.0%} |" for name, value in parts.items()]
    return "\n".join([*lines, "", LIMITS])


def _runs(number: int) -> str:
    return "one run" if number == 1 else f"{number} runs"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or value >= 100 else f"{value:.2f}"


if __name__ == "__main__":
    sys.exit(main())
