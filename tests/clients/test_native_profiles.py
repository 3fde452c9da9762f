"""Clients use the native profile of a user of [users], with no program of ours in the path, if they know roles."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.catalogue import CLIENTS, Client
from tests.clients.lent import Home
from tests.integration.borrow.person import Person
from tests.integration.deploy.project import Project, run_project

pytestmark = pytest.mark.integration
_TOML = """
[bucket]
on_destroy = "destroy"
[users.ann]
[grants.own]
access = "read-write"
folder = "bob"
borrowers = ["user/ann"]
"""
# pyarrow has the default credentials of the AWS SDK for C++, which ignores role_arn, and the catalogue's secret of
# DuckDB asks a process: https://github.com/apache/arrow/issues/41794
_NEED_A_PROCESS = ("pyarrow", "duckdb")


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A deployment whose grant has a borrower, for the folder that the clients use."""
    with run_project(tmp_path_factory.mktemp("native")) as project:
        project.deploy(_TOML)
        yield project


@pytest.fixture(params=[c for c in CLIENTS if c.source == "profile" and c.grant == "bob"], ids=lambda c: c.name)
def client(request: pytest.FixtureRequest) -> Client:
    """Each client that takes a profile, if it is installed."""
    chosen: Client = request.param
    if not chosen.binary.exists():
        pytest.skip(f"{chosen.binary.name} isn't installed")
    return chosen


class NativeHome(Home):
    """A home folder with ann's key in one profile, and the native profile `bob`."""

    def write_profile(self, *, short: bool = False) -> None:
        """Write both."""
        key = self.person.keys_of("ann")
        self.person.config.parent.mkdir()
        self.person.config.write_text(
            f"[profile ann]\naws_access_key_id = {key['AWS_ACCESS_KEY_ID']}\n"
            f"aws_secret_access_key = {key['AWS_SECRET_ACCESS_KEY']}\n",
            encoding="utf-8",
        )
        words = ("own", "--name", "bob", "--duration", "1h", "--yes")
        needs_process = self.client.name in _NEED_A_PROCESS
        form = ("--credential-process",) if needs_process else ("--source-profile", "ann")
        ended = self.person.temp_access("profile", *words, *form)
        assert ended.code == 0, ended.output
        assert ("credential_process" in self.person.config.read_text(encoding="utf-8")) == needs_process


def test_uses_the_native_profile(client: Client, held: Project, tmp_path: Path) -> None:
    """It works in the folder, and is refused in one whose name begins with the folder's."""
    (tmp_path / "home").mkdir()
    home = NativeHome(Person(held, tmp_path / "home"), client)
    home.write_profile()
    if "init" in client.commands:
        pytest.skip("it needs a repository, which test_clients makes")
    name = client.name.replace(" ", "-")
    with home.open() as do:
        for operation in client.operations:
            answer = do(operation, f"bob/{name}/" if operation == "list" else f"bob/{name}/text", "hello")
            assert answer.ok, f"{operation}: {answer.output}"
        refused = do(client.operations[0], f"bobby/{name}/text", "hello")
        assert not refused.ok
