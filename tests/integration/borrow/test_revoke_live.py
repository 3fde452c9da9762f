"""Revoking against the local AWS: whose sessions end, whose don't, and what is left on the role."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from temp_access.local_aws.session import session
from temp_access.revoke.model import Revocation, RevocationScope, ScopeType
from temp_access.revoke.policy import POLICY_NAME, read_revocations, revocation_policy
from tests.integration.deploy.project import ROLE, USER, Ended, Project, project

pytestmark = pytest.mark.integration


class Borrowing:
    """The deployed project, and sessions borrowed from it with the command itself."""

    def __init__(self, made: Project) -> None:
        self.project = made
        self.bucket = made.bucket

    def run(self, command: str, *words: str) -> Ended:
        return self.project.run(
            command, "--local", "--state", str(self.project.aws.state_dir), *words, env=self.environment
        )

    @property
    def environment(self) -> dict[str, str]:
        return {"XDG_CACHE_HOME": str(self.project.folder / "cache")}

    def borrow(self, id_: str) -> "Held":
        ended = self.run("credentials", id_, "--format", "json")
        assert ended.code == 0, ended.said
        return Held(self, id_, json.loads(ended.out)["Credentials"])

    def entries(self) -> tuple[Revocation, ...]:
        try:
            found = self.project.iam.get_role_policy(RoleName=ROLE, PolicyName=POLICY_NAME)
        except ClientError:
            return ()
        return read_revocations(found["PolicyDocument"])


class Held:
    """A session that somebody has."""

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
    with project(tmp_path_factory.mktemp("revoking"), like=deployed_once) as made:
        yield Borrowing(made)


@pytest.fixture(name="aws")
def _aws(deployed: Borrowing) -> Iterator[Borrowing]:
    """The deployment, with nothing revoked before and after."""
    yield deployed
    if deployed.project.iam.list_role_policies(RoleName=ROLE)["PolicyNames"] != ["Folders"]:
        deployed.project.iam.delete_role_policy(RoleName=ROLE, PolicyName=POLICY_NAME)


def test_bobs_sessions_end_and_bobbys_go_on(aws: Borrowing) -> None:
    """What was borrowed before is refused, what is borrowed after works, and the command has seen both."""
    bob, bobby = aws.borrow("bob"), aws.borrow("bobby")
    ended = aws.run("revoke", "bob")
    assert ended.code == 0, ended.said
    assert ended.out.startswith(
        "revoked and proved: sessions called bob,…; a session borrowed before was refused after"
    )
    assert "a session called bobx,temp-access-revoke still works" in ended.out
    assert "deleted 1 of these sessions" in ended.err
    assert (bob.works(), bobby.works(), aws.borrow("bob").works()) == (False, True, True)


def test_it_can_be_taken_back(aws: Borrowing) -> None:
    """The same session works again, and the last entry takes the policy along."""
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


def test_all_sessions_of_the_role_end(aws: Borrowing) -> None:
    """--all."""
    bob, bobby = aws.borrow("bob"), aws.borrow("bobby")
    ended = aws.run("revoke", "--all")
    assert ended.code == 0, ended.said
    assert (bob.works(), bobby.works(), aws.borrow("bobby").works()) == (False, False, True)


def test_one_session_ends(aws: Borrowing) -> None:
    """--session, by its exact name."""
    bob, bobby = aws.borrow("bob"), aws.borrow("bobby")
    ended = aws.run("revoke", "--session", bobby.name)
    assert ended.code == 0, ended.said
    assert (bob.works(), bobby.works()) == (True, False)
    assert aws.run("revoke", "--session", "bob*").code == 2


def test_an_ended_entry_is_swept(aws: Borrowing) -> None:
    """Nothing that it denies can live any more."""
    now = datetime.now(UTC).replace(microsecond=0)
    old = Revocation(RevocationScope(ScopeType.GRANT, "alice,"), now - timedelta(hours=12, seconds=1))
    young = Revocation(RevocationScope(ScopeType.GRANT, "bobby,"), now - timedelta(hours=11))
    policy = json.dumps(revocation_policy([old, young]))
    aws.project.iam.put_role_policy(RoleName=ROLE, PolicyName=POLICY_NAME, PolicyDocument=policy)
    ended = aws.run("revoke", "bob")
    assert ended.code == 0, ended.said
    assert [entry.scope.name for entry in aws.entries()] == ["bobby,", "bob,"]
    assert "sessions called alice,…" in ended.err
    assert "removed, all its sessions have expired" in ended.err


def test_verify_knows_the_policy_and_says_so(aws: Borrowing) -> None:
    """As a warning; any other policy of the name is a difference."""
    assert aws.run("revoke", "bob").code == 0
    ended = aws.project.verify("--grant", "bob")
    assert ended.code == 0, ended.said
    [warning] = aws.project.report()["warnings"]
    assert warning.startswith(f"the inline policy {POLICY_NAME} of {ROLE} denies sessions called bob,… issued before")
    forged = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
    aws.project.iam.put_role_policy(RoleName=ROLE, PolicyName=POLICY_NAME, PolicyDocument=forged)
    ended = aws.project.verify("--grant", "bob")
    assert ended.code == 1, ended.said
    assert any(POLICY_NAME in observed for observed in aws.project.failed().values())
    assert aws.run("revoke", "bob").code == 2


def test_missing_credentials_are_named_before_anything_is_changed(aws: Borrowing, tmp_path: Path) -> None:
    """The deployer's, and temp-user's."""
    local = {**aws.project.aws.environment, **aws.environment}
    ended = aws.project.run("revoke", "bob", "--yes", env=local)
    assert (ended.code, "temp-user's credentials are missing; pass them with --profile" in ended.err) == (2, True)
    kept = json.loads((aws.project.aws.state_dir / "users" / f"{USER}.json").read_text())
    user = {"AWS_ACCESS_KEY_ID": kept["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": kept["SecretAccessKey"]}
    ended = aws.project.run("revoke", "bob", "--yes", env={**local, **user})
    assert (ended.code, "pass the deployer's with --deployer-profile" in ended.err) == (2, True)
    assert aws.entries() == ()
    credentials = tmp_path / "credentials"
    lines = [f"{name.lower()} = {value}" for name, value in user.items()]
    credentials.write_text("\n".join([f"[{USER}]", *lines, ""]))
    env = {**local, "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
    ended = aws.project.run("revoke", "bob", "--yes", "--profile", USER, env=env)
    assert (ended.code, len(aws.entries())) == (0, 1), ended.said


def test_without_a_proof_it_is_still_revoked(aws: Borrowing) -> None:
    """In an emergency temp-user's credentials may be the ones that are lost."""
    bob = aws.borrow("bob")
    local = {**aws.project.aws.environment, **aws.environment}
    ended = aws.project.run("revoke", "bob", "--no-proof", env=local)
    assert (ended.code, ended.out.startswith("revoked, not proved"), bob.works()) == (0, True, False), ended.said


def test_revoking_twice_in_a_second_is_no_trouble(aws: Borrowing) -> None:
    """The second proof waits until something can be borrowed that works."""
    assert [aws.run("revoke", "bob").code for _ in range(2)] == [0, 0]
    assert len(aws.entries()) == 1


def test_a_revocation_is_not_in_the_way_of_destroy(deployed_once: Path, tmp_path: Path) -> None:
    """IAM deletes no role that has a policy which the stack didn't make (the local AWS does)."""
    with project(tmp_path, like=deployed_once) as made:
        assert made.local("revoke", "--all").code == 0
        ended = made.local("destroy")
        assert ended.code == 0, ended.said
        assert "iam:DeleteRolePolicy" in made.actions()
