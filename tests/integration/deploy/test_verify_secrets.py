"""No secret of a run appears in its output, its reports or the arguments of its processes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.deploy.project import ROLE, FinishedCommand, Project, RunningCommand, wait_until
from tests.integration.deploy.recorder import recorded_secrets, recording

pytestmark = pytest.mark.integration
_REPORTS = ("report.json", "report.xml", "report.md")


@pytest.fixture
def broken(deployed: Project) -> Project:
    """Return a deployment in which most probes fail, so that the reports contain the services' error messages."""
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    deployed.iam.put_role_policy(RoleName=ROLE, PolicyName="x", PolicyDocument=json.dumps(policy))
    deployed.iam.put_role_permissions_boundary(
        RoleName=ROLE, PermissionsBoundary="arn:aws:iam::aws:policy/IAMReadOnlyAccess"
    )
    return deployed


def _watch(running: RunningCommand, look: Callable[[], str]) -> tuple[FinishedCommand, str]:
    """Wait until the process ends, and return it with everything that `look` returned meanwhile."""
    seen: set[str] = set()

    def ended() -> bool:
        seen.add(look())
        return running.has_ended

    wait_until(ended)
    return running.wait(), "\n".join(seen)


def _arguments(running: RunningCommand) -> str:
    """Return the arguments of the process and all of its descendants."""
    arguments, parents = [], {str(running.process.pid)}
    for folder in sorted(Path("/proc").glob("[0-9]*"), key=lambda path: int(path.name)):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if parent in parents or folder.name in parents:
                parents.add(folder.name)
                arguments.append((folder / "cmdline").read_text())
        except OSError:
            continue
    return "\n".join(arguments)


@pytest.mark.parametrize("words", [(), ("--self-test",)], ids=["probes", "self-test"])
def test_no_secret_appears_in_output_reports_and_arguments(
    broken: Project, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """Output, reports and arguments contain no key id, secret or token; the journal contains key ids only."""
    file = tmp_path / "secrets"
    reports = [broken.folder / name for name in _REPORTS]
    report_options = [
        word
        for kind, path in zip(("json", "junit", "markdown"), reports, strict=True)
        for word in (f"--{kind}", str(path))
    ]
    running = broken.start_verify(*report_options, *words, before=recording(file))
    journal = ""

    def look() -> str:
        nonlocal journal
        for path in broken.journal:
            try:
                journal += path.read_text()
            except FileNotFoundError:
                continue
        return _arguments(running)

    ended, arguments = _watch(running, look)
    assert ended.code == (3 if words else 1), ended.output
    shown = ended.output + arguments + "".join(path.read_text() for path in reports if path.exists())
    values = recorded_secrets(file)
    environment = broken.aws.environment
    values["SecretAccessKey"].add(environment["AWS_SECRET_ACCESS_KEY"])
    values["AccessKeyId"].add(environment["AWS_ACCESS_KEY_ID"])
    # The new access key, and the sessions of the role, the user and the grants.
    assert min(map(len, values.values())) >= 4
    assert [value for each in values.values() for value in each if value in shown] == []
    secret_values = [value for name in ("SecretAccessKey", "SessionToken") for value in values[name]]
    assert [value for value in secret_values if value in journal] == []
    # The test can detect what it looks for.
    assert [id_ for id_ in values["AccessKeyId"] if id_ in journal] != []
    assert "--local" in arguments


def test_no_secret_is_an_argument_of_the_cdk_cli(deployed: Project) -> None:
    """During a deployment, no process has the deployer's secret among its arguments, and none is printed."""
    secret = deployed.aws.environment["AWS_SECRET_ACCESS_KEY"]
    running = deployed.start("deploy", "--local", "--state", str(deployed.aws.state_dir))
    ended, arguments = _watch(running, lambda: _arguments(running))
    assert ended.code == 0, ended.output
    assert secret not in ended.output + arguments
    assert deployed.aws.environment["AWS_ACCESS_KEY_ID"] not in ended.output + arguments
    assert "cdk" in arguments
