"""One deployment for all tests of faults, whose local AWS stands behind a fault proxy.

Each finding of the campaign that brought the faults out, and the tests that make them again:

| finding | tests |
| --- | --- |
| 3: destroy empties the bucket, though ListAccessKeys wasn't answered | test_fault_destroy |
| 8: two revokes at once | tests/unit/revoke/test_change.py, test_fault_revoke (a lost answer) |
| 9: AssumeRole is throttled within revoke | test_fault_revoke |
| 11: truncated bodies, HTML, empty redirects, other XML | test_fault_calls, test_fault_answers |
| 12: the answer to CreateAccessKey is lost | test_fault_lost_answers |
| 13: the answer to AbortMultipartUpload is lost | test_fault_lost_answers (one lost answer of each operation) |
| 14: DeleteAccessKey fails at the end | test_fault_lost_answers (can't be deleted, can't be removed) |
| 15: codes that were taken for a refusal | test_fault_calls, test_fault_answers, tests/unit/aws/test_answers.py |
| 16: GetRole is throttled, fails or is refused as expired | test_fault_answers (`iam:GetRole$`) |
| 17: TagUser took effect, 500 was answered | test_fault_lost_answers (a tag that nobody knows of) |
| 18: the clock is off | test_fault_time (the clock of this machine) |
| 19: closed or full streams | tests/integration/deploy/test_verify_streams.py, tests/unit/cli/test_streams.py |
| 24: HOME is unset or relative | tests/unit/cli/test_profile.py, tests/unit/borrow/test_cache.py |
| 28: a service that never answers | test_fault_time (timeout, silent, cdk), tests/unit/aws/test_patience.py |
| 30: the server is restarted within a verify | test_fault_time (restarted) |
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from temp_access.local_aws.user_key import forget_key
from tests.integration.deploy.project import USER, Project, run_project
from tests.integration.faults.proxy import FaultProxy, proxied


@pytest.fixture(scope="session")
def deployed(deployed_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Run a copy of the shared deployment; each test leaves it as it was."""
    with run_project(tmp_path_factory.mktemp("faults"), copy_of=deployed_once) as project:
        project.use_assembly()
        yield project


@pytest.fixture
def proxy(deployed: Project) -> Iterator[FaultProxy]:
    """Send the commands of one test through a proxy, which makes no faults yet."""
    with proxied(deployed.aws) as running:
        yield running


@pytest.fixture
def borrower(deployed: Project) -> Iterator[str]:
    """Return the id of the key with which the local AWS's borrower calls, without a cached session."""
    assert deployed.local("credentials", "bob").code == 0
    assert deployed.run("forget").code == 0
    (id_,) = deployed.keys()
    yield id_
    forget_key(deployed.aws.state_dir, USER)
    if deployed.keys() == [id_]:
        deployed.iam.delete_access_key(UserName=USER, AccessKeyId=id_)
