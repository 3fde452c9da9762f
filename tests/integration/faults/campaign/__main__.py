"""`python -m tests.integration.faults.campaign`: commands under random faults, with checks of what they leave."""

import argparse
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from tests.integration.faults.campaign.commands import COMMANDS
from tests.integration.faults.campaign.runs import Campaign, CampaignRun, ControlFailed
from tests.integration.faults.campaign.stand import open_stand
from tests.integration.faults.campaign.summary import Progress, print_table, to_json

_EPILOG = """\
Each run is a real process against a local AWS of its own, with the fault proxy between. Half of the runs of verify and
revoke meet a broken deployment. The number of a run and the seed say which faults it has: --only repeats one.

exit code: 0 no problem, 1 a problem, 3 a command doesn't work without faults, 130 interrupted"""


def main() -> int:
    """Run the campaign, and return the exit code."""
    args = _arguments()
    names = args.commands or list(COMMANDS)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    runs: list[CampaignRun] = []
    started, code = time.monotonic(), 0
    try:
        print(f"deploying to a local AWS for the campaign, --seed {args.seed}", file=sys.stderr)
        with open_stand(args.seed) as stand:
            _collect(runs, Campaign(stand, args.seed), names, args)
    except KeyboardInterrupt:
        print("\ninterrupted; everything was removed", file=sys.stderr)
        code = 130
    except ControlFailed as error:
        print(error, file=sys.stderr)
        code = 3
    seconds = time.monotonic() - started
    if runs:
        print_table(runs, seconds, sys.stdout)
    if args.json:
        options = {"seed": args.seed, "runs": args.runs, "kills": args.kills, "commands": names}
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(to_json(runs, options, seconds), encoding="utf-8")
    return code or int(any(run.problems for run in runs))


def _collect(runs: list[CampaignRun], campaign: Campaign, names: list[str], args: argparse.Namespace) -> None:
    total = 1 if args.only is not None else args.runs + args.kills
    progress = Progress(total, sys.stderr)
    made: Iterable[CampaignRun] = campaign.runs(names, args.runs, args.kills)
    if args.only is not None:
        name = names[args.only % len(names)]
        made = [campaign.run(args.only, COMMANDS[name], is_kill=args.only >= args.runs)]
    try:
        for run in made:
            runs.append(run)
            progress.show(runs)
    finally:
        progress.finish()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.integration.faults.campaign",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--runs", type=int, default=30, metavar="N", help="runs under faults (default: 30)")
    parser.add_argument("--kills", type=int, default=10, metavar="N", help="runs that are killed (default: 10)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of all random choices (default: 1)")
    parser.add_argument("--commands", nargs="+", choices=list(COMMANDS), help="these only, in turn (default: all)")
    parser.add_argument("--only", type=int, metavar="N", help="only the run with this number")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
