"""For the unit tests: a separate home folder, and synthesis without the slow template validation."""

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        # Unpacking the CDK library's files again for each home folder takes seconds.
        cache = Path.home() / ".cache" / "aws" / "jsii" / "package-cache"
        patch.setenv("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(cache))
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("CDK_VALIDATION", "false")
        yield
