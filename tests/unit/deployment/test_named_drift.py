"""Drift of the roles of grants, of users for people and of identity providers: the checks of each by its name."""

import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from temp_access.deployment.drift import (
    DRIFT_CHECKS,
    NamedCheck,
    differences,
    existing_provider_checks,
    grant_role_checks,
    orphan_check,
    person_checks,
    provider_checks,
)
from temp_access.deployment.state import DeployedState, Permissions, ProviderState, RoleState, State, UserState
from tests.unit.deployment.test_drift import BUCKET, MALLORY, MINE, OWN_ARN, ROLE, USER, WIDE, trust

HOST = "token.actions.githubusercontent.com"
PROVIDER_ARN = f"arn:aws:iam::123456789012:oidc-provider/{HOST}"
ANN = UserState("ann", Permissions({"mine": MINE}, {OWN_ARN: MINE}), (), {"cost-center": "4711"})
BOB = RoleState(
    name="temp-role-bob",
    permissions=Permissions({"Folder": MINE}, {}),
    trust=trust("arn:aws:iam::123456789012:user/ann"),
    max_session_duration=3600,
    tags={"temp-access:config": "d1gest", "temp-access:bucket": "temp-bucket"},
    path="/temp-access/",
    file_tags={"cost-center": "4711"},
)
AMY = replace(BOB, name="temp-role-amy")
GITHUB = ProviderState(HOST, ("sts.amazonaws.com",), PROVIDER_ARN)
EXPECTED = State(
    USER, ROLE, BUCKET, {BOB.name: BOB, AMY.name: AMY}, {"ann": ANN, "ben": replace(ANN, name="ben")}, {HOST: GITHUB}
)
ALL = (*grant_role_checks(BOB.name), *person_checks("ann"), *provider_checks(HOST))


def deployed(role: RoleState | None = BOB, user: UserState | None = ANN, **provider: Any) -> DeployedState:
    provider_state = provider.get("provider", GITHUB)
    return DeployedState(None, None, None, {BOB.name: role}, {"ann": user}, {HOST: provider_state})


def lines(check: NamedCheck, state: DeployedState, expected: State = EXPECTED) -> tuple[str, ...]:
    return differences(check.aspect, expected, state, name=check.name)


def test_the_checks_have_aspects_of_their_own() -> None:
    """No report has two checks of the same aspect and name."""
    assert len({(check.aspect, check.name) for check in ALL}) == len(ALL)
    assert not {check.aspect for check in (*ALL, orphan_check())} & DRIFT_CHECKS.keys()
    assert {check.title for check in grant_role_checks("temp-role-bob")} >= {
        "temp-role-bob's trust policy matches the template"
    }


@pytest.mark.parametrize("check", ALL)
def test_an_unchanged_deployment_has_no_differences(check: NamedCheck) -> None:
    """Nothing but what is asked for needs to be read."""
    assert lines(check, deployed()) == ()


@pytest.mark.parametrize(
    ("aspect", "state", "message", "command"),
    [
        ("grant_role.trust_policy", deployed(replace(BOB, trust=trust("arn:aws:iam::123456789012:user/ann", MALLORY))),
         f"the trust policy of temp-role-bob also has {MALLORY} in Principal; restore it",
         "aws iam update-assume-role-policy --role-name temp-role-bob --policy-document '{"),
        ("grant_role.max_session_duration", deployed(replace(BOB, max_session_duration=43200)),
         "the maximum session duration of temp-role-bob is 43200 s, but the template has 3600 s; restore it",
         "aws iam update-role --role-name temp-role-bob --max-session-duration 3600"),
        ("grant_role.inline_policies", deployed(replace(BOB, permissions=Permissions({"Folder": WIDE}))),
         "the inline policy Folder of temp-role-bob has s3:* in Action instead of s3:GetObject; restore it",
         "aws iam put-role-policy --role-name temp-role-bob --policy-name Folder --policy-document '{"),
        ("grant_role.attached_policies", deployed(replace(BOB, permissions=Permissions({}, {OWN_ARN: MINE}))),
         "own is attached to temp-role-bob but isn't in the template; detach it",
         f"aws iam detach-role-policy --role-name temp-role-bob --policy-arn {OWN_ARN}"),
        ("grant_role.boundary", deployed(replace(BOB, permissions=Permissions({}, {}, OWN_ARN))),
         f"temp-role-bob has the permissions boundary {OWN_ARN}, but the template has none; remove it",
         "aws iam delete-role-permissions-boundary --role-name temp-role-bob"),
        ("grant_role.tags", deployed(replace(BOB, tags={**BOB.tags, "temp-access:config": "0ther"})),
         "the tag temp-access:config of temp-role-bob is 0ther, but the template has d1gest: another access.toml is "
         "deployed (run `cdk deploy`), or it was changed by hand; restore it",
         "aws iam tag-role --role-name temp-role-bob --tags '[{"),
        ("grant_role.tags", deployed(replace(BOB, file_tags={"owner": "x"})),
         "the tag cost-center of temp-role-bob is missing, but the template has 4711; restore it",
         """aws iam tag-role --role-name temp-role-bob --tags '[{"Key":"cost-center","Value":"4711"}]'"""),
        ("grant_role.path", deployed(replace(BOB, path="/")),
         "the path of temp-role-bob is /, but the template has /temp-access/, so its ARN is another one; a role's path "
         "can't be changed: delete its policies and the role (aws iam delete-role --role-name temp-role-bob), and "
         "recreate it", "aws iam create-role --role-name temp-role-bob --path /temp-access/ "),
        ("person.inline_policies", deployed(user=replace(ANN, permissions=Permissions({}, {OWN_ARN: MINE}))),
         "the inline policy mine of ann is gone; restore it",
         "aws iam put-user-policy --user-name ann --policy-name mine --policy-document '{"),
        ("person.attached_policies", deployed(user=replace(ANN, permissions=Permissions({"mine": MINE}))),
         "own is in the template but isn't attached to ann; attach it",
         f"aws iam attach-user-policy --user-name ann --policy-arn {OWN_ARN}"),
        ("person.boundary", deployed(user=replace(ANN, permissions=Permissions({}, {}, OWN_ARN))),
         f"ann has the permissions boundary {OWN_ARN}, but the template has none; remove it",
         "aws iam delete-user-permissions-boundary --user-name ann"),
        ("person.groups", deployed(user=replace(ANN, groups=("admins",))),
         "ann is in the group admins and has its policies, but the template has no such group; remove it",
         "aws iam remove-user-from-group --user-name ann --group-name admins"),
        ("person.tags", deployed(user=replace(ANN, file_tags={"cost-center": "1"})),
         "the tag cost-center of ann is 1, but the template has 4711; restore it",
         """aws iam tag-user --user-name ann --tags '[{"Key":"cost-center","Value":"4711"}]'"""),
        ("provider.audiences", deployed(provider=replace(GITHUB, audiences=("sts.amazonaws.com", "mallory"))),
         f"the identity provider {HOST} accepts the audience mallory, which isn't in the template; remove it",
         f"aws iam remove-client-id-from-open-id-connect-provider --open-id-connect-provider-arn {PROVIDER_ARN} "
         "--client-id mallory"),
        ("provider.audiences", deployed(provider=replace(GITHUB, audiences=())),
         f"the identity provider {HOST} doesn't accept the audience sts.amazonaws.com; add it",
         f"aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn {PROVIDER_ARN} "
         "--client-id sts.amazonaws.com"),
    ],
)  # fmt: skip
def test_a_change_comes_with_the_command_that_undoes_it(
    aspect: str, state: DeployedState, message: str, command: str
) -> None:
    """The deployed value, the template's value, and the command."""
    [check] = [each for each in ALL if each.aspect == aspect]

    [line] = lines(check, state)

    assert line.startswith(f"{message}: {command}")


def test_tags_that_others_have_added_are_no_drift() -> None:
    """Many organizations tag everything; only temp-access's own tags are compared in full."""
    more = {"cost-center": "4711", "owner": "platform"}
    state = deployed(replace(BOB, file_tags=more), replace(ANN, file_tags=more))

    assert [lines(check, state) for check in ALL if check.aspect.endswith(".tags")] == [(), ()]


def test_the_role_of_the_file_has_its_tags_too() -> None:
    """`[tags]` are on every resource."""
    expected = replace(EXPECTED, role=replace(ROLE, file_tags={"cost-center": "4711"}))

    [line] = differences("role.tags", expected, DeployedState(USER, ROLE, BUCKET))

    assert line.startswith("the tag cost-center of temp-role is missing, but the template has 4711; restore it: ")


@pytest.mark.parametrize("check", ALL)
def test_what_is_missing_is_created_as_the_template_defines_it(check: NamedCheck) -> None:
    """The stack has others that are in use, so it isn't destroyed for that."""
    [line] = lines(check, deployed(None, None, provider=None))

    what, _, commands = line.partition(" doesn't exist; recreate it: ")
    assert what in ("the role temp-role-bob", "the user ann", f"the identity provider {HOST}")
    expected = {
        "the role temp-role-bob": [
            ["create-role", "--role-name", "--path", "--assume-role-policy-document", "--max-session-duration"],
            ["put-role-policy", "--role-name", "--policy-name", "--policy-document"],
        ],
        "the user ann": [
            ["create-user", "--user-name", "--tags"],
            ["put-user-policy", "--user-name", "--policy-name", "--policy-document"],
            ["attach-user-policy", "--user-name", "--policy-arn"],
        ],
        f"the identity provider {HOST}": [["create-open-id-connect-provider", "--url", "--client-id-list"]],
    }[what]
    split = [shlex.split(command) for command in commands.split(" && ")]
    assert [command[2] for command in split] == [each[0] for each in expected]
    assert all({*options} <= {*command} for command, options in zip(split, expected, strict=True))


@pytest.mark.parametrize("ignored", [True, False])
def test_a_revocation_is_no_drift(ignored: bool) -> None:
    """The policies of `temp-access revoke` are on the grant's own role."""
    inline = {**BOB.permissions.inline, "TempAccessRevocations-1": WIDE}
    is_ignored: Callable[[str, Any], bool] = lambda name, _: ignored and name.startswith("TempAccess")  # noqa: E731
    state = deployed(replace(BOB, permissions=Permissions(inline)))

    found = differences("grant_role.inline_policies", EXPECTED, state, is_ignored, name=BOB.name)

    assert len(found) == (0 if ignored else 1)


EXISTING = replace(EXPECTED, providers={}, existing_providers={HOST: GITHUB})


@pytest.mark.parametrize(
    ("provider", "line"),
    [
        (GITHUB, None),
        # Others use it too.
        (replace(GITHUB, audiences=("another", "sts.amazonaws.com")), None),
        (replace(GITHUB, audiences=("another",)),
         f"the identity provider {HOST} doesn't accept the audience sts.amazonaws.com; add it: aws iam "
         f"add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn {PROVIDER_ARN} --client-id "
         "sts.amazonaws.com"),
        (None,
         f"the account has no identity provider {HOST}; set create = true in access.toml, or: aws iam "
         f"create-open-id-connect-provider --url https://{HOST} --client-id-list '[\"sts.amazonaws.com\"]'"),
    ],
)  # fmt: skip
def test_a_provider_of_the_account_accepts_the_audience(provider: ProviderState | None, line: str | None) -> None:
    """Without it no token is accepted; IAM takes a trust policy that names a provider that isn't there."""
    [check] = existing_provider_checks(HOST)

    assert lines(check, deployed(provider=provider), EXISTING) == ((line,) if line else ())
