"""The built distributions, and two environments with the wheel: without extras, and with them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.wheel.environment import Environment, lend_packages, new_environment, pins
from tests.unit.support.config_file import ROOT


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the sdist, and the wheel that is built from it; the variable DIST names one with both."""
    if built := os.environ.get("DIST"):
        return (ROOT / built).resolve()
    folder = tmp_path_factory.mktemp("dist")
    # Without isolation, hatchling is this environment's, and nothing is downloaded.
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
    """Return an environment with what `pip install temp-access` brings, and nothing else."""
    folder = tmp_path_factory.mktemp("base")
    return new_environment(folder, wheel, "--constraint", str(pins(folder)))


@pytest.fixture(scope="session")
def extended(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return an environment with the wheel and the packages of its extras.

    aws-cdk-lib alone would take most of a minute to install: the extras' packages are those of the environment that
    runs the tests. This repository's editable install isn't among them; a test holds that.
    """
    environment = new_environment(tmp_path_factory.mktemp("extended"), wheel, "--no-deps")
    lend_packages(environment)
    return environment
