"""A copy of the shared deployment for each test file that needs one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.deploy.project import Project, run_project


@pytest.fixture(scope="module")
def deployed(deployed_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Run a copy of the shared deployment for the tests of one file."""
    with run_project(tmp_path_factory.mktemp("deployed"), copy_of=deployed_once) as project:
        yield project


@pytest.fixture
def example(deployed: Project) -> Iterator[Project]:
    """Return that deployment and restore access.toml after the test; the test itself restores the deployed state."""
    content = deployed.toml.read_text(encoding="utf-8")
    yield deployed
    deployed.toml.write_text(content, encoding="utf-8")
