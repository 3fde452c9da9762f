"""What `make demo` prints last: `python tools/demo_end.py REPORT`, with the JSON report of its verification."""

import json
import shlex
import sys
from pathlib import Path

from temp_access.access_file import load
from temp_access.config.model import Config, Grant
from temp_access.policies.access_modes import ACCESS_MODES

_COMMAND = ".venv/bin/temp-access"


def lines(config: Config, bucket: str) -> list[str]:
    """Return the lines; the last one borrows from a grant of `config`, if it has one, and can be pasted."""
    grant = _grant(config)
    shown = [
        "The local AWS keeps running. To use it as the deployer, in a separate shell:",
        f'  eval "$({_COMMAND} local env)"',
        "To try more, and to remove everything:",
        *([f"  {_COMMAND} verify --local --grant {shlex.quote(grant.id)}"] if grant else ()),
        f"  {_COMMAND} verify --local --self-test",
        "  make destroy",
    ]
    if grant is None:
        return shown
    return [*shown, f"To borrow the folder {grant.folder}/ for one command:", f"  {_borrow(grant, bucket)}"]


def _grant(config: Config) -> Grant | None:
    """Return the first grant that can upload, or else the first one."""
    # An id that begins with a dash looks like an option.
    grants = [grant for grant in config.grants.values() if not grant.id.startswith("-")]
    return next((grant for grant in grants if _uploads(grant)), grants[0] if grants else None)


def _uploads(grant: Grant) -> bool:
    return ACCESS_MODES[grant.access].allows("s3:PutObject")


def _borrow(grant: Grant, bucket: str) -> str:
    if _uploads(grant):
        call = ["s3", "cp", "README.md", f"s3://{bucket}/{grant.folder}/"]
    else:
        # `aws s3 ls` fails in an empty folder.
        call = ["s3api", "list-objects-v2", "--bucket", bucket, "--prefix", f"{grant.folder}/"]
    return shlex.join([_COMMAND, "exec", "--local", grant.id, "--", ".venv/bin/aws", *call])


if __name__ == "__main__":
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print("\n".join(lines(load(Path("access.toml")), report["bucket"])))
