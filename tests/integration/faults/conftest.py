"""A deployment whose local AWS stands behind a fault proxy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.deploy.project import Project, run_project
from tests.integration.faults.proxy import FaultProxy, proxied


@pytest.fixture(scope="module")
def deployed(deployed_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Run a copy of the shared deployment for the tests of one file."""
    with run_project(tmp_path_factory.mktemp("faults"), copy_of=deployed_once) as project:
        yield project


@pytest.fixture
def proxy(deployed: Project) -> Iterator[FaultProxy]:
    """Send the commands of one test through a proxy, which makes no faults yet."""
    with proxied(deployed.aws) as running:
        yield running


@pytest.fixture
def own(deployed_once: Path, tmp_path: Path) -> Iterator[Project]:
    """Return a deployment that the test may change or destroy."""
    with run_project(tmp_path / "own", copy_of=deployed_once) as project:
        project.use_assembly()
        yield project
