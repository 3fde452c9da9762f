"""`temp-access forget`: delete the sessions in this machine's cache."""

import argparse
import os
import sys

from temp_access.borrow.cache import KINDS, Cache, cache_folder

EXAMPLES = """\
examples (after `make demo`):
  temp-access forget bob
  temp-access forget

Credentials that were handed out still work until they expire; `temp-access revoke` denies them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("id", nargs="?", metavar="ID", help="delete this grant's sessions only (default: all)")


def run(args: argparse.Namespace) -> int:
    """Delete the sessions, and print how many there were."""
    cache = Cache(cache_folder(os.environ))
    keys = [key for key, session in cache.entries("sessions") if args.id is None or session.get("grant") == args.id]
    for key in keys:
        cache.remove("sessions", key)
    if args.id is None:
        for kind in KINDS:
            cache.clear(kind)
    print(f"deleted {len(keys)} {'session' if len(keys) == 1 else 'sessions'}", file=sys.stderr)
    return 0
