"""For the unit tests: a home folder of their own, and synthesis without the template validation, which is slow."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("CDK_VALIDATION", "false")
        yield
