"""Faults of every kind in every command: the result is undecided, never wrong, and there is no traceback."""

from typing import Any

import pytest

from tests.integration.deploy.project import ROLE, FinishedCommand, Project, RunningCommand
from tests.integration.faults.answers import NO_ANSWERS
from tests.integration.faults.proxy import Fault, FaultProxy

pytestmark = pytest.mark.integration
# Each has another way into the product: a probe with a body, one without, a listing, a session, an object of the run.
CALLS = ["s3:GetObject$", "s3:HeadObject", "s3:ListObjectsV2", "sts:AssumeRole", "s3:PutObject"]
_RUNS = 4


def _sound(ended: FinishedCommand, *codes: int) -> None:
    assert ended.code in codes, ended.output
    assert "Traceback" not in ended.output


@pytest.mark.parametrize("part", range(_RUNS))
def test_one_fault_of_each_kind_in_each_operation_changes_nothing(
    deployed: Project, proxy: FaultProxy, part: int
) -> None:
    """The calls are repeated, and verify passes."""
    kinds = NO_ANSWERS[part::_RUNS]
    # A call that is repeated meets no second fault: calls without one lie between them.
    faults = [Fault(kind, match, skip=1 + 4 * number, times=1) for match in CALLS for number, kind in enumerate(kinds)]
    proxy.make(*faults)
    ended = deployed.verify("--grant", "bob", "--grant", "bobby")
    _sound(ended, 0)
    made = {(name, kind) for name, kind in proxy.calls if kind}
    assert {kind for _, kind in made} == set(kinds)
    assert len(made) > len(kinds) * 3
    deployed.assert_clean()


@pytest.mark.parametrize(
    "kinds",
    [
        ("SignatureDoesNotMatch", "html-403", "empty-400"),
        ("OperationAborted", "xhtml-200", "IDPCommunicationError"),
        ("half-body", "other-xml", "empty-403"),
    ],
    ids=" ".join,
)
def test_operations_that_never_answer_are_undecided(
    deployed: Project, proxy: FaultProxy, kinds: tuple[str, str, str]
) -> None:
    """No probe fails because of them: verify ends with 3."""
    matches = ("s3:HeadObject", "s3:ListObjects", "s3:GetObject$")
    proxy.make(*(Fault(kind, match) for kind, match in zip(kinds, matches, strict=True)))
    ended = deployed.verify("--grant", "bob", "--timeout", "40s")
    _sound(ended, 3)
    summary = deployed.report()["summary"]
    assert (summary["failed"], summary["passed"] > 20) == (0, True), ended.output
    proxy.make()
    deployed.assert_clean()


def test_an_operation_that_is_always_throttled_is_undecided(deployed: Project, proxy: FaultProxy) -> None:
    """It is repeated until the time of --timeout is over."""
    proxy.make(Fault("RequestThrottled", "s3:(GetObject$|ListObjects)"))
    ended = deployed.verify("--grant", "bob", "--timeout", "20s")
    _sound(ended, 3)
    assert deployed.report()["summary"]["failed"] == 0
    proxy.make()
    deployed.assert_clean()


# By the call that gets no answer: the first ones of commands, and those on which a change depends.
COMMANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "sts:AssumeRole": (("credentials", "bob"), ("exec", "bob", "--", "true"), ("status",), ("revoke", "bobby")),
    "signin:": (("console", "bob"),),
    "iam:GetRole$": (
        ("revoke", "bob"),
        ("credentials", "bob"),
        ("status",),
        ("can", "role", "s3:GetObject", "bob/x", "--deployed"),
    ),
    "sts:GetCallerIdentity": (("verify",), ("status",), ("deploy",), ("destroy",)),
    "iam:ListUserTags": (("verify",), ("destroy",)),
    "cloudformation:DescribeStacks$": (("verify",), ("deploy",), ("destroy",), ("revoke", "bob")),
    "iam:ListAccessKeys": (("verify",), ("destroy",)),
}


def _start(project: Project, command: tuple[str, ...]) -> RunningCommand:
    name, *rest = command
    end = rest.index("--") if "--" in rest else len(rest)
    local = ("--local", "--state", str(project.aws.state_dir))
    # Without pauses between the attempts.
    before = "from temp_access.aws import checked_calls; checked_calls._PAUSE = 0"
    return project.start(name, *rest[:end], *local, *rest[end:], before=before)


@pytest.mark.usefixtures("borrower")
@pytest.mark.parametrize("kind", ["RequestThrottled", "other-xml"])
@pytest.mark.parametrize("match", COMMANDS)
def test_no_command_fails_because_of_an_answer_that_is_none(
    deployed: Project, proxy: FaultProxy, match: str, kind: str
) -> None:
    """Each ends with 3 and says what got no answer; destroy and revoke change nothing."""
    before = _state(deployed)
    proxy.make(Fault(kind, match))
    for running in [_start(deployed, command) for command in COMMANDS[match]]:
        ended = running.wait()
        _sound(ended, 3)
    proxy.make()
    assert _state(deployed) == before
    deployed.assert_clean(keys=1)


def _state(project: Project) -> Any:
    """Return what destroy and revoke would change."""
    stacks = project.stacks.describe_stacks()["Stacks"]
    policies = project.iam.list_role_policies(RoleName=ROLE)["PolicyNames"]
    return project.keys(), sorted(stack["StackStatus"] for stack in stacks), policies
