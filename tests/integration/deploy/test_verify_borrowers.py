"""verify becomes the borrowers of grants on the local AWS: users by keys made for the run, pipelines by tokens."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.deploy.project import Project, run_project
from tests.integration.openid.provider import OpenIdProvider

pytestmark = pytest.mark.integration
SUBJECT = "repo:example/app:ref:refs/heads/main"
TOML = """\
[bucket]
on_destroy = "destroy"
[identity_providers.own]
issuer = "{issuer}"
audience = "sts.amazonaws.com"
create = true
[users.ann]
[users.ben]
[grants.shared]
access = "read"
[grants.bob]
access = "read-write"
borrowers = ["user/ann"]
[grants.bobby]
access = "read"
borrowers = ["user/ben", "user/ann"]
duration = "2h"
[grants.pipeline]
access = "write"
borrowers = ["oidc/own/repo:example/app:*"]
[grants.staff]
access = "full"
borrowers = ["sso/DataTeam/ann@example.com", "service/ecs-tasks.amazonaws.com"]
"""
PEOPLE = ("ann", "ben")


@pytest.fixture(scope="module", name="project")
def _project(openid_provider: OpenIdProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Deploy grants with borrowers."""
    with run_project(tmp_path_factory.mktemp("borrowers")) as project:
        openid_provider.introduce_to(project.aws)
        project.deploy(TOML.format(issuer=openid_provider.issuer))
        yield project


@pytest.fixture(name="token")
def _token(project: Project, openid_provider: OpenIdProvider) -> str:
    """Return the argument that hands in a token of the pipeline."""
    file = project.folder / "token"
    file.write_text(openid_provider.token(SUBJECT), encoding="utf-8")
    return f"own={file}"


def assert_clean(project: Project) -> None:
    """Assert that runs left nothing, of the users for people neither."""
    project.assert_clean()
    for name in PEOPLE:
        assert project.iam.list_access_keys(UserName=name)["AccessKeyMetadata"] == []
        tags = [tag["Key"] for tag in project.iam.list_user_tags(UserName=name)["Tags"]]
        assert not [tag for tag in tags if tag.startswith("temp-access:verify/")]


def test_all_probes_pass(project: Project, token: str) -> None:
    """Nobody's call is evaluated but that of people of IAM Identity Center and of services."""
    ended = project.verify("--web-identity-token", token)
    assert ended.code == 0, ended.output
    called = {probe["id"]: probe for probe in project.report()["probes"] if not probe["evaluated"]}
    assert called["grants.pipeline/assume/borrower-0"]["caller"] == {"who": "token", "grant": None, "name": "own"}
    assert called["grants.bob/inside/put"]["caller"]["name"] == "user/ann"
    assert called["grants.bob/assume/by-another-user/ben"]["control"]["outcome"].startswith("ASIA key")
    assert not any(probe.startswith("grants.staff/inside") for probe in called)
    assert "grants.staff: this run can be none of the borrowers" in ended.out
    assert_clean(project)


def test_without_a_token_the_pipeline_is_evaluated(project: Project) -> None:
    ended = project.verify("--grant", "pipeline")
    assert ended.code == 0, ended.output
    probes = project.report()["probes"]
    assert project.probe("grants.pipeline/inside/put")["evaluated"]
    assert not any(probe["group"].startswith("users.") for probe in probes)
    assert_clean(project)


def _trust(project: Project, role: str, *statements: dict[str, Any]) -> None:
    """Add statements to the trust policy of a role."""
    trust = project.iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    trust["Statement"] += statements
    project.iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))


def test_a_borrower_too_many_is_caught_by_a_call(project: Project) -> None:
    """The other user assumes the role, and the drift names the command that undoes it."""
    before = project.iam.get_role(RoleName="temp-role-bob")["Role"]["AssumeRolePolicyDocument"]
    principal = {"AWS": "arn:aws:iam::123456789012:user/ben"}
    _trust(project, "temp-role-bob", {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal})
    try:
        assert project.verify("--grant", "bob").code == 1
        failed = set(project.failed())
        assert {"grants.bob/assume/by-another-user/ben", "state/grant_role.trust_policy/temp-role-bob"} <= failed
    finally:
        project.iam.update_assume_role_policy(RoleName="temp-role-bob", PolicyDocument=json.dumps(before))


def test_a_wider_policy_of_a_role_nobody_here_can_be_is_caught(project: Project) -> None:
    """The deployed policies are evaluated, not those of the template."""
    policy = {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}, "Version": "2012-10-17"}
    project.iam.put_role_policy(RoleName="temp-role-staff", PolicyName="more", PolicyDocument=json.dumps(policy))
    try:
        assert project.verify("--grant", "staff").code == 1
        assert {"grants.staff/sibling/get", "grants.staff/root/get"} <= set(project.failed())
    finally:
        project.iam.delete_role_policy(RoleName="temp-role-staff", PolicyName="more")


def test_a_user_with_two_keys_of_its_own_makes_its_probes_inconclusive(project: Project) -> None:
    """Its keys stay as they are."""
    keys = [project.iam.create_access_key(UserName="ann")["AccessKey"]["AccessKeyId"] for _ in range(2)]
    try:
        ended = project.verify("--grant", "bob")
        assert ended.code == 3, ended.output
        assert "ann has 2 access keys already" in project.probe("grants.bob/assume/borrower-0")["observed"]
        left = {key["AccessKeyId"] for key in project.iam.list_access_keys(UserName="ann")["AccessKeyMetadata"]}
        assert left == set(keys)
    finally:
        for key in keys:
            project.iam.delete_access_key(UserName="ann", AccessKeyId=key)
    assert_clean(project)


_KILLED = """
import os, signal
from temp_access.verify.live import borrower_keys
from temp_access.verify.live.journal import Journal
# So that no other thread has begun a file.
borrower_keys._AT_ONCE = 1
write = Journal.write
def killed(self, record):
    write(self, record)
    if record.key_id and record.user != "temp-user":
        os.kill(os.getpid(), signal.{signal})
Journal.write = killed
"""


def test_the_keys_of_a_killed_run_are_removed_by_the_next(project: Project) -> None:
    """Also those of users that the next run doesn't need."""
    ended = project.verify("--grant", "bob", before=_KILLED.format(signal="SIGKILL"))
    assert ended.code == -9
    assert any(project.iam.list_access_keys(UserName=name)["AccessKeyMetadata"] for name in PEOPLE)
    ended = project.verify("--grant", "staff")
    assert ended.code == 0, ended.output
    assert "cleaning up the key of" in ended.err
    assert_clean(project)


def test_the_keys_of_an_interrupted_run_are_removed(project: Project) -> None:
    ended = project.verify("--grant", "bob", before=_KILLED.format(signal="SIGINT"))
    assert ended.code == 130, ended.output
    assert_clean(project)


def test_a_token_stays_secret(project: Project, token: str) -> None:
    """Neither output nor reports contain it."""
    text = Path(token.partition("=")[2]).read_text(encoding="utf-8")
    files = [str(project.folder / f"report.{kind}") for kind in ("xml", "md")]
    ended = project.verify(
        "--web-identity-token", token, "--grant", "pipeline", "--junit", files[0], "--markdown", files[1]
    )
    assert ended.code == 0, ended.output
    written = [ended.output, project.report_file.read_text(), *(Path(file).read_text() for file in files)]
    assert not any(text in each or text.rpartition(".")[2] in each for each in written)


def test_an_expired_token_makes_its_probes_inconclusive(project: Project, openid_provider: OpenIdProvider) -> None:
    """STS refuses it, and the report says with which code."""
    file = project.folder / "expired"
    file.write_text(openid_provider.signed(openid_provider.claims(SUBJECT, expires_in=-3600)), encoding="utf-8")
    ended = project.verify("--web-identity-token", f"own={file}", "--grant", "pipeline")
    assert ended.code == 3, ended.output
    assert project.failed() == {}
    assert "ExpiredToken" in project.probe("grants.pipeline/assume/borrower-0")["observed"]


def test_a_chosen_grant_reads_its_own_role_only(project: Project) -> None:
    """With hundreds of grants, `--grant` and `--sample` read few: temp-role's policy, and that of the grant's role."""
    called = len(project.actions())
    assert project.verify("--grant", "bob").code == 0
    actions = Counter(project.actions()[called:])
    assert actions["iam:GetRolePolicy"] == 2
    assert actions["iam:CreateAccessKey"] == 3
