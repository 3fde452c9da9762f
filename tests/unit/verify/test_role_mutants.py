"""The self-test's mutants of a grant's own role: the probe that is meant for each catches it, and few others do."""

from dataclasses import replace
from pathlib import Path

import pytest

from temp_access.config.model import Config
from temp_access.deployment.effective_policies import template_policies
from temp_access.deployment.stacks import read_stacks
from temp_access.verify.live.role_mutants import RoleMutants
from temp_access.verify.live.self_test import MutantStatus, SelfTest
from temp_access.verify.probes import Verdict
from tests.unit.support.config_file import config_of
from tests.unit.support.planning import MARK, RUN, TARGET
from tests.unit.support.synthesis import synthesize

NAMES = [
    "a borrower too many",
    "a sub pattern without its literal part",
    "no aud in a token's statement",
    "a role policy without its slash",
]
BOB = '[users.ann]\n[grants.bob]\naccess = "read"\nborrowers = ["user/ann"]\n'
SETTINGS = ["", '[role]\npath = "/temp-access/"\n', "[role.conditions]\nmfa = true\n"]


def mutants_of(folder: Path, toml: str) -> RoleMutants:
    """Return the mutants for an access.toml."""
    config = config_of(folder, toml)
    synthesize(config, outdir=folder / "cdk.out")
    policies = template_policies(config, read_stacks(folder / "cdk.out", config=config))
    return RoleMutants(config, policies.target, policies.state, RUN)


@pytest.mark.parametrize("settings", SETTINGS, ids=["plain", "path", "mfa"])
def test_each_mutant_is_caught(tmp_path: Path, settings: str) -> None:
    results = list(mutants_of(tmp_path, settings + BOB).results())
    assert [result.mutant.name for result in results] == NAMES
    assert {result.status for result in results} == {MutantStatus.KILLED}, results


def test_only_probes_of_the_defect_fail(tmp_path: Path) -> None:
    """A probe that always failed would catch every mutant."""
    test = mutants_of(tmp_path, BOB)
    role = test._state.grant_roles[test.role_name]
    for mutant in test.mutants():
        failed = [
            id_
            for id_, probe in test.probes.items()
            if "presigned" not in id_ and test._evaluate(probe, mutant.mutate(role)).verdict is not Verdict.PASSED
        ]
        places = {id_.split("/")[1] for id_ in failed}
        assert mutant.killed_by in failed
        assert places <= ({"assume"} if "assume" in mutant.killed_by else {"sibling", "listing"}), failed


def test_its_folders_contain_the_runs_name(tmp_path: Path) -> None:
    test = mutants_of(tmp_path, BOB)
    assert all(each.folder.startswith(MARK) for each in test._config.grants.values())


def test_without_a_grant_of_the_one_role_no_session_policy_is_mutated(tmp_path: Path) -> None:
    """There is none that is sent."""
    config: Config = config_of(tmp_path, BOB)
    assert list(SelfTest(config, TARGET, RUN).mutants()) == []
    assert list(SelfTest(replace(config, grants={}), TARGET, RUN).mutants()) == []
