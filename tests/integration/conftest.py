"""One deployment of the project's own access.toml for the whole run, which other projects are copies of."""

import os
import shutil
from pathlib import Path

import pytest

from temp_access.files import locked
from tests.integration.deploy.project import CDK, project


@pytest.fixture(scope="session")
def deployed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stopped project in which the project's own access.toml is deployed, by the first worker that needs it."""
    if not CDK.exists():
        pytest.skip("the CDK CLI isn't installed; run `make setup`")
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        # The folder of the run, which has one of each worker in it.
        base = base.parent
    folder, done = base / "deployed-once", base / "deployed-once.done"
    with locked(base / "deployed-once.lock"):
        if not done.exists():
            # Another worker may have failed half-way.
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            with project(folder) as made:
                made.deploy()
            done.touch()
    return folder
