"""One local AWS for the tests of this folder."""

from collections.abc import Iterator

import pytest

from temp_access.local_aws.testing import running
from tests.integration.differential.resources import Deployer


@pytest.fixture(scope="session")
def deployer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployer]:
    """The administrator of an empty local AWS."""
    with running(tmp_path_factory.mktemp("differential")) as instance:
        yield Deployer(instance)
