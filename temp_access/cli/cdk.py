"""The CDK CLI, from this checkout's node_modules or from PATH."""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from temp_access.aws.patience import PATIENCE
from temp_access.deployment.stacks import ACCESS
from temp_access.errors import TempAccessError, UserError, require_extra

if TYPE_CHECKING:
    import boto3


# The CDK CLI has no limit of its own for a service that never answers. So CloudFormation is asked meanwhile.
_ASK_SECONDS = 30.0
_END_SECONDS = 5.0
# How many stacks are deployed or deleted at the same time, where they depend on no other one.
STACKS_AT_ONCE = 4


def run_cdk(args: argparse.Namespace, session: "boto3.Session", *arguments: str) -> int:
    """Run `cdk` with `arguments` in the session's Region, with the file and environment of `args`.

    Returns its exit code. Raises TempAccessError (inconclusive), after ending it, when the time of --timeout is over or
    CloudFormation hasn't answered for two minutes.
    """
    command = [_cdk(), *arguments, "-c", f"config={args.config.resolve()}"]
    if args.env:
        command += ["-c", f"env={args.env}"]
    region = str(session.region_name)
    settings = {
        # They take precedence over a profile's Region.
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        # The app must run with this interpreter, which has aws_cdk.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }
    process = subprocess.Popen(command, env={**os.environ, **settings})
    try:
        while (reason := _wait(process, session)) is None:
            pass
    except BaseException:
        _end(process)
        raise
    if not reason:
        return process.returncode
    _end(process)
    raise TempAccessError(
        f"cdk {arguments[0]} was ended, because {reason}; what it began may go on in CloudFormation: look there, and "
        "run the command again",
        exit_code=3,
    )


def _wait(process: "subprocess.Popen[bytes]", session: "boto3.Session") -> str | None:
    """Wait some time; return why cdk must be ended, an empty reason if it ended by itself, None if it goes on."""
    remaining = PATIENCE.remaining
    try:
        process.wait(_ASK_SECONDS if remaining is None else remaining)
    except subprocess.TimeoutExpired:
        return _silence(session) if remaining is None else "the time of --timeout is over"
    return ""


def _silence(session: "boto3.Session") -> str | None:
    """Ask CloudFormation anything, and return what to say if it hasn't answered for too long."""
    from temp_access.aws.clients import service_client

    try:
        service_client(session, "cloudformation").describe_stacks(StackName=ACCESS)
    except Exception:
        # A refusal is an answer, and after other errors cdk may still have one.
        return PATIENCE.refusal()
    return None


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


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
