"""The built distributions, and two environments with the wheel: one without extras, one with all of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.wheel.environment import Environment, new_environment, pins, share_packages
from tests.unit.support.config_file import ROOT


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the sdist and the wheel that is built from it, or the folder that DIST names."""
    if built := os.environ.get("DIST"):
        return (ROOT / built).resolve()
    folder = tmp_path_factory.mktemp("dist")
    # Without isolation, the build uses this environment's hatchling and downloads nothing.
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return folder


@pytest.fixture(scope="session")
def wheel(dist: Path) -> Path:
    """Return the wheel."""
    (file,) = dist.glob("*.whl")
    return file


@pytest.fixture(scope="session")
def base(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return an environment with what `pip install temp-access` installs, and nothing else."""
    folder = tmp_path_factory.mktemp("base")
    return new_environment(folder, wheel, "--constraint", str(pins(folder)))


@pytest.fixture(scope="session")
def extended(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return an environment with the wheel and the packages of its extras.

    Installing aws-cdk-lib alone would take most of a minute, so the extras' packages come from the environment that
    runs the tests. The repository's editable install isn't among them; a test checks that.
    """
    environment = new_environment(tmp_path_factory.mktemp("extended"), wheel, "--no-deps")
    share_packages(environment)
    return environment
