"""Faults of every kind in every command: the result is undecided, never wrong, and there is no traceback."""

import pytest

from tests.integration.deploy.project import FinishedCommand, Project
from tests.integration.faults.answers import ERRORS, PAGES, RESPONSES
from tests.integration.faults.proxy import Fault, FaultProxy

pytestmark = pytest.mark.integration
# An answer of each kind that decides nothing; a denial is the only one that does.
KINDS = [*(kind for kind in ERRORS if kind != "AccessDenied"), *PAGES, *RESPONSES, "cut-reset", "cut-close", "not-http"]
# Each has another way into the product: one probe's call, the first call, a call of the clean-up, a call of the plan.
CALLS = ["s3:GetObject$", "s3:HeadObject", "s3:ListObjectsV2", "sts:AssumeRole", "s3:PutObject"]


def _sound(ended: FinishedCommand, *codes: int) -> None:
    assert ended.code in codes, ended.output
    assert "Traceback" not in ended.output


@pytest.mark.parametrize("kind", KINDS)
def test_one_fault_of_each_operation_changes_nothing(deployed: Project, proxy: FaultProxy, kind: str) -> None:
    """The calls are repeated, and verify passes."""
    proxy.make(*(Fault(kind, match, skip=3, times=1) for match in CALLS))
    ended = deployed.verify("--grant", "bob")
    _sound(ended, 0)
    deployed.assert_clean()


@pytest.mark.parametrize("kind", ["RequestThrottled", "SignatureDoesNotMatch", "html-403", "xhtml-200", "half-body"])
def test_an_operation_that_never_answers_is_undecided(deployed: Project, proxy: FaultProxy, kind: str) -> None:
    """No probe fails because of it: verify ends with 3."""
    proxy.make(Fault(kind, "s3:(GetObject|HeadObject|ListObjects)"))
    ended = deployed.verify("--grant", "bob")
    _sound(ended, 3)
    assert deployed.report()["summary"]["failed"] == 0
    proxy.make()
    deployed.assert_clean()


@pytest.mark.parametrize(
    ("command", "match"),
    [
        (("credentials", "bob"), "sts:AssumeRole"),
        (("exec", "bob", "--", "true"), "sts:AssumeRole"),
        (("console", "bob"), "signin:"),
        (("status",), "sts:AssumeRole"),
        (("revoke", "bob"), "iam:GetRole$"),
        (("revoke", "bob"), "sts:AssumeRole"),
        (("verify",), "sts:GetCallerIdentity"),
        (("verify",), "iam:ListUserTags"),
        (("destroy",), "cloudformation:DescribeStacks"),
        (("destroy",), "iam:ListAccessKeys"),
        (("deploy",), "cloudformation:DescribeStacks"),
    ],
)
@pytest.mark.parametrize("kind", ["Throttling", "BandwidthLimitExceeded", "redirect", "other-xml", "html-200", "reset"])
def test_no_command_fails_because_of_an_answer_that_is_none(
    deployed: Project, proxy: FaultProxy, command: tuple[str, ...], match: str, kind: str
) -> None:
    """Each ends with 3 and says what got no answer; destroy and revoke change nothing."""
    # The first borrower in the local AWS gets a key.
    assert deployed.local("credentials", "bob").code == 0
    before = (deployed.keys(), deployed.bucket)
    deployed.run("forget", "--all")
    proxy.make(Fault(kind, match))
    name, *rest = command
    ended = (
        deployed.run(name, *rest[: rest.index("--")], *_local(deployed), *rest[rest.index("--") :])
        if ("--" in rest)
        else deployed.run(name, *rest, *_local(deployed))
    )
    _sound(ended, 3)
    proxy.make()
    assert (deployed.keys(), deployed.bucket) == before


def _local(project: Project) -> tuple[str, ...]:
    return ("--local", "--state", str(project.aws.state_dir))
