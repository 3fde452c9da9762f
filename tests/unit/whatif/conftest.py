"""A project for each module, made from its TOML, and commands on its templates."""

from pathlib import Path

import pytest

from tests.unit.support.what_if import Ask, make_ask, make_project

PLAIN = """\
[grants.bob]
access = "read-write"
"""


@pytest.fixture(scope="module", name="project")
def _project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an access.toml and the templates made from it."""
    return make_project(tmp_path_factory.mktemp("project"), getattr(request.module, "TOML", PLAIN))


@pytest.fixture(name="ask")
def _ask(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run a command on the templates, perhaps changed; return its exit code and its output."""
    return make_ask(project, tmp_path, capsys)
