"""The CDK CLI, from this checkout's node_modules or from PATH."""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from temp_access.aws.patience import PATIENCE
from temp_access.errors import TempAccessError, UserError, require_extra


def run_cdk(args: argparse.Namespace, region: str, *arguments: str) -> int:
    """Run `cdk` with `arguments` in `region`, with the file and environment of `args`; return its exit code."""
    command = [_cdk(), *arguments, "-c", f"config={args.config.resolve()}"]
    if args.env:
        command += ["-c", f"env={args.env}"]
    settings = {
        # They take precedence over a profile's Region.
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        # The app must run with this interpreter, which has aws_cdk.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }
    try:
        ended = subprocess.run(command, env={**os.environ, **settings}, check=False, timeout=PATIENCE.remaining)
    except subprocess.TimeoutExpired:
        raise TempAccessError(
            f"cdk {arguments[0]} was ended, because the time of --timeout is over; what it began may go on in "
            "CloudFormation: look there, and run the command again",
            exit_code=3,
        ) from None
    return ended.returncode


def _cdk() -> str:
    own = Path("node_modules/.bin/cdk")
    program = str(own.resolve()) if own.exists() else shutil.which("cdk")
    if program is None:
        raise UserError("the CDK CLI isn't installed; run `make setup` in the project's folder")
    if not Path("cdk.json").exists():
        raise UserError("there is no cdk.json in this folder; run the command in the project's folder")
    # The app that cdk.json names imports it.
    require_extra("cdk")
    return program
