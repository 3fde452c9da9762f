"""A run deletes its access key and objects however it ends, and touches nothing else."""

import shutil
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.deploy.project import MARK, USER, Project, RunningCommand, run_project
from tests.integration.deploy.recorder import recording, touched_keys

pytestmark = pytest.mark.integration
_FULL_S3 = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
_OWN = ("bob/", "bob/report.csv", "bobby/photo.jpg", "inbox/alice/letter")
# Sends Ctrl-C when the key has been created and isn't recorded yet.
_INTERRUPTED_DURING_KEY_CREATION = """
import os, signal
from temp_access.verify.live.journal import Journal
write = Journal.write
def interrupted(self, entry):
    if entry.key_id:
        os.kill(os.getpid(), signal.SIGINT)
    write(self, entry)
Journal.write = interrupted
"""
_FULL_DISK = """
from temp_access.errors import UserError
from temp_access.verify.live.journal import Journal
write = Journal.write
def failing(self, entry):
    if entry.key_id:
        raise UserError("the disk is full")
    write(self, entry)
Journal.write = failing
"""
_SLOW_CLEANUP = """
import time
from temp_access.verify.live import cleanup
remove = cleanup.remove
def slowly(*arguments):
    time.sleep(1)
    return remove(*arguments)
cleanup.remove = slowly
"""
# Without users for people, whose keys test_verify_borrowers.py has.
_SHARED_ROLE_ONLY = """\
[bucket]
on_destroy = "destroy"
[grants.bob]
access = "read-write"
[grants.bobby]
access = "read"
duration = "4h"
[grants.alice]
access = "write"
folder = "inbox/alice"
duration = "1h"
"""
_OLD_RUN = """
from temp_access.verify import operations
operations.new_run = lambda: "20200229T120000Z-0123abcd"
"""


def _tenant_objects(project: Project) -> tuple[Any, ...]:
    """Return every version, delete marker and upload in the bucket that doesn't belong to a run."""
    versions = project.s3.list_object_versions(Bucket=project.bucket)
    uploads = project.s3.list_multipart_uploads(Bucket=project.bucket).get("Uploads", ())
    entries = (*versions.get("Versions", ()), *versions.get("DeleteMarkers", ()))
    objects = [(e["Key"], e["VersionId"], e.get("ETag")) for e in entries if MARK not in e["Key"]]
    return tuple(sorted(objects, key=str)), tuple((u["Key"], u["UploadId"]) for u in uploads if MARK not in u["Key"])


@pytest.fixture(scope="module")
def tenants(deployed: Project) -> Project:
    """Return the deployment with tenants' objects, including old versions, a deleted object and an open upload."""
    deployed.deploy(_SHARED_ROLE_ONLY)
    for key in (*_OWN, *_OWN, "bob/deleted"):
        deployed.s3.put_object(Bucket=deployed.bucket, Key=key, Body=key.encode())
    deployed.s3.delete_object(Bucket=deployed.bucket, Key="bob/deleted")
    deployed.s3.create_multipart_upload(Bucket=deployed.bucket, Key="bob/video")
    return deployed


@pytest.fixture(autouse=True)
def _tenant_objects_stay(tenants: Project) -> Iterator[None]:
    before = _tenant_objects(tenants)
    yield
    assert before == _tenant_objects(tenants)


def _pause_during_probes(project: Project, before: str = "") -> RunningCommand:
    """Start verify, and pause it when its own versions, delete markers and uploads are in the bucket."""
    running = project.start_verify(before=before)
    running.pause_when(lambda: all(project.run_objects().values()))
    return running


def test_tenants_objects_are_never_touched(tenants: Project, tmp_path: Path) -> None:
    """Every key that verify reads, writes or lists is the run's own; other listings request no keys.

    Of a folder's marker it only asks whether it is there. Where HEAD is refused, GET has a condition that isn't met.
    """
    file = tmp_path / "calls"
    ended = tenants.verify(before=recording(file))
    assert ended.code == 0, ended.output
    calls = touched_keys(file)
    assert len(calls) > 200
    listings = ("ListObjects", "ListObjectsV2")
    others = {(operation, key) for operation, key in calls if MARK not in key and operation not in listings}
    asked = {("HeadObject", f"{folder}/") for folder in ("bob", "bobby", "inbox/alice")}
    assert others == asked | {("GetObject IfMatch", "inbox/alice/")}
    tenants.assert_clean()


def test_a_run_with_a_failed_probe_cleans_up(tenants: Project) -> None:
    """A failed run cleans up like one that passes."""
    tenants.iam.attach_user_policy(UserName=USER, PolicyArn=_FULL_S3)
    ended = tenants.verify("--grant", "bob")
    tenants.iam.detach_user_policy(UserName=USER, PolicyArn=_FULL_S3)
    assert ended.code == 1, ended.output
    tenants.assert_clean()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
def test_an_interrupted_run_leaves_nothing(tenants: Project, number: signal.Signals) -> None:
    """After Ctrl-C, a termination or a closed terminal, the exit code is 130, and key, tag and objects are gone."""
    running = _pause_during_probes(tenants)
    running.process.send_signal(number)
    running.resume()
    ended = running.wait()
    assert (ended.code, ended.err.endswith("interrupted\n")) == (130, True), ended.output
    assert "Traceback" not in ended.err
    tenants.assert_clean()


def test_further_ctrl_c_during_the_cleanup_leaves_nothing(tenants: Project) -> None:
    """A second and a third Ctrl-C during the cleanup get a message and change nothing."""
    running = _pause_during_probes(tenants, before=_SLOW_CLEANUP)
    running.resume()
    for _ in range(3):
        running.process.send_signal(signal.SIGINT)
        time.sleep(0.3)
    ended = running.wait()
    assert ended.code == 130, ended.output
    assert "cleaning up, please wait" in ended.err
    assert "Traceback" not in ended.err
    tenants.assert_clean()


def test_ctrl_c_during_key_creation_leaves_nothing(tenants: Project) -> None:
    """A key that was created but not recorded is recorded before the interruption takes effect."""
    ended = tenants.verify(before=_INTERRUPTED_DURING_KEY_CREATION)
    assert ended.code == 130, ended.output
    tenants.assert_clean()


def test_a_key_that_can_t_be_recorded_is_deleted_at_once(tenants: Project) -> None:
    """If the journal can't be written, the new key is deleted."""
    ended = tenants.verify(before=_FULL_DISK)
    assert (ended.code, "the disk is full" in ended.err) == (2, True), ended.output
    tenants.assert_clean()


def test_the_next_run_cleans_up_after_a_killed_run(tenants: Project) -> None:
    """After kill -9, the key's id is in a file of mode 0600, and the next verify removes the key and all objects."""
    running = _pause_during_probes(tenants)
    (record,) = tenants.journal
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    assert stat.S_IMODE(record.parent.stat().st_mode) == 0o700
    running.kill()
    assert (len(tenants.keys()), len(tenants.tags())) == (1, 1)
    assert tenants.keys()[0] in record.read_text()
    assert all(tenants.run_objects().values())
    ended = tenants.verify("--grant", "bob")
    assert ended.code == 0, ended.output
    assert f"cleaning up after the run {record.stem}, which was cut short" in ended.err
    tenants.assert_clean()


def test_a_killed_run_of_another_checkout_is_left_to_it(tenants: Project, deployed_once: Path, tmp_path: Path) -> None:
    """Two local AWS have the same account and user, and one home folder has both their runs."""
    running = _pause_during_probes(tenants)
    running.kill()
    (record,) = tenants.journal
    keys, objects = tenants.keys(), tenants.run_objects()
    with run_project(tmp_path / "other", copy_of=deployed_once) as other:
        shared = {"XDG_STATE_HOME": str(tenants.folder / "xdg")}
        ended = other.run("verify", "--local", "--state", str(other.aws.state_dir), "--grant", "bob", env=shared)
        assert ended.code == 0, ended.output
        assert "cleaning up" not in ended.err
        other.assert_clean()
    assert ([record], keys, objects) == (tenants.journal, tenants.keys(), tenants.run_objects())
    assert tenants.verify("--grant", "bob").code == 0
    tenants.assert_clean()


def test_an_old_run_of_another_machine_is_cleaned_up(tenants: Project) -> None:
    """Without the other machine's journal, the tag identifies the run; after an hour it counts as dead."""
    running = _pause_during_probes(tenants, before=_OLD_RUN)
    running.kill()
    shutil.rmtree(tenants.folder / "xdg")
    ended = tenants.verify("--grant", "bob")
    assert ended.code == 0, ended.output
    assert "cleaning up after the run 20200229T120000Z-0123abcd" in ended.err
    tenants.assert_clean()


def test_a_recent_run_of_another_machine_is_left_alone(tenants: Project, tmp_path: Path) -> None:
    """A run with a recent tag may still be running elsewhere, so its key, tag and objects stay."""
    running = _pause_during_probes(tenants)
    running.kill()
    shutil.move(tenants.folder / "xdg", tmp_path / "other-machine")
    keys, tags, objects = tenants.keys(), tenants.tags(), tenants.run_objects()
    ended = tenants.verify("--grant", "bob")
    assert ended.code == 0, ended.output
    assert (keys, tags, objects) == (tenants.keys(), tenants.tags(), tenants.run_objects())
    shutil.rmtree(tenants.folder / "xdg")
    shutil.move(tmp_path / "other-machine", tenants.folder / "xdg")
    assert tenants.verify("--grant", "bob").code == 0
    tenants.assert_clean()


def test_another_access_key_of_the_user_is_never_touched(tenants: Project) -> None:
    """If the user already has an access key, the run creates a second one and deletes only that."""
    other_key = tenants.iam.create_access_key(UserName=USER)["AccessKey"]["AccessKeyId"]
    ended = tenants.verify("--grant", "bob")
    assert ended.code == 0, ended.output
    assert [other_key] == tenants.keys()
    tenants.assert_clean(keys=1)
    tenants.iam.delete_access_key(UserName=USER, AccessKeyId=other_key)


def test_two_existing_access_keys_are_inconclusive_without_a_profile(tenants: Project, tmp_path: Path) -> None:
    """IAM allows no third key: exit code 3, with advice to pass --profile, which needs no new key."""
    existing = [tenants.iam.create_access_key(UserName=USER)["AccessKey"] for _ in range(2)]
    ended = tenants.verify()
    assert ended.code == 3, ended.output
    assert "pass --profile with one of them" in ended.err
    assert existing[0]["AccessKeyId"] not in ended.output
    tenants.assert_clean(keys=2)

    credentials = tmp_path / "credentials"
    for name, key in (("temp-user", existing[0]), ("deployer", None)):
        id_ = key["AccessKeyId"] if key else tenants.aws.environment["AWS_ACCESS_KEY_ID"]
        secret = key["SecretAccessKey"] if key else tenants.aws.environment["AWS_SECRET_ACCESS_KEY"]
        with credentials.open("a") as file:
            file.write(f"[{name}]\naws_access_key_id = {id_}\naws_secret_access_key = {secret}\n")
    environment = {**tenants.aws.environment, "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
    called = len(tenants.actions())
    ended = tenants.run("verify", "--profile", "temp-user", env=environment)
    assert ended.code == 0, ended.output
    assert "iam:CreateAccessKey" not in tenants.actions()[called:]
    tenants.assert_clean(keys=2)

    ended = tenants.run("verify", "--profile", "deployer", env=environment)
    assert ended.code == 2, ended.output
    assert "the profile deployer is arn:aws:iam::123456789012:" in ended.err
    for key in existing:
        tenants.iam.delete_access_key(UserName=USER, AccessKeyId=key["AccessKeyId"])
