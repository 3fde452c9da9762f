"""Lost answers to what makes or removes something: it is sent once, the state is read, and nothing is left behind."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from temp_access.aws.clients import service_client
from temp_access.verify.live.access_keys import create_key, delete_key, untag
from temp_access.verify.live.journal import Journal, new_record
from temp_access.verify.operations import new_run
from tests.integration.deploy.project import USER, Project
from tests.integration.faults.proxy import Fault, FaultProxy

pytestmark = pytest.mark.integration
LOSSES = ["reset", "cut-close", "half-body", "InternalError", "html-502"]
# What makes or removes something in a run.
CHANGES = [
    "CreateAccessKey",
    "TagUser",
    "UntagUser",
    "DeleteAccessKey",
    "CreateMultipartUpload",
    "CompleteMultipartUpload",
    "AbortMultipartUpload",
    "DeleteObjects$",
]


def _foreign_key(project: Project) -> str:
    return str(project.iam.create_access_key(UserName=USER)["AccessKey"]["AccessKeyId"])


@pytest.mark.parametrize("kind", LOSSES)
def test_a_key_whose_answer_was_lost_is_found_and_deleted(
    deployed: Project, proxy: FaultProxy, kind: str, tmp_path: Path
) -> None:
    """It is the one that wasn't there before; the key of somebody else stays."""
    foreign = _foreign_key(deployed)
    iam = service_client(deployed.aws.deployer, "iam", endpoint_url=f"https://127.0.0.1:{proxy.port}")
    record = new_record(
        new_run(), account="123456789012", user=USER, bucket=deployed.bucket, prefixes=(), endpoint="local"
    )
    proxy.make(Fault(kind, "CreateAccessKey", takes_effect=True, times=1))
    key, record = create_key(iam, Journal(tmp_path), record)
    assert len(proxy.operations("CreateAccessKey")) == 2
    assert deployed.keys() == [foreign, key.access_key_id]
    proxy.make(Fault(kind, "DeleteAccessKey|UntagUser", takes_effect=True))
    delete_key(iam, record)
    untag(iam, record)
    assert (deployed.keys(), deployed.tags()) == ([foreign], [])
    deployed.iam.delete_access_key(UserName=USER, AccessKeyId=foreign)


@pytest.mark.parametrize("takes_effect", [True, False])
def test_a_key_is_never_created_twice_without_looking(deployed: Project, proxy: FaultProxy, takes_effect: bool) -> None:
    """If no answer ever comes, verify ends with 3, and nothing is left."""
    proxy.make(Fault("reset", "CreateAccessKey", takes_effect=takes_effect))
    ended = deployed.verify("--grant", "bob")
    assert ended.code == 3, ended.output
    assert "Traceback" not in ended.output
    calls = proxy.operations("CreateAccessKey|ListAccessKeys")
    assert not any(pair == ("iam:CreateAccessKey",) * 2 for pair in pairwise(calls))
    deployed.assert_clean()


def test_a_killed_run_that_never_learned_its_key(deployed: Project, proxy: FaultProxy) -> None:
    """The journal knows the keys before; the next run deletes the new one."""
    foreign = _foreign_key(deployed)
    proxy.make(Fault("hang", "CreateAccessKey", takes_effect=True))
    running = deployed.start_verify()
    running.pause_when(lambda: len(deployed.keys()) == 2)
    running.kill()
    (record,) = deployed.journal
    assert json.loads(record.read_text())["known_keys"] == [foreign]
    proxy.make()
    ended = deployed.verify("--grant", "bob")
    assert ended.code == 0, ended.output
    assert deployed.keys() == [foreign]
    deployed.assert_clean(keys=1)
    deployed.iam.delete_access_key(UserName=USER, AccessKeyId=foreign)


@pytest.mark.parametrize("takes_effect", [True, False])
def test_one_lost_answer_of_each_operation_changes_nothing(
    deployed: Project, proxy: FaultProxy, takes_effect: bool
) -> None:
    """Whether the call took effect or not."""
    proxy.make(*(Fault("reset", operation, takes_effect=takes_effect, times=1) for operation in CHANGES))
    ended = deployed.verify("--grant", "bob")
    assert ended.code == 0, ended.output
    assert len([kind for _, kind in proxy.calls if kind]) == len(CHANGES)
    deployed.assert_clean()


def test_a_tag_that_nobody_knows_of_is_in_the_journal(deployed: Project, proxy: FaultProxy) -> None:
    """The tag took effect, and neither its answer nor the state could be read: the record stays for the next run."""
    # The sweep before the run reads the tags too.
    proxy.make(Fault("InternalError", "TagUser", takes_effect=True), Fault("InternalError", "ListUserTags", skip=1))
    ended = deployed.verify("--grant", "bob")
    assert ended.code == 3, ended.output
    assert deployed.keys() == []
    assert (len(deployed.tags()), len(deployed.journal)) in [(1, 1), (0, 0)]
    proxy.make()
    assert deployed.verify("--grant", "bob").code == 0
    deployed.assert_clean()


def _left(project: Project) -> dict[str, Any]:
    return project.probe("clean-up/nothing-left")


def test_a_key_that_cant_be_deleted_fails_the_run(deployed: Project, proxy: FaultProxy) -> None:
    """The objects are removed all the same, and the command that deletes the key is printed."""
    proxy.make(Fault("InternalError", "DeleteAccessKey"))
    ended = deployed.verify("--grant", "bob")
    assert ended.code == 1, ended.output
    assert (_left(deployed)["verdict"], len(deployed.keys())) == ("failed", 1)
    assert "aws iam delete-access-key --user-name temp-user --access-key-id" in ended.err
    assert deployed.run_objects() == {"versions": [], "delete markers": [], "uploads": []}
    proxy.make()
    assert deployed.verify("--grant", "bob").code == 0
    deployed.assert_clean()


def test_a_key_that_cant_be_deleted_fails_the_self_test(deployed: Project, proxy: FaultProxy) -> None:
    """Although every mutant is caught."""
    proxy.make(Fault("Throttling", "DeleteAccessKey"))
    ended = deployed.local("verify", "--self-test")
    assert ended.code == 1, ended.output
    assert "0 survived" in ended.out
    assert "clean-up: the access key" in ended.out
    proxy.make()
    assert deployed.verify("--grant", "bob").code == 0
    deployed.assert_clean()


def test_objects_that_cant_be_removed_dont_keep_the_key(deployed: Project, proxy: FaultProxy) -> None:
    """Each step is tried, whatever the others did."""
    proxy.make(Fault("SlowDown", "s3:DeleteObjects$"))
    ended = deployed.verify("--grant", "bob")
    assert ended.code == 1, ended.output
    assert (_left(deployed)["verdict"], deployed.keys()) == ("failed", [])
    proxy.make()
    assert deployed.verify("--grant", "bob").code == 0
    deployed.assert_clean()
