"""No secret of a run appears in anything that it prints, writes or hands on."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.deploy.project import ROLE, Ended, Project, Running, until
from tests.integration.deploy.recorder import recording, secrets

pytestmark = pytest.mark.integration
_REPORTS = ("report.json", "report.xml", "report.md")


@pytest.fixture
def broken(deployed: Project) -> Project:
    """A deployment in which most probes fail, so that the services' own words are everywhere in the reports."""
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    deployed.iam.put_role_policy(RoleName=ROLE, PolicyName="x", PolicyDocument=json.dumps(policy))
    deployed.iam.put_role_permissions_boundary(
        RoleName=ROLE, PermissionsBoundary="arn:aws:iam::aws:policy/IAMReadOnlyAccess"
    )
    return deployed


def _watched(running: Running, look: Callable[[], str]) -> tuple[Ended, str]:
    """Wait for the process to end, and return what it said and all that `look` saw meanwhile."""
    seen: set[str] = set()

    def ended() -> bool:
        seen.add(look())
        return running.ended

    until(ended)
    return running.end(), "\n".join(seen)


def _arguments(running: Running) -> str:
    """Return the arguments of the process and all of its descendants."""
    found, parents = [], {str(running.process.pid)}
    for folder in sorted(Path("/proc").glob("[0-9]*"), key=lambda path: int(path.name)):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if parent in parents or folder.name in parents:
                parents.add(folder.name)
                found.append((folder / "cmdline").read_text())
        except OSError:
            continue
    return "\n".join(found)


@pytest.mark.parametrize("words", [(), ("--self-test",)], ids=["probes", "self-test"])
def test_no_secret_appears_anywhere(broken: Project, tmp_path: Path, words: tuple[str, ...]) -> None:
    """Output, reports and arguments have no key id; nothing, the journal included, has a secret or a token."""
    file = tmp_path / "secrets"
    reports = [broken.folder / name for name in _REPORTS]
    named = [
        word
        for kind, path in zip(("json", "junit", "markdown"), reports, strict=True)
        for word in (f"--{kind}", str(path))
    ]
    running = broken.begin_verify(*named, *words, before=recording(file))
    journal = ""

    def look() -> str:
        nonlocal journal
        for path in broken.journal:
            try:
                journal += path.read_text()
            except FileNotFoundError:
                continue
        return _arguments(running)

    ended, arguments = _watched(running, look)
    assert ended.code == (3 if words else 1), ended.said
    shown = ended.said + arguments + "".join(path.read_text() for path in reports if path.exists())
    found = secrets(file)
    environment = broken.aws.environment
    found["SecretAccessKey"].add(environment["AWS_SECRET_ACCESS_KEY"])
    found["AccessKeyId"].add(environment["AWS_ACCESS_KEY_ID"])
    # The minted key; the role's sessions; the user's session token's; grants'.
    assert min(map(len, found.values())) >= 4
    assert [value for values in found.values() for value in values if value in shown] == []
    kept = [value for name in ("SecretAccessKey", "SessionToken") for value in found[name]]
    assert [value for value in kept if value in journal] == []
    # This test can see what it looks for.
    assert [id_ for id_ in found["AccessKeyId"] if id_ in journal] != []
    assert "--local" in arguments


def test_no_secret_is_an_argument_of_the_cdk_cli(deployed: Project) -> None:
    """While deploying and destroying, the deployer's secret is in no process's arguments, and not printed."""
    secret = deployed.aws.environment["AWS_SECRET_ACCESS_KEY"]
    running = deployed.begin("deploy", "--local", "--state", str(deployed.aws.state_dir))
    ended, arguments = _watched(running, lambda: _arguments(running))
    assert ended.code == 0, ended.said
    assert secret not in ended.said + arguments
    assert deployed.aws.environment["AWS_ACCESS_KEY_ID"] not in ended.said + arguments
    assert "cdk" in arguments
