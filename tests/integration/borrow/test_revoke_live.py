"""Revoking against the local AWS: which sessions are denied, and what remains on the role."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from temp_access.local_aws.session import session
from temp_access.revoke.model import Revocation, RevocationScope, ScopeType
from temp_access.revoke.policy import POLICY_NAME, revocation_policy
from temp_access.revoke.role import RolePolicies
from tests.integration.deploy.project import ROLE, USER, FinishedCommand, Project, run_project

pytestmark = pytest.mark.integration


class Borrowing:
    """The deployed project, and sessions that the command borrows from it."""

    def __init__(self, made: Project) -> None:
        self.project = made
        self.bucket = made.bucket

    def run(self, command: str, *words: str) -> FinishedCommand:
        return self.project.run(
            command, "--local", "--state", str(self.project.aws.state_dir), *words, env=self.environment
        )

    @property
    def environment(self) -> dict[str, str]:
        return {"XDG_CACHE_HOME": str(self.project.folder / "cache")}

    def borrow(self, id_: str) -> "BorrowedSession":
        ended = self.run("credentials", id_, "--format", "json")
        assert ended.code == 0, ended.output
        return BorrowedSession(self, id_, json.loads(ended.out)["Credentials"])

    @property
    def policies(self) -> list[str]:
        """The names of the role's policies of revocations."""
        return [name for name in self.project.iam.list_role_policies(RoleName=ROLE)["PolicyNames"] if name != "Folders"]

    def entries(self) -> tuple[Revocation, ...]:
        return RolePolicies(self.project.iam, ROLE).revocations()


class BorrowedSession:
    """A borrowed session."""

    def __init__(self, borrowing: Borrowing, id_: str, credentials: dict[str, Any]) -> None:
        self._s3: Any = session(borrowing.project.aws.environment, credentials).client("s3")
        self._sts: Any = session(borrowing.project.aws.environment, credentials).client("sts")
        self._call = {"Bucket": borrowing.bucket, "Prefix": f"{id_}/"}

    @property
    def name(self) -> str:
        """Its role session name."""
        return str(self._sts.get_caller_identity()["Arn"].rpartition("/")[2])

    def works(self) -> bool:
        """Whether it may list its folder."""
        try:
            self._s3.list_objects_v2(**self._call)
        except self._s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "AccessDenied":
                raise
            return False
        return True


@pytest.fixture(name="deployed", scope="module")
def _deployed(deployed_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Borrowing]:
    with run_project(tmp_path_factory.mktemp("revoking"), copy_of=deployed_once) as made:
        yield Borrowing(made)


@pytest.fixture(name="aws")
def _aws(deployed: Borrowing) -> Iterator[Borrowing]:
    """The deployment, with nothing revoked before and after."""
    yield deployed
    RolePolicies(deployed.project.iam, ROLE).delete_all()


def test_revokes_bobs_sessions_and_not_bobbys(aws: Borrowing) -> None:
    """Sessions borrowed before are refused, later ones work, and the command proved both."""
    bob, bobby = aws.borrow("bob"), aws.borrow("bobby")
    ended = aws.run("revoke", "bob")
    assert ended.code == 0, ended.output
    assert ended.out.startswith(
        "revoked and proved: sessions called bob,…; a session borrowed before was refused after"
    )
    assert "a session called bobx,temp-access-revoke still works" in ended.out
    assert "deleted 1 of these sessions" in ended.err
    assert (bob.works(), bobby.works(), aws.borrow("bob").works()) == (False, True, True)


def test_undo_removes_the_revocation(aws: Borrowing) -> None:
    """The same session works again, and the last revocation removes the policy."""
    bob = aws.borrow("bob")
    assert aws.run("revoke", "bob").code == 0
    assert aws.run("revoke", "--all").code == 0
    assert [entry.scope.kind for entry in aws.entries()] == [ScopeType.GRANT, ScopeType.ALL]
    assert aws.run("revoke", "--all", "--undo").code == 0
    assert not bob.works()
    ended = aws.run("revoke", "bob", "--undo")
    assert (ended.code, bob.works(), aws.entries()) == (0, True, ())
    ended = aws.run("revoke", "bob", "--undo")
    assert (ended.code, "nothing is revoked for sessions called bob,…" in ended.err) == (2, True)


def test_two_that_revoke_at_once_lose_nothing(aws: Borrowing) -> None:
    """One reads the role's policies; before it writes, the other one revokes and proves it."""
    bob, bobby = aws.borrow("bob"), aws.borrow("bobby")
    command = ["revoke", "bobby", "--local", "--state", str(aws.project.aws.state_dir)]
    environment = {**aws.project.environment, **aws.environment}
    between = f"""
import subprocess, sys
from temp_access.revoke.role import RolePolicies
check = RolePolicies.check_quota
def check_then_wait(*arguments):
    check(*arguments)
    run = "from temp_access.cli.main import run; run()"
    subprocess.run([sys.executable, "-c", run, *{command!r}], env={environment!r}, check=True)
RolePolicies.check_quota = check_then_wait
"""
    ended = aws.project.run(*command[:1], "bob", *command[2:], before=between, env=aws.environment)
    assert ended.code == 0, ended.output
    assert ended.out.count("revoked and proved") == 2
    assert {entry.scope.name for entry in aws.entries()} == {"bob,", "bobby,"}
    assert (bob.works(), bobby.works()) == (False, False)


def test_revokes_all_sessions_of_the_role(aws: Borrowing) -> None:
    """With --all."""
    bob, bobby = aws.borrow("bob"), aws.borrow("bobby")
    ended = aws.run("revoke", "--all")
    assert ended.code == 0, ended.output
    assert (bob.works(), bobby.works(), aws.borrow("bobby").works()) == (False, False, True)


def test_revokes_one_session(aws: Borrowing) -> None:
    """With --session and its exact name."""
    bob, bobby = aws.borrow("bob"), aws.borrow("bobby")
    ended = aws.run("revoke", "--session", bobby.name)
    assert ended.code == 0, ended.output
    assert (bob.works(), bobby.works()) == (True, False)
    assert aws.run("revoke", "--session", "bob*").code == 2


def test_removes_an_ended_revocation(aws: Borrowing) -> None:
    """All its sessions have expired."""
    now = datetime.now(UTC).replace(microsecond=0)
    old = Revocation(RevocationScope(ScopeType.GRANT, "alice,"), now - timedelta(hours=12, seconds=1))
    young = Revocation(RevocationScope(ScopeType.GRANT, "bobby,"), now - timedelta(hours=11))
    policy = json.dumps(revocation_policy([old, young]))
    aws.project.iam.put_role_policy(RoleName=ROLE, PolicyName=POLICY_NAME, PolicyDocument=policy)
    ended = aws.run("revoke", "bob")
    assert ended.code == 0, ended.output
    assert [entry.scope.name for entry in aws.entries()] == ["bobby,", "bob,"]
    assert "sessions called alice,…" in ended.err
    assert "removed, all its sessions have expired" in ended.err


def test_verify_recognizes_the_policy(aws: Borrowing) -> None:
    """It reports a warning; any other policy of the name is drift."""
    assert aws.run("revoke", "bob").code == 0
    ended = aws.project.verify("--grant", "bob")
    assert ended.code == 0, ended.output
    [warning] = aws.project.report()["warnings"]
    assert warning.startswith(
        f"the inline policy {aws.policies[0]} of {ROLE} denies sessions called bob,… issued before"
    )
    forged = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
    aws.project.iam.put_role_policy(RoleName=ROLE, PolicyName=POLICY_NAME, PolicyDocument=forged)
    ended = aws.project.verify("--grant", "bob")
    assert ended.code == 1, ended.output
    assert any(POLICY_NAME in observed for observed in aws.project.failed().values())
    assert aws.run("revoke", "bob").code == 2


def test_names_missing_credentials_before_any_change(aws: Borrowing, tmp_path: Path) -> None:
    """The deployer's, and temp-user's."""
    local = {**aws.project.aws.environment, **aws.environment}
    ended = aws.project.run("revoke", "bob", "--yes", env=local)
    assert (ended.code, "temp-user's credentials are missing; pass them with --profile" in ended.err) == (2, True)
    key = json.loads((aws.project.aws.state_dir / "users" / f"{USER}.json").read_text())
    user = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    ended = aws.project.run("revoke", "bob", "--yes", env={**local, **user})
    assert (ended.code, "pass the deployer's with --deployer-profile" in ended.err) == (2, True)
    assert aws.entries() == ()
    credentials = tmp_path / "credentials"
    lines = [f"{name.lower()} = {value}" for name, value in user.items()]
    credentials.write_text("\n".join([f"[{USER}]", *lines, ""]))
    env = {**local, "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
    ended = aws.project.run("revoke", "bob", "--yes", "--profile", USER, env=env)
    assert (ended.code, len(aws.entries())) == (0, 1), ended.output


def test_revokes_without_a_proof(aws: Borrowing) -> None:
    """In an emergency, temp-user's credentials may be the lost ones."""
    bob = aws.borrow("bob")
    local = {**aws.project.aws.environment, **aws.environment}
    ended = aws.project.run("revoke", "bob", "--no-proof", env=local)
    assert (ended.code, ended.out.startswith("revoked, not proved"), bob.works()) == (0, True, False), ended.output


def test_revokes_twice_in_a_second(aws: Borrowing) -> None:
    """The second proof waits until a session works."""
    assert [aws.run("revoke", "bob").code for _ in range(2)] == [0, 0]
    assert len(aws.entries()) == 1


def test_destroy_works_after_a_revocation(deployed_once: Path, tmp_path: Path) -> None:
    """IAM can't delete a role with a policy that the stack didn't create (the local AWS can)."""
    with run_project(tmp_path, copy_of=deployed_once) as made:
        assert made.local("revoke", "--all").code == 0
        ended = made.local("destroy")
        assert ended.code == 0, ended.output
        assert "iam:DeleteRolePolicy" in made.actions()
