"""Virtual environments outside the repository, and commands that run in them."""

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
    # The CDK library's files, which take seconds to unpack again for each home folder.
    "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(Path.home() / ".cache" / "aws" / "jsii" / "package-cache"),
}


@dataclass(frozen=True)
class Environment:
    """A virtual environment, and the folder in which its commands run."""

    folder: Path
    work: Path

    def run(self, command: str, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of the environment, with nothing of this process's environment but `variables`."""
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
        """Run Python code, which must succeed, and return what it prints."""
        ended = self.run("python", "-c", code)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout


def new_environment(folder: Path, wheel: Path, *options: str) -> Environment:
    """Return a new environment with the wheel, installed by this environment's pip with `options`."""
    work = folder / "work"
    work.mkdir(parents=True)
    # Without a pip of its own, which takes seconds to install.
    venv.create(folder / "env", symlinks=True)
    python = folder / "env" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "install", "--quiet"]
    ended = subprocess.run(
        [*pip, "--no-compile", *options, str(wheel)], cwd=work, capture_output=True, text=True, timeout=300, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return Environment(folder / "env", work)


def pins(folder: Path) -> Path:
    """Write the versions of requirements.txt as constraints: the ones that pip has in its cache."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    file = folder / "constraints.txt"
    file.write_text("\n".join(line for line in lines if not line.startswith("-e")) + "\n", encoding="utf-8")
    return file


def lend_packages(environment: Environment) -> None:
    """Let the environment import the packages that this one has of others, without installing them again.

    A .pth file adds the folder to the path, and Python reads no .pth file in a folder that is added so: not the one
    of this repository's editable install.
    """
    own = Path(environment.python("import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    (own / "lent.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
