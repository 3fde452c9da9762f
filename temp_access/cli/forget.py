"""`temp-access forget`: drop the sessions that are kept on this machine."""

import argparse
import os
import sys

from temp_access.borrow.cache import KINDS, Cache, cache_folder

EXAMPLES = """\
examples (after `make demo`):
  temp-access forget bob
  temp-access forget

What was handed out works until it expires: `temp-access revoke` denies it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("id", nargs="?", metavar="ID", help="only this grant's (default: all)")


def run(args: argparse.Namespace) -> int:
    """Drop them, and say how many there were."""
    cache = Cache(cache_folder(os.environ))
    dropped = [key for key, entry in cache.entries("sessions") if args.id is None or entry.get("grant") == args.id]
    for key in dropped:
        cache.remove("sessions", key)
    if args.id is None:
        for kind in KINDS:
            cache.clear(kind)
    print(f"dropped {len(dropped)} {'session' if len(dropped) == 1 else 'sessions'}", file=sys.stderr)
    return 0
