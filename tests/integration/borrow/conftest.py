"""A deployment for all tests of borrowing, and a person with a home folder of their own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.borrow.held import TOML
from tests.integration.borrow.person import Calls, Person
from tests.integration.deploy.project import CDK, Project, run_project


@pytest.fixture(scope="session")
def lent(deployed_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The project's own access.toml, deployed to a running local AWS."""
    with run_project(tmp_path_factory.mktemp("lent"), copy_of=deployed_once) as made:
        yield made


@pytest.fixture(scope="session")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The access.toml of `held`, whose grants have borrowers, deployed to a running local AWS."""
    if not CDK.exists():
        pytest.skip("the CDK CLI isn't installed; run `make setup`")
    with run_project(tmp_path_factory.mktemp("held")) as made:
        made.deploy(TOML)
        yield made


@pytest.fixture
def borrower(held: Project, tmp_path: Path) -> Iterator[Person]:
    """A person with an empty home folder, for the grants with borrowers; access.toml is restored after the test."""
    content = held.toml.read_text(encoding="utf-8")
    (tmp_path / "home").mkdir()
    yield Person(held, tmp_path / "home")
    held.toml.write_text(content, encoding="utf-8")


@pytest.fixture
def person(lent: Project, tmp_path: Path) -> Iterator[Person]:
    """A person with an empty home folder; access.toml is restored after the test."""
    content = lent.toml.read_text(encoding="utf-8")
    (tmp_path / "home").mkdir()
    yield Person(lent, tmp_path / "home")
    lent.toml.write_text(content, encoding="utf-8")


@pytest.fixture
def calls(person: Person) -> Calls:
    """The calls that the test makes."""
    return Calls(person)
