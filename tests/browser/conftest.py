"""A Chromium for the browser tests: skipped without one, but for `make test-browser` in CI, which installs it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import Chromium

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ASK = "install it (Debian: apt-get install chromium) or name one in CHROMIUM"


def find() -> str | None:
    """Return the Chromium that CHROMIUM names, else one on the path."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, _NAMES)), None)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """Return a running browser."""
    program = find()
    if program is None and os.environ.get("REQUIRE_CHROMIUM") == "true":
        _install()
        program = find()
        if program is None:
            pytest.fail(f"there is no chromium, and CI=true asks for one; {_ASK}")
    if program is None:
        pytest.skip(f"there is no chromium; {_ASK}")
    with Chromium(program, Path(tmp_path_factory.mktemp("profile"))) as browser:
        yield browser


def _install() -> None:
    become = [] if os.geteuid() == 0 else ["sudo", "-n"]
    for step in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        done = subprocess.run([*become, "apt-get", "-qq", *step], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.fail(f"apt-get {step[0]} failed: {done.stderr.strip()[-500:]}; {_ASK}")
