"""One deployment of the project's own access.toml for the whole run, of which tests use copies; an OpenID provider."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from temp_access.files import locked
from tests.integration.deploy.project import CDK, run_project
from tests.integration.openid.provider import LIBRARY, OpenIdProvider, running_provider


@pytest.fixture(scope="session")
def deployed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a stopped project with the project's own access.toml deployed, by the first worker that needs it."""
    if not CDK.exists():
        pytest.skip("the CDK CLI isn't installed; run `make setup`")
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        # The parent is the folder of the whole run, with one folder for each worker.
        base = base.parent
    folder, done = base / "deployed-once", base / "deployed-once.done"
    with locked(base / "deployed-once.lock"):
        if not done.exists():
            # Another worker may have failed before it finished.
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            with run_project(folder) as project:
                project.deploy()
            done.touch()
    return folder


@pytest.fixture(scope="session")
def openid_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenIdProvider]:
    """Run an OpenID provider, which issues tokens for any subject; see `OpenIdProvider`."""
    if not LIBRARY.exists():
        pytest.skip("oidc-provider isn't installed; run `make setup`")
    with running_provider(tmp_path_factory.mktemp("openid")) as provider:
        yield provider
