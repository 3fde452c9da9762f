"""For the unit tests: a home folder of their own, and synthesis without the template validation, which is slow."""

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        # The CDK library's files, which take seconds to unpack again for each home folder.
        cache = Path.home() / ".cache" / "aws" / "jsii" / "package-cache"
        patch.setenv("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(cache))
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("CDK_VALIDATION", "false")
        yield
