"""Virtual environments outside the repository, and the commands that run in them."""

import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

from tests.unit.support.config_file import ROOT

_VARIABLES = {
    "PATH": os.defpath,
    "AWS_EC2_METADATA_DISABLED": "true",
    "JSII_NODE": str(Path(sys.prefix, "bin", "node")),
    # Unpacking the CDK library's files again for each home folder takes seconds.
    "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(Path.home() / ".cache" / "aws" / "jsii" / "package-cache"),
}


@dataclass(frozen=True)
class Environment:
    """A virtual environment, and the folder in which its commands run."""

    folder: Path
    work: Path

    def run(self, command: str, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of the environment, with `variables` and without this process's environment."""
        return subprocess.run(
            [self.folder / "bin" / command, *arguments],
            cwd=self.work,
            env={**_VARIABLES, "HOME": str(self.work), **variables},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def python(self, code: str) -> str:
        """Run Python code that must succeed, and return its output."""
        ended = self.run("python", "-c", code)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout


def new_environment(folder: Path, wheel: Path, *options: str) -> Environment:
    """Return a new environment with the wheel, installed by this environment's pip with `options`."""
    work = folder / "work"
    work.mkdir(parents=True)
    # The environment has no pip of its own, because installing one takes seconds.
    venv.create(folder / "env", symlinks=True)
    python = folder / "env" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "install", "--quiet"]
    ended = subprocess.run(
        [*pip, "--no-compile", *options, str(wheel)], cwd=work, capture_output=True, text=True, timeout=300, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return Environment(folder / "env", work)


def pins(folder: Path) -> Path:
    """Write the versions of requirements.txt to a constraints file; pip has these versions in its cache."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    file = folder / "constraints.txt"
    file.write_text("\n".join(line for line in lines if not line.startswith("-e")) + "\n", encoding="utf-8")
    return file


def share_packages(environment: Environment) -> None:
    """Let the environment import the third-party packages of this one, without installing them again.

    A .pth file adds the folder to the path. Python doesn't read the .pth files inside that folder, so the repository's
    editable install stays out.
    """
    own = Path(environment.python("import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    (own / "shared.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
