"""The probes of extras: allowed inside the folder for the grant that has them, refused elsewhere and for others."""

from dataclasses import replace
from pathlib import Path

import pytest

from temp_access.access_file import load
from temp_access.config.model import Config, Grant
from temp_access.deployment.effective_policies import known_document, template_policies
from temp_access.deployment.stacks import read_stacks
from temp_access.iam.decision import Layer
from temp_access.policies.access_modes import ACCESS_MODES, EXTRAS, modes_with
from temp_access.verify.offline.run import evaluator_calls, run_offline
from temp_access.verify.plan.plan import ProbePlan, make_plan
from temp_access.verify.plan.user import decide_for_user
from temp_access.verify.probes import Identity, Runner, Verdict
from tests.unit.support.config_file import ROOT
from tests.unit.support.planning import RUN, plan_of, probe
from tests.unit.support.synthesis import synthesize

ALL = tuple(EXTRAS)
OPERATIONS = {
    "read": {"get-tagging", "get-version", "get-version-tagging", "get-acl", "get-version-acl", "list-parts"},
    "write": {"put-tagging", "list-parts"},
    "read-write": {
        *("get-tagging", "put-tagging", "get-version", "delete-version", "get-version-tagging"),
        *("put-version-tagging", "get-acl", "get-version-acl", "list-parts"),
    },
}


def config_with(*grants: Grant) -> Config:
    """Return the project's own configuration with these grants."""
    return replace(load(ROOT / "access.toml"), grants={grant.id: grant for grant in grants})


def names(plan: ProbePlan, where: str, *, allowed: bool) -> set[str]:
    """Return the operations of the probes of a grant in one place."""
    found = [one for one in plan.probes if one.id.startswith(where) and one.allowed == allowed]
    return {one.id.rpartition("/")[2] for one in found}


@pytest.mark.parametrize("mode", OPERATIONS)
def test_each_extra_is_probed_inside_the_folder_and_outside(mode: str) -> None:
    """What one grant has is refused to it outside, and to a grant without extras everywhere."""
    extras = tuple(extra for extra in ALL if mode in modes_with(extra))
    plan = plan_of(config_with(Grant("bob", mode, "bob", extras=extras), Grant("bobby", mode, "bobby")))
    wanted = OPERATIONS[mode]
    assert wanted <= names(plan, "grants.bob/inside/", allowed=True)
    for place in ("sibling", "neighbour"):
        assert wanted - {"get-missing"} <= names(plan, f"grants.bob/{place}/", allowed=False)
    of_mode = {"list-parts"} if mode != "read" else set()
    assert wanted - of_mode <= names(plan, "grants.bobby/inside/", allowed=False)
    for refused in (one for one in plan.probes if one.id.startswith("grants.bobby/inside/") and not one.allowed):
        if refused.id.rpartition("/")[2] in wanted:
            assert refused.layer is Layer.SESSION
            assert refused.control
            assert refused.control.identity is Identity.ROLE


def test_versions_are_listed_in_the_folder_only() -> None:
    """Without a prefix, with the bare one and a sibling's, the listing is refused; the role may list all."""
    plan = plan_of(config_with(Grant("bob", "read", "bob", extras=("versions",)), Grant("bobby", "read", "bobby")))
    expected = {"versions": True, "sibling-versions": False, "bare-prefix-versions": False}
    assert {id_: probe(plan, f"grants.bob/listing/{id_}").allowed for id_ in expected} == expected
    assert not probe(plan, "grants.bob/beyond/list-versions").allowed
    assert not probe(plan, "grants.bobby/listing/versions").allowed
    assert probe(plan, "role/list-versions").allowed
    assert probe(plan, "widened/list-versions").allowed


def test_without_extras_there_are_no_further_probes() -> None:
    """Neither for a grant whose mode has the actions by a wildcard."""
    plan = plan_of(config_with(Grant("bob", "full", "bob"), Grant("bobby", "read", "bobby")))
    assert not [one.id for one in plan.probes if "version" in one.id and one.id.startswith("grants.")][2:]
    assert not [one.id for one in plan.probes if "acl" in one.id or "put-tagging" in one.id]
    assert not probe(plan, "role/list-versions").allowed


def test_grants_with_other_extras_are_counted_apart() -> None:
    """The progress bar knows the number of probes before they are made."""
    plan = plan_of(config_with(*(Grant(f"g{n}", "read", f"g{n}", extras=ALL[:n]) for n in range(5))))
    for runner in Runner:
        sizes = plan.group_sizes(runner)
        for n in range(5):
            own = [one for one in plan.probes if one.group == f"grants.g{n}" and runner in one.runners]
            assert sizes[f"grants.g{n}"] == len(own)


@pytest.mark.parametrize("without", ["", "full"])
def test_offline_every_mode_with_its_extras_passes(tmp_path: Path, without: str) -> None:
    """The role, the session policies and the probes of all modes agree, also if a grant needs all of the role."""
    text = ""
    for mode in (mode for mode in ACCESS_MODES if mode != without):
        extras = [extra for extra in ALL if mode in modes_with(extra)]
        text += f"[grants.{mode}]\naccess = {mode!r}\n[grants.{mode}-more]\naccess = {mode!r}\nextras = {extras}\n"
    (tmp_path / "access.toml").write_text(text, encoding="utf-8")
    config = load(tmp_path / "access.toml")
    synthesize(config, outdir=tmp_path / "cdk.out")
    policies = template_policies(config, read_stacks(tmp_path / "cdk.out", config=config))
    plan = make_plan(
        config,
        list(config.grants.values()),
        policies.target,
        RUN,
        decide_for_user=decide_for_user(config, policies.target, known_document),
        other_bucket="another-bucket",
        deployer_is_untrusted=True,
    )
    probes = [each for each in plan.probes if Runner.OFFLINE in each.runners]
    results = list(run_offline(probes, evaluator_calls(config, policies)))
    assert [(each.probe.id, each.observed) for each in results if each.verdict is not Verdict.PASSED] == []
    tried = {each.probe.id.rpartition("/")[2] for each in results if each.probe.allowed}
    assert OPERATIONS["read-write"] | {"versions"} <= tried
