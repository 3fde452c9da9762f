"""Grants with borrowers in several stacks: what a change of the file changes, and what is left of it."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from temp_access.access_file import load
from temp_access.aws.clients import ClientFactory
from temp_access.cfn.assembly import Assembly
from temp_access.deployment.deployed import physical_ids, read_role, read_user
from temp_access.deployment.drift import ORPHANS, grant_role_checks, person_checks, provider_checks
from temp_access.deployment.expected import expected_state
from temp_access.deployment.stacks import read_stacks
from temp_access.deployment.target import deployed_target
from temp_access.local_aws.session import session
from temp_access.policies.grant_stacks import GRANT_STACKS, grant_stack
from temp_access.verify.live.drift_reader import StateReader
from tests.integration.deploy.project import ROLE, USER, Project, run_project
from tests.integration.deploy.undo import undo

pytestmark = pytest.mark.integration

USERS = ("ann", "ben", "cleo", "dan", "eve")
HEAD = """
[role]
path = "/temp-access/"
[tags]
cost-center = "4711"
[bucket]
on_destroy = "destroy"
[grants.shared]
access = "read"
"""
_DENY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}'
_READ_ONLY = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
_LARGE_SECONDS = 900.0
_MODES = ("read-write", "read", "write", "full", "list")


# In turn, besides the user.
_OTHERS = ('"oidc/github/repo:example/app:ref:refs/heads/main"', '"service/ec2.amazonaws.com"', "", "")
PROVIDER = """
[identity_providers.github]
issuer = "https://token.actions.githubusercontent.com"
audience = "sts.amazonaws.com"
create = true
"""
HOST = "token.actions.githubusercontent.com"
PROVIDER_ARN = f"arn:aws:iam::123456789012:oidc-provider/{HOST}"


def access_toml(grants: dict[str, str], users: tuple[str, ...] = USERS) -> str:
    """Return a file in which each of `grants` has one user as its borrower, some also a pipeline or a service."""
    tables = [
        f'[grants.{id_}]\naccess = "{_MODES[number % len(_MODES)]}"\nduration = "2h"\n'
        f'borrowers = ["user/{user}", {_OTHERS[number % len(_OTHERS)]}]\n'
        for number, (id_, user) in enumerate(grants.items())
    ]
    return HEAD + PROVIDER + "".join(f"[users.{user}]\n" for user in users) + "".join(tables)


GRANTS = {f"g{number:02}": USERS[number % len(USERS)] for number in range(24)}


@pytest.fixture(scope="module")
def lent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Return a deployment of 24 grants with borrowers. The tests run in order, each on what the previous one left."""
    with run_project(tmp_path_factory.mktemp("lent")) as project:
        project.deploy(access_toml(GRANTS))
        yield project


def reader(project: Project) -> StateReader:
    """Return what compares the deployment with cdk.out."""
    deployer = project.aws.deployer
    config = load(project.toml, None)
    target = deployed_target(deployer, config, "123456789012", "arn:aws:iam::123456789012:user/deployer")
    assembly: Assembly = read_stacks(project.folder / "cdk.out", config=config)
    physical = physical_ids(project.stacks, assembly.templates)
    expected = expected_state(assembly, physical, account=target.account, region=target.region, partition="aws")
    return StateReader(expected, ClientFactory(deployer).base(), target, assembly.templates)


@dataclass(frozen=True)
class Snapshot:
    """The templates, roles and users of a deployment, by name."""

    templates: dict[str, Any]
    roles: dict[str, Any]
    users: dict[str, Any]


def snapshot(project: Project) -> Snapshot:
    stacks = [each["StackName"] for each in project.stacks.describe_stacks()["Stacks"]]
    roles = [each["RoleName"] for each in project.iam.list_roles()["Roles"] if each["RoleName"].startswith(ROLE)]
    users = [each["UserName"] for each in project.iam.list_users()["Users"]]
    ids = {name: project.iam.get_role(RoleName=name)["Role"]["RoleId"] for name in roles}
    return Snapshot(
        {name: project.stacks.get_template(StackName=name)["TemplateBody"] for name in stacks},
        {name: (ids[name], read_role(project.iam, name)) for name in roles},
        {name: read_user(project.iam, name) for name in users},
    )


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def test_the_roles_of_grants_are_spread_over_stacks(lent: Project) -> None:
    """Each is where its id says, and has what access.toml says."""
    for id_ in GRANTS:
        resource = lent.stacks.describe_stack_resources(StackName=grant_stack(id_), PhysicalResourceId=f"{ROLE}-{id_}")
        assert resource["StackResources"]
    role = lent.iam.get_role(RoleName=f"{ROLE}-g00")["Role"]
    assert (role["Path"], role["MaxSessionDuration"]) == ("/temp-access/", 7200)
    assert {"Key": "cost-center", "Value": "4711"} in role["Tags"]


def test_an_unchanged_deployment_has_no_drift(lent: Project) -> None:
    """Of all roles and users, and nothing is there besides."""
    state = reader(lent)
    checks = [check for id_ in GRANTS for check in grant_role_checks(f"{ROLE}-{id_}")]
    checks += [check for user in USERS for check in person_checks(user)]
    checks += provider_checks(HOST)
    assert {(check.aspect, check.name): state.differences(check.aspect, check.name) for check in checks} == {
        (check.aspect, check.name): () for check in checks
    }
    assert state.differences(ORPHANS) == ()


def test_only_the_roles_that_are_asked_for_are_read(lent: Project) -> None:
    """A run on a sample of 200 grants reads the roles of the sample."""
    state, called = reader(lent), len(lent.actions())
    for check in grant_role_checks(f"{ROLE}-g03"):
        assert state.differences(check.aspect, check.name) == ()
    actions = [action for action in lent.actions()[called:] if action.startswith("iam:")]
    assert sorted(actions) == [
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListRolePolicies",
    ]


def _trust_more(project: Project, name: str) -> None:
    trust = project.iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    more = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:user/eve"}, "Action": "sts:AssumeRole"}
    document = json.dumps({**trust, "Statement": [*trust["Statement"], more]})
    project.iam.update_assume_role_policy(RoleName=name, PolicyDocument=document)


@pytest.mark.parametrize(
    ("change", "aspect", "name", "part"),
    [
        (lambda p: _trust_more(p, f"{ROLE}-g00"), "grant_role.trust_policy", f"{ROLE}-g00", "user/eve"),
        (lambda p: p.iam.put_role_policy(RoleName=f"{ROLE}-g01", PolicyName="by-hand", PolicyDocument=_DENY),
         "grant_role.inline_policies", f"{ROLE}-g01", "by-hand"),
        (lambda p: p.iam.attach_role_policy(RoleName=f"{ROLE}-g02", PolicyArn=_READ_ONLY),
         "grant_role.attached_policies", f"{ROLE}-g02", "IAMReadOnlyAccess"),
        (lambda p: p.iam.update_role(RoleName=f"{ROLE}-g03", MaxSessionDuration=43200),
         "grant_role.max_session_duration", f"{ROLE}-g03", "43200 s"),
        (lambda p: p.iam.untag_role(RoleName=f"{ROLE}-g04", TagKeys=["cost-center"]),
         "grant_role.tags", f"{ROLE}-g04", "the tag cost-center"),
        (lambda p: p.iam.put_role_permissions_boundary(RoleName=f"{ROLE}-g05", PermissionsBoundary=_READ_ONLY),
         "grant_role.boundary", f"{ROLE}-g05", "IAMReadOnlyAccess"),
        (lambda p: p.iam.put_user_policy(UserName="ann", PolicyName="by-hand", PolicyDocument=_DENY),
         "person.inline_policies", "ann", "by-hand"),
        (lambda p: p.iam.add_client_id_to_open_id_connect_provider(
            OpenIDConnectProviderArn=PROVIDER_ARN, ClientID="mallory"),
         "provider.audiences", HOST, "mallory"),
    ],
)  # fmt: skip
def test_a_change_by_hand_is_found_and_undone(lent: Project, change: Any, aspect: str, name: str, part: str) -> None:
    """By the check of its aspect, of this role or user and of no other one; the command in its message undoes it."""
    change(lent)
    state = reader(lent)
    checks = {"grant_role": grant_role_checks, "person": person_checks, "provider": provider_checks}
    named = [*checks[aspect.partition(".")[0]](name)]
    found = {check.aspect: lines for check in named if (lines := state.differences(check.aspect, check.name))}
    assert list(found) == [aspect]
    [line] = found[aspect]
    assert part in line
    undo(line, lent.aws.deployer)
    assert reader(lent).differences(aspect, name) == ()


def test_a_role_that_no_grant_has_is_found(lent: Project) -> None:
    """Made by hand, it is called like a grant's and its tag names the bucket."""
    trust = lent.iam.get_role(RoleName=f"{ROLE}-g00")["Role"]["AssumeRolePolicyDocument"]
    for name, bucket in ((f"{ROLE}-mallory", lent.bucket), (f"{ROLE}-other", "another-bucket")):
        lent.iam.create_role(
            RoleName=name,
            Path="/temp-access/",
            AssumeRolePolicyDocument=json.dumps(trust),
            Tags=[{"Key": "temp-access:bucket", "Value": bucket}],
        )
    [line] = reader(lent).differences(ORPHANS)
    assert f"the role {ROLE}-mallory is called like a grant's" in line
    undo(line, lent.aws.deployer)
    assert reader(lent).differences(ORPHANS) == ()
    lent.iam.delete_role(RoleName=f"{ROLE}-other")


class Session:
    """A session of a grant's role that one of its users borrowed with a key of its own, and that key."""

    def __init__(self, project: Project, user: str, id_: str) -> None:
        self._project, self._user, self._folder = project, user, id_
        self._key = project.iam.create_access_key(UserName=user)["AccessKey"]
        sts = self._client("sts", self._key["AccessKeyId"], self._key["SecretAccessKey"])
        arn = f"arn:aws:iam::123456789012:role/temp-access/{ROLE}-{id_}"
        borrowed = sts.assume_role(RoleArn=arn, RoleSessionName=user)["Credentials"]
        self._s3 = self._client("s3", borrowed["AccessKeyId"], borrowed["SecretAccessKey"], borrowed["SessionToken"])

    def _client(self, service: str, *credentials: str) -> Any:
        names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
        own = session(self._project.aws.environment, dict(zip(names, credentials, strict=False)))
        return own.client(service)  # type: ignore[call-overload]

    def works(self) -> bool:
        """Whether it can list its folder."""
        try:
            self._s3.list_objects_v2(Bucket=self._project.bucket, Prefix=f"{self._folder}/")
        except self._s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "AccessDenied":
                raise
            return False
        return True

    def end(self) -> None:
        """Delete the user's key."""
        self._project.iam.delete_access_key(UserName=self._user, AccessKeyId=self._key["AccessKeyId"])


def test_a_grant_is_revoked_on_its_own_role(lent: Project) -> None:
    """The sessions of its borrowers are refused and those of other grants aren't; --undo lets them work again."""
    anns, bens = Session(lent, "ann", "g00"), Session(lent, "ben", "g01")
    try:
        assert (anns.works(), bens.works()) == (True, True)
        ended = lent.local("revoke", "g00")
        assert ended.code == 0, ended.output
        assert f"revoked and proved: all sessions of {ROLE}-g00; a session borrowed before was refused" in ended.out
        # The role is new, so a session that is older than it can exist.
        assert f"revoked in the same way, not proved: sessions called g00,… of {ROLE}" in ended.out
        assert (anns.works(), bens.works()) == (False, True)
        state = reader(lent)
        assert state.differences("grant_role.inline_policies", f"{ROLE}-g00") == ()
        assert f"of {ROLE}-g00 denies all sessions issued before" in "".join(state.notes())
        assert lent.local("revoke", "g00", "--undo").code == 0
        assert (anns.works(), bens.works()) == (True, True)
        assert lent.local("revoke", "g00", "--undo").code == 2
    finally:
        anns.end()
        bens.end()


def test_all_and_one_session_are_revoked_on_all_roles(lent: Project) -> None:
    """Any role can have a session of the name."""
    anns, bens = Session(lent, "ann", "g00"), Session(lent, "ben", "g01")
    try:
        ended = lent.local("revoke", "--session", "ann", "--no-proof")
        assert ended.code == 0, ended.output
        assert f"{ROLE}, {ROLE}-g" in ended.err
        assert "and 22 more" in ended.err
        assert (anns.works(), bens.works()) == (False, True)
        assert lent.local("revoke", "--all", "--no-proof").code == 0
        assert (anns.works(), bens.works()) == (False, False)
        assert lent.local("revoke", "--all", "--undo").code == 0
        assert lent.local("revoke", "--session", "ann", "--undo").code == 0
        assert (anns.works(), bens.works()) == (True, True)
    finally:
        anns.end()
        bens.end()


def test_a_new_grant_changes_one_role_and_its_borrower(lent: Project) -> None:
    """The stack of its role and the policy of the user that it names: nothing else is changed."""
    before = snapshot(lent)
    lent.deploy(access_toml({**GRANTS, "new": "cleo"}))
    after = snapshot(lent)
    assert changed(before.templates, after.templates) == {grant_stack("new"), "TempAccessBorrowers"}
    assert changed(before.roles, after.roles) == {f"{ROLE}-new"}
    assert changed(before.users, after.users) == {"cleo"}


def test_what_stops_the_removal_of_a_grant_is_said_before(lent: Project) -> None:
    """CloudFormation leaves a role behind to which somebody added something, and its borrowers could go on."""
    before = snapshot(lent)
    lent.iam.attach_role_policy(RoleName=f"{ROLE}-new", PolicyArn=_READ_ONLY)
    lent.toml.write_text(access_toml(GRANTS), encoding="utf-8")
    ended = lent.local("deploy")
    assert ended.code == 2, ended.output
    assert f"deleting the role {ROLE}-new, which access.toml doesn't have any more" in ended.err
    command = f"aws iam detach-role-policy --role-name {ROLE}-new --policy-arn {_READ_ONLY}"
    assert (
        f"nothing was deployed, because what access.toml doesn't have any more can't be deleted: {ROLE}-new has "
        in (ended.err)
    )
    assert command in ended.err
    lent.iam.detach_role_policy(RoleName=f"{ROLE}-new", PolicyArn=_READ_ONLY)
    assert changed(before.roles, snapshot(lent).roles) == set()


def test_what_the_file_no_longer_has_is_deleted(lent: Project) -> None:
    """Roles with revocations, users with keys, and stacks that the app doesn't define any more."""
    lent.iam.create_access_key(UserName="ben")
    for id_ in ("new", "g01"):
        lent.iam.put_role_policy(RoleName=f"{ROLE}-{id_}", PolicyName="TempAccessRevocations-1", PolicyDocument=_DENY)
    ended = lent.deploy(access_toml({"g00": "ann"}, users=("ann",)))
    assert "deleting the user ben, which access.toml doesn't have any more" in ended.err
    after = snapshot(lent)
    assert after.roles.keys() == {ROLE, f"{ROLE}-g00"}
    assert after.users.keys() == {"deployer", USER, "ann"}
    assert {*GRANT_STACKS} & after.templates.keys() == {grant_stack("g00")}


def test_what_stops_destroy_is_said_before(lent: Project) -> None:
    """Of the users for people and the roles of grants too, with the command that removes it."""
    lent.iam.attach_role_policy(RoleName=f"{ROLE}-g00", PolicyArn=_READ_ONLY)
    lent.iam.create_login_profile(UserName="ann", Password="Abcdefgh-12345!")
    ended = lent.local("destroy")
    assert ended.code == 2, ended.output
    assert f"aws iam detach-role-policy --role-name {ROLE}-g00 --policy-arn {_READ_ONLY}" in ended.err
    assert "aws iam delete-login-profile --user-name ann" in ended.err
    lent.iam.detach_role_policy(RoleName=f"{ROLE}-g00", PolicyArn=_READ_ONLY)
    lent.iam.delete_login_profile(UserName="ann")
    key = lent.iam.create_access_key(UserName="ann")["AccessKey"]["AccessKeyId"]
    ended = lent.run("destroy", "--yes", env=lent.aws.environment)
    assert ended.code == 2, ended.output
    # The proof of a revocation made another one.
    assert "ann has access keys (…" in ended.err
    assert f"…{key[-4:]}" in ended.err
    assert "aws iam delete-access-key --user-name ann --access-key-id ID" in ended.err
    assert snapshot(lent).roles.keys() == {ROLE, f"{ROLE}-g00"}


def test_destroy_deletes_all_stacks_also_when_the_file_has_changed(lent: Project) -> None:
    """The stacks of grants that the file doesn't have any more import the bucket, so they go first."""
    assert lent.local("revoke", "g00", "--no-proof").code == 0
    lent.toml.write_text(HEAD, encoding="utf-8")
    ended = lent.local("destroy")
    assert ended.code == 0, ended.output
    assert f"deleted the stack {grant_stack('g00')}" in ended.err
    after = snapshot(lent)
    assert after.templates.keys() == {"CDKToolkit"}
    assert after.roles == {}
    assert lent.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
    assert after.users.keys() == {"deployer"}


def _large(count: int) -> dict[str, str]:
    return {f"grant-{number:03}": f"u{number % 20:02}" for number in range(count)}


def _deploy_many(project: Project, count: int, users: tuple[str, ...]) -> None:
    project.toml.write_text(access_toml(_large(count), users), encoding="utf-8")
    ended = project.start("deploy", "--local", "--state", str(project.aws.state_dir)).wait(_LARGE_SECONDS)
    assert ended.code == 0, ended.output


@pytest.mark.skipif("LARGE_TESTS" not in os.environ, reason="takes minutes; LARGE_TESTS=1 runs it")
def test_200_grants_with_borrowers(tmp_path: Path) -> None:
    """They deploy in several stacks, and another one changes one role and the user that it names."""
    users = tuple(f"u{number:02}" for number in range(20))
    with run_project(tmp_path) as project:
        _deploy_many(project, 200, users)
        before = snapshot(project)
        assert len(before.roles) == 201
        assert {*GRANT_STACKS} <= before.templates.keys()
        _deploy_many(project, 201, users)
        after = snapshot(project)
        assert changed(before.roles, after.roles) == {f"{ROLE}-grant-200"}
        assert changed(before.users, after.users) == {"u00"}
        assert changed(before.templates, after.templates) == {grant_stack("grant-200"), "TempAccessBorrowers"}
        ended = project.start("destroy", "--local", "--state", str(project.aws.state_dir)).wait(_LARGE_SECONDS)
        assert ended.code == 0, ended.output
        assert snapshot(project).templates.keys() == {"CDKToolkit"}
