"""Real clients against a deployed local AWS: `make test-clients` installs and runs them, `make test` doesn't."""

import os
from collections.abc import Iterator

import pytest

from tests.clients.lent import Lent
from tests.integration.deploy.project import ROOT, run_project

collect_ignore = [] if "TEST_CLIENTS" in os.environ else ["test_clients.py", "test_native_profiles.py"]


@pytest.fixture(scope="session")
def lent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lent]:
    """A deployment with the project's own access.toml, and a grant for the client that needs more."""
    with run_project(tmp_path_factory.mktemp("clients")) as project:
        own = (ROOT / "access.toml").read_text(encoding="utf-8")
        project.deploy(f'{own}\n[grants.full]\naccess = "full"\n')
        yield Lent(project)
