"""The probes of grants with borrowers, evaluated against the templates and against edited ones."""

from collections import Counter
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from temp_access.deployment.effective_policies import EffectivePolicies, known_document, template_policies
from temp_access.deployment.stacks import read_stacks
from temp_access.deployment.state import RoleState
from temp_access.policies.role_names import grant_role_name
from temp_access.verify.live.borrower_keys import people_called
from temp_access.verify.offline.run import evaluator_calls, run_offline
from temp_access.verify.plan.impersonation import TokenClaims, subject_matches
from temp_access.verify.plan.plan import ProbePlan, make_plan
from temp_access.verify.plan.selection import choose_grants
from temp_access.verify.plan.user import decide_for_user
from temp_access.verify.probes import AssumeCall, Identity, Probe, Runner, StateCheck, TrustCheck, Verdict
from tests.unit.support.config_file import config_of
from tests.unit.support.planning import RUN, plan_of
from tests.unit.support.synthesis import synthesize

GITHUB = "https://token.actions.githubusercontent.com"
HOST = "token.actions.githubusercontent.com"
PROVIDER = f'[identity_providers.github]\nissuer = "{GITHUB}"\naudience = "sts.amazonaws.com"\ncreate = true\n'
PEOPLE = "[users.ann]\n[users.ben]\n[users.cat]\n"
PIPELINE = "oidc/github/repo:example/app:ref:refs/heads/*"
GRANTS = f"""\
[grants.shared]
access = "full"
[grants.bob]
access = "read-write"
borrowers = ["user/ann"]
duration = "2h"
[grants.bobby]
access = "read"
borrowers = ["user/ann", "user/ben", "{PIPELINE}"]
[grants.alone]
access = "write"
borrowers = ["sso/DataTeam/ann@example.com", "sso/Admin", "role/build"]
[grants.work]
access = "list"
borrowers = ["service/ecs-tasks.amazonaws.com", "service/pods.eks.amazonaws.com",
  {{ principal = "arn:aws:iam::222233334444:role/partner", external_id = "the-partner-7f3a" }}]
[grants."odd id*"]
access = "full"
extras = ["versions", "tags"]
borrowers = ["oidc/github/repo:example/app:ref:refs/heads/main", "user/team/existing"]
"""
TOKENS = {"github": TokenClaims("github", "repo:example/app:ref:refs/heads/dev", "sts.amazonaws.com")}
CONDITIONS = """\
[role.conditions]
source_ip = ["203.0.113.0/24"]
source_identity = "*@example.com"
session_name = "*-verify"
"""
VARIANTS = {
    "plain": "[user]\n",
    "path": '[role]\npath = "/temp-access/"\npermissions_boundary = "arn:aws:iam::aws:policy/PowerUserAccess"\n',
    "conditions": CONDITIONS,
    "mfa": "[role.conditions]\nmfa = true\n",
    "names": '[role.conditions]\nsession_name = "*-${aws:username}"\n',
}


class Project:
    """A configuration, its plan, and the policies of its templates."""

    def __init__(self, folder: Path, toml: str, tokens: Mapping[str, TokenClaims] | None = None) -> None:
        self.config = config_of(folder, toml)
        synthesize(self.config, outdir=folder / "cdk.out")
        self.policies = template_policies(self.config, read_stacks(folder / "cdk.out", config=self.config))
        self.tokens = tokens or {}

    def plan(self, *ids: str) -> ProbePlan:
        """Return the plan of some grants, or of all."""
        config, target = self.config, self.policies.target
        return make_plan(
            config,
            [config.grants[id_] for id_ in ids or config.grants],
            target,
            RUN,
            decide_for_user=decide_for_user(config, target, known_document),
            decide_for_person=lambda name: decide_for_user(config, target, known_document, name),
            other_bucket="another-bucket",
            deployer_is_untrusted=True,
            tokens=self.tokens,
        )

    def failures(self, policies: EffectivePolicies | None = None, *ids: str) -> dict[str, str]:
        """Return the observations of the probes that don't pass with `policies`."""
        calls = evaluator_calls(self.config, policies or self.policies, tokens=self.tokens)
        probes = [each for each in self.plan(*ids) if Runner.OFFLINE in each.runners]
        return {
            each.probe.id: each.observed for each in run_offline(probes, calls) if each.verdict is not Verdict.PASSED
        }

    def with_role(self, id_: str, edit: Callable[[RoleState], RoleState]) -> EffectivePolicies:
        """Return the policies with an edited role of the grant."""
        roles = dict(self.policies.state.grant_roles)
        name = grant_role_name("temp-role", id_)
        roles[name] = edit(roles[name])
        return EffectivePolicies(self.policies.target, replace(self.policies.state, grant_roles=roles), known_document)


@pytest.fixture(scope="module", name="project")
def _project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return grants with every kind of borrower, and one without."""
    return Project(tmp_path_factory.mktemp("project"), PROVIDER + PEOPLE + GRANTS, TOKENS)


def test_all_probes_pass_on_the_templates(project: Project) -> None:
    assert project.failures() == {}
    assert max(Counter(probe.id for probe in project.plan().probes).values()) == 1


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("tokens", [{}, TOKENS], ids=["no tokens", "a token"])
def test_all_probes_pass_with_other_settings(tmp_path: Path, variant: str, tokens: Mapping[str, TokenClaims]) -> None:
    """Conditions, MFA, a path and a boundary."""
    # Only users can have a name in their session's.
    grants = GRANTS.partition("[grants.alone]")[0] if variant == "names" else GRANTS
    assert Project(tmp_path, VARIANTS[variant] + PROVIDER + PEOPLE + grants, tokens).failures() == {}


def probes_of(plan: ProbePlan, id_: str) -> dict[str, Probe]:
    """Return the probes of a group by the rest of their ids."""
    return {probe.id.removeprefix(f"{id_}/"): probe for probe in plan if probe.group == id_}


def test_a_borrower_that_the_run_can_be_calls(project: Project) -> None:
    """Users of access.toml by a key, and the holder of a token; the raw session passes the folder's probes."""
    probes = probes_of(project.plan(), "grants.bobby")
    callers = {id_: probe.caller for id_, probe in probes.items() if id_.startswith("assume/borrower-")}
    assert [(caller.identity, caller.name) for caller in callers.values()] == [
        (Identity.PERSON, "ann"),
        (Identity.PERSON, "ben"),
        (Identity.TOKEN, "github"),
    ]
    raw = probes["inside/get"].caller
    assert (raw.identity, raw.name) == (Identity.GRANT_ROLE, "user/ann")
    shared = {id_ for id_ in probes_of(project.plan(), "grants.shared") if id_ != "assume"}
    assert shared <= set(probes) | {id_ for id_ in shared if "tag" in id_ or "version" in id_ or "acl" in id_}


def test_who_can_not_be_impersonated_is_evaluated(project: Project) -> None:
    """The titles say so."""
    for probe in probes_of(project.plan(), "grants.alone").values():
        if probe.is_evaluated:
            assert "not called)" in probe.title, probe.id
        else:
            assert "/assume/by-" in probe.id, probe.id


@pytest.mark.parametrize("id_", ["bob", "bobby", "alone", "odd id*"])
def test_everybody_else_is_refused_with_a_control(project: Project, id_: str) -> None:
    """temp-user, sessions of temp-role, another user of the file; and sessions of the role assume nothing."""
    grant = project.config.grants[id_]
    probes = probes_of(project.plan(id_), "grants." + (f'"{id_}"' if " " in id_ else id_))
    refused = {
        name.removeprefix("assume/"): probe
        for name, probe in probes.items()
        if isinstance(probe.call, AssumeCall) and not probe.allowed
    }
    assert {"by-the-user", "by-the-shared-role", "to-the-shared-role", "to-another-role"} <= set(refused)
    others = [probe.caller.name for name, probe in refused.items() if name.startswith("by-another-user")]
    assert len(others) == 1
    assert f"user/{others[0]}" not in {each.text for each in grant.borrowers}
    assert all(probe.control for probe in refused.values())


def test_probes_are_linear_in_the_grants(tmp_path: Path) -> None:
    """Also with as many users as grants: each grant tries one other user."""

    def count(number: int) -> int:
        people = "".join(f"[users.u{n}]\n" for n in range(number))
        grants = "".join(
            f'[grants.g{n:03}]\naccess = "read"\nborrowers = ["user/u{n}", "role/r"]\n' for n in range(number)
        )
        config = config_of(tmp_path, people + grants)
        plan = plan_of(config)
        assert sum(plan.group_sizes(Runner.LIVE).values()) == len(plan.probes)
        return len(plan.probes)

    counts = [count(number) for number in (20, 40, 60)]
    assert counts[2] - counts[1] == counts[1] - counts[0] > 0


def test_each_other_user_is_tried_over_all_grants(tmp_path: Path) -> None:
    """The next one in order."""
    people = "".join(f"[users.u{n}]\n" for n in range(5))
    grants = "".join(f'[grants.g{n}]\naccess = "read"\nborrowers = ["user/u{n}"]\n' for n in range(5))
    plan = plan_of(config_of(tmp_path, people + grants))
    assert {probe.caller.name for probe in plan if "/by-another-user/" in probe.id} == {f"u{n}" for n in range(5)}


def test_a_sample_probes_only_the_users_of_its_grants(project: Project) -> None:
    groups = {probe.group for probe in project.plan("bob")}
    assert "users.ann" in groups
    assert not {"users.ben", "users.cat"} & groups
    assert {"users.ann", "users.ben", "users.cat"} <= {probe.group for probe in project.plan()}


def test_a_sample_of_many_grants_is_about_few_roles_and_users(tmp_path: Path) -> None:
    """Ten of 200: their roles' state, the users that they name, and one other user each."""
    people = "".join(f"[users.u{n}]\n" for n in range(100))
    grants = "".join(
        f'[grants.g{n}]\naccess = "read"\nborrowers = ["user/u{n % 100}"]\nfolder = "f/{n}"\n' for n in range(200)
    )
    config = config_of(tmp_path, people + grants)
    plan = plan_of(config, choose_grants(config, (), 10, 0))
    names = {probe.call.name for probe in plan if isinstance(probe.call, StateCheck) and probe.call.name}
    assert len([name for name in names if name.startswith("temp-role-")]) == 10
    assert len(names) <= 20
    assert len({probe.group for probe in plan if probe.group.startswith("grants.")}) == 10
    assert len(set(people_called(plan.probes))) <= 20


def test_a_file_without_borrowers_has_the_probes_of_before(tmp_path: Path) -> None:
    """None has anything to do with roles of grants."""
    plan = plan_of(config_of(tmp_path, '[grants.bob]\naccess = "read"\n'))
    identities = {probe.caller.identity for probe in plan}
    assert not identities & {Identity.GRANT_ROLE, Identity.GRANT_ROLE_NARROWED, Identity.PERSON, Identity.TOKEN}
    assert not any(isinstance(probe.call, TrustCheck | AssumeCall) and probe.call.role for probe in plan)


Statement = dict[str, Any]


def editing_trust(edit: Callable[[list[Statement]], object]) -> Callable[[RoleState], RoleState]:
    """Return the edit of a role that edits the statements of its trust policy."""

    def edited(role: RoleState) -> RoleState:
        document = deepcopy(dict(role.trust))
        edit(document["Statement"])
        return replace(role, trust=document)

    return edited


def editing_policy(old: str, new: str) -> Callable[[RoleState], RoleState]:
    """Return the edit of a role that replaces a text in its own policy."""

    def replaced(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace(old, new)
        if isinstance(value, dict):
            return {key: replaced(item) for key, item in value.items()}
        return [replaced(item) for item in value] if isinstance(value, list | tuple) else value

    def edited(role: RoleState) -> RoleState:
        inline = {name: replaced(document) for name, document in role.permissions.inline.items()}
        return replace(role, permissions=replace(role.permissions, inline=inline))

    return edited


def trusting(arn: str) -> Callable[[RoleState], RoleState]:
    """Return the edit that adds a principal to the trust policy."""
    statement = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}
    return editing_trust(lambda statements: statements.append(statement))


def of_action(statements: list[Statement], text: str) -> Statement:
    """Return the first statement that contains a text."""
    return next(each for each in statements if text in str(each))


ACCOUNT = "arn:aws:iam::111122223333"


@pytest.mark.parametrize(
    ("id_", "edit", "caught"),
    [
        ("bob", trusting(f"{ACCOUNT}:user/temp-user"), "assume/by-the-user"),
        ("bob", trusting(f"{ACCOUNT}:role/temp-role"), "assume/by-the-shared-role"),
        ("bob", trusting(f"{ACCOUNT}:user/ben"), "assume/by-another-user/ben"),
        ("bob", trusting(f"{ACCOUNT}:root"), "assume/anybody"),
        ("bob", editing_trust(lambda statements: statements.clear()), "assume/borrower-0"),
        ("bob", editing_policy("bob/*", "bob*"), "sibling/get"),
        ("bob", editing_policy("bob/*", "*"), "neighbour/get"),
        ("bob", lambda role: replace(role, max_session_duration=43200), "assume/over-the-maximum"),
        ("bob", lambda role: replace(role, max_session_duration=3600), "assume/longest"),
        (
            "bobby",
            editing_trust(lambda all_: of_action(all_, HOST)["Condition"].update(StringLike={f"{HOST}:sub": "*"})),
            "assume/other-subject-2",
        ),
        (
            "bobby",
            editing_trust(
                lambda all_: of_action(all_, HOST)["Condition"].update(
                    StringLike={f"{HOST}:sub": "repo:example/app:ref:refs/heads*"}
                )
            ),
            "assume/similar-subject-2",
        ),
        (
            "bobby",
            editing_trust(lambda all_: of_action(all_, HOST)["Condition"].pop("StringEquals")),
            "assume/other-audience-2",
        ),
        (
            "work",
            editing_trust(lambda all_: of_action(all_, "ecs-tasks").pop("Condition")),
            "assume/other-account-0",
        ),
        (
            "work",
            editing_trust(lambda all_: of_action(all_, "ExternalId").pop("Condition")),
            "assume/no-external-id-2",
        ),
        (
            "alone",
            editing_trust(lambda all_: of_action(all_, "aws:userid")["Condition"].pop("StringLike")),
            "assume/other-person-0",
        ),
        (
            "alone",
            editing_trust(lambda all_: of_action(all_, "SSO_Admin_")["Condition"].pop("ArnNotLike")),
            "assume/other-permission-set-1",
        ),
        (
            "work",
            editing_trust(lambda all_: of_action(all_, "pods.eks").update(Action="sts:AssumeRole")),
            "assume/borrower-1",
        ),
    ],
)
def test_a_defect_is_caught(project: Project, id_: str, edit: Callable[[RoleState], RoleState], caught: str) -> None:
    """By the probe that is meant for it, in the group of its grant."""
    failures = project.failures(project.with_role(id_, edit))
    assert f"grants.{id_}/{caught}" in failures


def test_a_user_with_another_role_is_caught(project: Project) -> None:
    """It may read more than its own."""
    state = project.policies.state
    ann = state.users["ann"]
    everything = {"Statement": {"Effect": "Allow", "Action": ["iam:Get*", "iam:List*"], "Resource": "*"}}
    permissions = replace(ann.permissions, inline={**ann.permissions.inline, "more": everything})
    users = {**state.users, "ann": replace(ann, permissions=permissions)}
    edited = EffectivePolicies(project.policies.target, replace(state, users=users), known_document)
    assert {"users.ann/get-role", "users.ann/list-other-keys", "users.ann/list-users"} == set(project.failures(edited))


def test_a_subject_with_wildcards() -> None:
    assert subject_matches("repo:a/b:*", "repo:a/b:x")
    assert not subject_matches("repo:a/b:*", "repo:a/bc:x")
    assert not subject_matches("repo:a.b", "repo:axb")


def test_all_grants_may_have_borrowers(tmp_path: Path) -> None:
    """Then temp-role's sessions are for nobody, and it is still refused what the grants' roles have."""
    project = Project(tmp_path, PEOPLE + '[grants.bob]\naccess = "read"\nborrowers = ["user/ann"]\n')
    assert project.failures() == {}


def test_a_session_that_assumes_another_role_is_caught(project: Project) -> None:
    """The other role trusts it."""
    bob = f"{ACCOUNT}:role/temp-role-bob"
    failures = project.failures(project.with_role("bobby", trusting(bob)))
    assert [id_ for id_ in failures if id_.startswith("grants.bob/")] == ["grants.bob/assume/to-another-role"]
