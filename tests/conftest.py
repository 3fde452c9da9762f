"""For all tests: the guard of the source root, hypothesis's settings, and an environment without anybody's AWS."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from stacks.node import use_own_node

if os.environ.get("CI"):
    settings.register_profile("temp-access", settings.get_profile("ci"), deadline=None)
else:
    # A run by hand is one of many, each with other examples; see tests/unit/support/examples.py.
    settings.register_profile("temp-access", settings.get_profile("default"), deadline=None, max_examples=25)
settings.load_profile("temp-access")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to run beside an `__init__.py` that would hide the library `constructs`; keep AWS settings out."""
    root = config.rootpath
    candidates = [root / "constructs" / "__init__.py", *sorted((root / "tests").rglob("__init__.py"))]
    if found := [str(path.relative_to(root)) for path in candidates if path.exists()]:
        raise pytest.UsageError(
            f"{', '.join(found)}: constructs/ and tests/ aren't packages; as one, constructs/ hides the library "
            "`constructs` that aws-cdk-lib imports, and tests/ makes such packages of its folders. Delete it "
            "(our constructs are in the package access_constructs)"
        )
    _clear_aws_settings()
    _restore_signals()
    use_own_node()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest first: the short ones at the end let all workers end together."""
    # The first is for a worker that would else wait until the other one has deployed what most of them begin with.
    folders = ("tests/integration/local_aws/test_local_cdk.py", "tests/integration/deploy/", "tests/integration/")
    rank = {folder: number for number, folder in enumerate((*folders, "tests/browser/", ""))}
    items.sort(key=lambda item: next(rank[folder] for folder in rank if item.nodeid.startswith(folder)))


def _restore_signals() -> None:
    # Under nohup or in a shell's background they are ignored, and so would they be by what the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def _clear_aws_settings() -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"


@pytest.fixture(scope="session", autouse=True)
def _state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the journals of what the tests run in a folder of their own."""
    folder = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder))
        yield folder
