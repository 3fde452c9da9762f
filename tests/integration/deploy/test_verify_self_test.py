"""The self-test catches each defect of a session policy, says what it can't show, and can itself fail."""

import pytest

from tests.integration.deploy.project import Project

pytestmark = pytest.mark.integration
_CRIPPLED = """
from temp_access.verify import operations
operations.sibling_prefix = lambda folder, run: operations.root_prefix(run)
"""
_LISTING = {"bare prefix added", "prefix condition removed"}
_OBJECTS = {"one action beyond the mode", "objects of the whole bucket", "object ARN without /*"}


def _only(mode: str) -> str:
    return f'[bucket]\non_destroy = "destroy"\n\n[grants.bob]\naccess = "{mode}"\n'


def _fates(out: str) -> dict[str, str]:
    lines = [line for line in out.splitlines() if line.startswith(("caught", "survived", "undecided"))]
    return {line.split(None, 1)[1].partition(": ")[0]: line.split()[0] for line in lines}


def test_every_mutant_is_caught(deployed: Project) -> None:
    """With the project's own access.toml all eight defects are caught, and nothing of the mutants is left."""
    ended = deployed.local("verify", "--self-test")
    assert ended.code == 0, ended.said
    assert (8, {"caught"}) == (len(_fates(ended.out)), {*_fates(ended.out).values()})
    assert "8 mutants: 8 caught, 0 survived, 0 undecided" in ended.out
    deployed.assert_nothing_left()


def test_a_probe_that_tests_the_wrong_key_lets_its_mutant_survive(deployed: Project) -> None:
    """With the sibling's probe pointed elsewhere, the pattern without its slash survives, by name: exit 1."""
    ended = deployed.local("verify", "--self-test", before=_CRIPPLED)
    assert ended.code == 1, ended.said
    survivors = [name for name, fate in _fates(ended.out).items() if fate == "survived"]
    assert survivors == ["folder pattern without its slash"]
    assert "1 survived" in ended.out
    deployed.assert_nothing_left()


@pytest.mark.parametrize(
    ("mode", "code", "undecided"),
    [("full", 0, set()), ("write", 3, _LISTING), ("list", 3, _OBJECTS)],
    ids=["full", "write", "list"],
)
def test_what_the_modes_in_use_can_t_show_is_undecided(
    deployed: Project, mode: str, code: int, undecided: set[str]
) -> None:
    """With one mode alone, the defects that its role could never show are undecided (exit 3), the others caught."""
    deployed.update(_only(mode))
    ended = deployed.local("verify", "--self-test")
    assert ended.code == code, ended.said
    fates = _fates(ended.out)
    assert undecided == {name for name, fate in fates.items() if fate == "undecided"}
    assert (len(fates), list(fates.values()).count("survived")) == (8, 0)
