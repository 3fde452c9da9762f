"""The Chromium of the browser tests, which are skipped without one; `make test-browser` in CI installs it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import Chromium

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ADVICE = "install it (Debian: apt-get install chromium) or name one in CHROMIUM"


def find_chromium() -> str | None:
    """Return the Chromium that CHROMIUM names, else one on the path."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """Return a running browser."""
    program = find_chromium()
    if program is None and os.environ.get("REQUIRE_CHROMIUM") == "true":
        _install()
        program = find_chromium()
        if program is None:
            pytest.fail(f"CI=true requires Chromium, which isn't installed; {_ADVICE}")
    if program is None:
        pytest.skip(f"Chromium isn't installed; {_ADVICE}")
    with Chromium(program, Path(tmp_path_factory.mktemp("profile"))) as browser:
        yield browser


def _install() -> None:
    become = [] if os.geteuid() == 0 else ["sudo", "-n"]
    for step in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        done = subprocess.run([*become, "apt-get", "-qq", *step], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.fail(f"apt-get {step[0]} failed: {done.stderr.strip()[-500:]}; {_ADVICE}")
