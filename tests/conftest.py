"""For all tests: the check of the source root, hypothesis's settings, and an environment without AWS settings."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from stacks.node import use_own_node
from temp_access.aws.patience import PATIENCE

if os.environ.get("CI"):
    settings.register_profile("temp-access", settings.get_profile("ci"), deadline=None)
else:
    # Local runs are frequent, and each one uses different examples; see tests/unit/support/examples.py.
    settings.register_profile("temp-access", settings.get_profile("default"), deadline=None, max_examples=25)
settings.load_profile("temp-access")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to run if an `__init__.py` would hide the library `constructs`; clear AWS settings."""
    root = config.rootpath
    candidates = [root / "constructs" / "__init__.py", *sorted((root / "tests").rglob("__init__.py"))]
    if init_files := [str(path.relative_to(root)) for path in candidates if path.exists()]:
        raise pytest.UsageError(
            f"{', '.join(init_files)}: constructs/ and tests/ aren't packages; a package constructs/ hides the library "
            "`constructs` that aws-cdk-lib imports, and tests/ turns its folders into such packages. Delete the file "
            "(the project's constructs are in the package access_constructs)"
        )
    _clear_aws_settings()
    _restore_signals()
    use_own_node()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the slowest files first: short files at the end let all workers finish at about the same time."""
    # The first file occupies a worker while another one makes the deployment that most of these tests share.
    folders = ("tests/integration/local_aws/test_local_cdk.py", "tests/integration/deploy/", "tests/integration/")
    rank = {folder: number for number, folder in enumerate((*folders, "tests/browser/", ""))}
    items.sort(key=lambda item: next(rank[folder] for folder in rank if item.nodeid.startswith(folder)))


def _restore_signals() -> None:
    # nohup and background jobs ignore these signals, and the commands that the tests start would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def _clear_aws_settings() -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"


@pytest.fixture(autouse=True)
def _patience() -> None:
    """Begin the time of a command: one that got no answer doesn't count for the next test."""
    PATIENCE.start(None)


@pytest.fixture(scope="session", autouse=True)
def _state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the journals of the commands that tests run in a separate folder."""
    folder = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder))
        yield folder
