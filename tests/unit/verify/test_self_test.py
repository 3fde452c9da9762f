"""The self-test's mutants: each is a defect in a session policy, and the probe that must catch it exists."""

import json
from dataclasses import replace

import pytest

from temp_access.access_file import load
from temp_access.config.model import Grant
from temp_access.verify.live.self_test import SelfTest
from tests.unit.support.config_file import ROOT
from tests.unit.support.planning import MARK, RUN, TARGET

NAMES = [
    "folder pattern without its slash",
    "bare prefix added",
    "prefix condition removed",
    "one action beyond the mode",
    "objects of the whole bucket",
    "no session policy at all",
    "an unescaped * in an id",
    "object ARN without /*",
]


def self_test(*modes: str) -> SelfTest:
    """Return the self-test where grants have these modes."""
    config = load(ROOT / "access.toml")
    return SelfTest(replace(config, grants={mode: Grant(mode, mode, mode) for mode in modes}), TARGET, RUN)


@pytest.mark.parametrize(
    "modes", [("list",), ("read",), ("write",), ("read-write",), ("full",), ("list", "write"), ("read", "write")]
)
def test_every_mutant_has_a_probe_and_changes_the_policy(modes: tuple[str, ...]) -> None:
    """One defect each, in the policy of its own grant; what no mode can show is undecided."""
    test = self_test(*modes)
    probes, mutants = test.probes(), list(test.mutants())
    assert [mutant.name for mutant in mutants] == NAMES
    for mutant in mutants:
        sound = test.policy(mutant.grant, None)
        if mutant.mutate is None:
            assert test.policy(mutant.grant, mutant) == sound
            continue
        assert mutant.killed_by in probes
        assert test.policy(mutant.grant, mutant) != sound
        assert all(
            test.policy(other, mutant) == test.policy(other, None)
            for other in {probe.caller.grant for probe in probes.values()} - {mutant.grant, None}
            if other
        )


def test_extras_have_mutants_of_their_own() -> None:
    """Only if the role has an action of an extra by its name, or lists versions."""
    config = load(ROOT / "access.toml")
    grants = {"bob": Grant("bob", "read", "bob", extras=("versions", "acl"))}
    test = SelfTest(replace(config, grants=grants), TARGET, RUN)
    probes, mutants = test.probes(), list(test.mutants())
    further = {mutant.name: mutant.killed_by for mutant in mutants if mutant.name not in NAMES}
    assert further == {
        "an action of an extra": "grants.self-test/inside/get-version",
        "versions listed without the prefix condition": "grants.self-test/listing/sibling-versions",
    }
    for mutant in mutants:
        assert mutant.killed_by in probes
        assert mutant.grant.extras == ()
        assert mutant.mutate is None or test.policy(mutant.grant, mutant) != test.policy(mutant.grant, None)


def test_the_projects_modes_can_show_every_mutant() -> None:
    """None is undecided."""
    assert all(mutant.mutate for mutant in self_test("read-write", "read", "write").mutants())


def test_its_folders_contain_the_runs_name() -> None:
    """No borrower's folder is touched, even if a policy is too wide."""
    test = self_test("full")
    grants = {probe.caller.grant for probe in test.probes().values() if probe.caller.grant}
    assert len(grants) == 3
    assert all(grant.folder.startswith(MARK) for grant in grants)


def test_each_mutant_has_the_defect_in_its_name() -> None:
    """In the policy that is sent, for a grant that may read."""
    test = self_test("read")
    policies = {mutant.name: test.policy(mutant.grant, mutant) for mutant in test.mutants()}
    bare, arn = f"{MARK}self", "arn:aws:s3:::the-bucket"
    assert f'"{arn}/{bare}*"' in str(policies["folder pattern without its slash"])
    assert f'"s3:prefix":["{MARK}narrow","{MARK}narrow/*"]' in str(policies["bare prefix added"])
    assert "Condition" not in str(policies["prefix condition removed"])
    assert len(json.loads(str(policies["one action beyond the mode"]))["Statement"]) == 3
    assert f'"{arn}/*"' in str(policies["objects of the whole bucket"])
    assert policies["no session policy at all"] is None
    assert "${*}" not in str(policies["an unescaped * in an id"])
    assert f'"Resource":"{arn}/{bare}"' in str(policies["object ARN without /*"])
