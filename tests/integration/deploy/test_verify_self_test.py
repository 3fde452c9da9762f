"""The self-test catches each defect of a session policy, reports what it can't show, and can fail itself."""

import pytest

from tests.integration.deploy.project import Project

pytestmark = pytest.mark.integration
_WRONG_SIBLING = """
from temp_access.verify import operations
operations.sibling_prefix = lambda folder, run: operations.root_prefix(run)
"""
_LISTING = {"bare prefix added", "prefix condition removed"}
_OBJECTS = {"one action beyond the mode", "objects of the whole bucket", "object ARN without /*"}


def _only(mode: str) -> str:
    return f'[bucket]\non_destroy = "destroy"\n\n[grants.bob]\naccess = "{mode}"\n'


def _statuses(out: str) -> dict[str, str]:
    lines = [line for line in out.splitlines() if line.startswith(("caught", "survived", "undecided"))]
    return {line.split(None, 1)[1].partition(": ")[0]: line.split()[0] for line in lines}


def test_every_mutant_is_caught(deployed: Project) -> None:
    """With the project's own access.toml, eight of session policies and four of roles; the run leaves nothing."""
    ended = deployed.local("verify", "--self-test")
    assert ended.code == 0, ended.output
    assert (12, {"caught"}) == (len(_statuses(ended.out)), {*_statuses(ended.out).values()})
    assert "12 mutants: 12 caught, 0 survived, 0 undecided" in ended.out
    deployed.assert_clean()


def test_a_mutant_survives_if_its_probe_tests_the_wrong_key(deployed: Project) -> None:
    """If the sibling probe uses another folder, the mutants without the slash survive by name, with exit code 1."""
    ended = deployed.local("verify", "--self-test", before=_WRONG_SIBLING)
    assert ended.code == 1, ended.output
    survivors = [name for name, status in _statuses(ended.out).items() if status == "survived"]
    assert survivors == ["folder pattern without its slash", "a role policy without its slash"]
    assert "2 survived" in ended.out
    deployed.assert_clean()


@pytest.mark.parametrize(
    ("mode", "code", "undecided"),
    [("full", 0, set()), ("write", 3, _LISTING), ("list", 3, _OBJECTS)],
    ids=["full", "write", "list"],
)
def test_mutants_that_the_modes_in_use_can_t_show_are_undecided(
    deployed: Project, mode: str, code: int, undecided: set[str]
) -> None:
    """With a single mode, mutants that its role can't show are undecided (exit code 3), and the others are caught."""
    deployed.update(_only(mode))
    ended = deployed.local("verify", "--self-test")
    assert ended.code == code, ended.output
    statuses = _statuses(ended.out)
    assert undecided == {name for name, status in statuses.items() if status == "undecided"}
    assert (len(statuses), list(statuses.values()).count("survived")) == (8, 0)
