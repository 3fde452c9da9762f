"""Running the real CDK CLI, from this checkout's node_modules or from PATH."""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from temp_access.errors import UserError, require_extra


def run_cdk(args: argparse.Namespace, region: str, *arguments: str) -> int:
    """Run `cdk` with `arguments` in `region`, for the arguments' --config and --env; return its exit code."""
    command = [_cdk(), *arguments, "-c", f"config={args.config.resolve()}"]
    if args.env:
        command += ["-c", f"env={args.env}"]
    settings = {
        # The Region that was said, whatever a profile would choose.
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        # This interpreter has aws_cdk, whatever `python3` is elsewhere.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }
    return subprocess.run(command, env={**os.environ, **settings}, check=False).returncode


def _cdk() -> str:
    own = Path("node_modules/.bin/cdk")
    found = str(own.resolve()) if own.exists() else shutil.which("cdk")
    if found is None:
        raise UserError("the CDK CLI isn't here; run `make setup` in the project's folder")
    if not Path("cdk.json").exists():
        raise UserError("there is no cdk.json in this folder; run this in the project's folder")
    # The app that cdk.json starts imports it.
    require_extra("cdk")
    return found
