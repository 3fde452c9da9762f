"""A copy of the run's one deployment for each file of tests that wants it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.deploy.project import Project, project


@pytest.fixture(scope="module")
def deployed(deployed_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A copy of the deployment that runs, for the tests of one file."""
    with project(tmp_path_factory.mktemp("deployed"), like=deployed_once) as made:
        yield made


@pytest.fixture
def example(deployed: Project) -> Iterator[Project]:
    """The same, whose access.toml and cdk.out are put back after each test; what is deployed must be, too."""
    text = deployed.toml.read_text(encoding="utf-8")
    yield deployed
    deployed.toml.write_text(text, encoding="utf-8")
