"""Running the real CDK CLI, from this checkout's node_modules or from PATH."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from temp_access.errors import UserError


def run_cdk(*arguments: str, config: Path, env: str | None) -> int:
    """Run `cdk` with `arguments` for the access.toml at `config` and return its exit code."""
    command = [_cdk(), *arguments, "-c", f"config={config.resolve()}"]
    if env:
        command += ["-c", f"env={env}"]
    # This interpreter has aws_cdk, whatever `python3` is elsewhere.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    settings = {"CDK_DISABLE_VERSION_CHECK": "1", "CDK_DISABLE_CLI_TELEMETRY": "true"}
    return subprocess.run(command, env={**os.environ, **settings, "PATH": path}, check=False).returncode  # noqa: S603


def _cdk() -> str:
    own = Path("node_modules/.bin/cdk")
    found = str(own.resolve()) if own.exists() else shutil.which("cdk")
    if found is None:
        raise UserError("the CDK CLI isn't here; run `make setup` in the project's folder")
    if not Path("cdk.json").exists():
        raise UserError("there is no cdk.json in this folder; run this in the project's folder")
    return found
