"""The folder constructs/ is a source root, because a package there would hide the library `constructs`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import constructs
import pytest

from tests.unit.support.config_file import ROOT


def run(folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run pytest on one passing test, with a copy of tests/conftest.py."""
    (folder / "tests").mkdir(exist_ok=True)
    shutil.copy(ROOT / "tests" / "conftest.py", folder / "tests")
    (folder / "tests" / "test_one.py").write_text("def test_one() -> None:\n    pass\n")
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("path", ["constructs/__init__.py", "tests/constructs/__init__.py"])
def test_pytest_refuses_an_init_file_that_hides_the_library(tmp_path: Path, path: str) -> None:
    """The message names the file, the reason and what to do."""
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).touch()
    refused = run(tmp_path)
    assert refused.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: {path}: constructs/ and tests/ aren't packages; " in refused.stderr
    assert "hides the library `constructs`" in refused.stderr
    assert "Delete the file" in refused.stderr


def test_pytest_runs_without_the_init_file(tmp_path: Path) -> None:
    """A folder named constructs without an `__init__.py` hides nothing."""
    (tmp_path / "constructs" / "access_constructs").mkdir(parents=True)
    assert run(tmp_path).returncode == pytest.ExitCode.OK


def test_the_library_and_the_projects_package_can_be_imported_together() -> None:
    """`constructs` is the library, and `access_constructs` is the project's package."""
    import access_constructs

    assert hasattr(constructs, "Construct")
    assert not Path(str(constructs.__file__)).is_relative_to(ROOT / "constructs")
    assert Path(str(access_constructs.__file__)).parent == ROOT / "constructs" / "access_constructs"
