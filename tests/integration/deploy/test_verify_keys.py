"""The minted key and the run's objects are gone at the end, however it comes; nobody else's are touched."""

import shutil
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.deploy.project import MARK, USER, Project, Running
from tests.integration.deploy.recorder import recording, touched

pytestmark = pytest.mark.integration
_FULL_S3 = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
_OWN = ("bob/", "bob/report.csv", "bobby/photo.jpg", "inbox/alice/letter")
# A Ctrl-C that comes when the key was made, and isn't recorded yet.
_INTERRUPTED_WHILE_MINTING = """
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
_SLOW_CLEANING = """
import time
from temp_access.verify.live import cleanup
remove = cleanup.remove
def slowly(*given):
    time.sleep(1)
    return remove(*given)
cleanup.remove = slowly
"""
_LONG_AGO = """
from temp_access.verify import operations
operations.new_run = lambda: "20200229T120000Z-0123abcd"
"""


def _everything(project: Project) -> tuple[Any, ...]:
    """Return every version, marker and upload in the bucket that isn't a run's."""
    versions = project.s3.list_object_versions(Bucket=project.bucket)
    uploads = project.s3.list_multipart_uploads(Bucket=project.bucket).get("Uploads", ())
    entries = (*versions.get("Versions", ()), *versions.get("DeleteMarkers", ()))
    mine = [(e["Key"], e["VersionId"], e.get("ETag")) for e in entries if MARK not in e["Key"]]
    return tuple(sorted(mine, key=str)), tuple((u["Key"], u["UploadId"]) for u in uploads if MARK not in u["Key"])


@pytest.fixture(scope="module")
def tenants(deployed: Project) -> Project:
    """The deployment with objects of tenants, old versions, a deleted one and an open upload among them."""
    for key in (*_OWN, *_OWN, "bob/deleted"):
        deployed.s3.put_object(Bucket=deployed.bucket, Key=key, Body=key.encode())
    deployed.s3.delete_object(Bucket=deployed.bucket, Key="bob/deleted")
    deployed.s3.create_multipart_upload(Bucket=deployed.bucket, Key="bob/video")
    return deployed


@pytest.fixture(autouse=True)
def _survive(tenants: Project) -> Iterator[None]:
    before = _everything(tenants)
    yield
    assert before == _everything(tenants)


def _under_way(project: Project, before: str = "") -> Running:
    """Start verify, and hold it when versions, delete markers and uploads of its own are in the bucket."""
    running = project.begin_verify(before=before)
    running.hold_when(lambda: all(project.left().values()))
    return running


def test_tenants_objects_are_never_touched(tenants: Project, tmp_path: Path) -> None:
    """All keys that are read, written or listed by name are the run's own; other listings ask for no key at all."""
    file = tmp_path / "calls"
    ended = tenants.verify(before=recording(file))
    assert ended.code == 0, ended.said
    calls = touched(file)
    assert len(calls) > 200
    listings = ("ListObjects", "ListObjectsV2")
    assert [(operation, key) for operation, key in calls if MARK not in key and operation not in listings] == []
    tenants.assert_nothing_left()


def test_a_failing_probe_leaves_no_key(tenants: Project) -> None:
    """A run that fails cleans up as one that passes."""
    tenants.iam.attach_user_policy(UserName=USER, PolicyArn=_FULL_S3)
    ended = tenants.verify("--grant", "bob")
    tenants.iam.detach_user_policy(UserName=USER, PolicyArn=_FULL_S3)
    assert ended.code == 1, ended.said
    tenants.assert_nothing_left()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
def test_an_interrupted_run_leaves_nothing(tenants: Project, number: signal.Signals) -> None:
    """Ctrl-C, a termination or a closed terminal while probes run: exit 130, and key, tag and objects are gone."""
    running = _under_way(tenants)
    running.process.send_signal(number)
    running.go_on()
    ended = running.end()
    assert (ended.code, ended.err.endswith("interrupted\n")) == (130, True), ended.said
    assert "Traceback" not in ended.err
    tenants.assert_nothing_left()


def test_an_impatient_second_ctrl_c_leaves_nothing(tenants: Project) -> None:
    """A second and a third Ctrl-C while a run cleans up are answered, and change nothing."""
    running = _under_way(tenants, before=_SLOW_CLEANING)
    running.go_on()
    for _ in range(3):
        running.process.send_signal(signal.SIGINT)
        time.sleep(0.3)
    ended = running.end()
    assert ended.code == 130, ended.said
    assert "cleaning up, please wait" in ended.err
    assert "Traceback" not in ended.err
    tenants.assert_nothing_left()


def test_ctrl_c_while_the_key_is_minted_leaves_nothing(tenants: Project) -> None:
    """A key that was made and isn't recorded yet is recorded before the interruption takes effect."""
    ended = tenants.verify(before=_INTERRUPTED_WHILE_MINTING)
    assert ended.code == 130, ended.said
    tenants.assert_nothing_left()


def test_a_key_that_can_t_be_recorded_is_deleted_at_once(tenants: Project) -> None:
    """Where the journal can't be written any more, the key that was just made doesn't stay."""
    ended = tenants.verify(before=_FULL_DISK)
    assert (ended.code, "the disk is full" in ended.err) == (2, True), ended.said
    tenants.assert_nothing_left()


def test_a_killed_run_is_cleaned_up_by_the_next(tenants: Project) -> None:
    """After kill -9 the key is in a file of mode 0600; the next verify removes the key and all objects."""
    running = _under_way(tenants)
    (record,) = tenants.journal
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    assert stat.S_IMODE(record.parent.stat().st_mode) == 0o700
    running.kill()
    assert (len(tenants.keys()), len(tenants.tags())) == (1, 1)
    assert tenants.keys()[0] in record.read_text()
    assert all(tenants.left().values())
    ended = tenants.verify("--grant", "bob")
    assert ended.code == 0, ended.said
    assert f"cleaning up after the run {record.stem}, which was cut short" in ended.err
    tenants.assert_nothing_left()


def test_a_run_killed_on_another_machine_is_cleaned_up_when_it_is_old(tenants: Project) -> None:
    """Without the other machine's file the tag tells of the run, and only an hour later is it taken for dead."""
    running = _under_way(tenants, before=_LONG_AGO)
    running.kill()
    shutil.rmtree(tenants.folder / "xdg")
    ended = tenants.verify("--grant", "bob")
    assert ended.code == 0, ended.said
    assert "cleaning up after the run 20200229T120000Z-0123abcd" in ended.err
    tenants.assert_nothing_left()


def test_a_fresh_run_of_another_machine_is_left_alone(tenants: Project, tmp_path: Path) -> None:
    """A run whose tag is young may be running elsewhere: its key, tag and objects stay."""
    running = _under_way(tenants)
    running.kill()
    shutil.move(tenants.folder / "xdg", tmp_path / "other-machine")
    keys, tags, left = tenants.keys(), tenants.tags(), tenants.left()
    ended = tenants.verify("--grant", "bob")
    assert ended.code == 0, ended.said
    assert (keys, tags, left) == (tenants.keys(), tenants.tags(), tenants.left())
    shutil.rmtree(tenants.folder / "xdg")
    shutil.move(tmp_path / "other-machine", tenants.folder / "xdg")
    assert tenants.verify("--grant", "bob").code == 0
    tenants.assert_nothing_left()


def test_a_foreign_key_is_never_touched(tenants: Project) -> None:
    """With a key of somebody's own the run mints a second one, and removes only that."""
    foreign = tenants.iam.create_access_key(UserName=USER)["AccessKey"]["AccessKeyId"]
    ended = tenants.verify("--grant", "bob")
    assert ended.code == 0, ended.said
    assert [foreign] == tenants.keys()
    tenants.assert_nothing_left(keys=1)
    tenants.iam.delete_access_key(UserName=USER, AccessKeyId=foreign)


def test_two_foreign_keys_are_inconclusive_and_a_profile_helps(tenants: Project, tmp_path: Path) -> None:
    """There is no room for a third key: exit 3, and a sentence that says --profile, with which none is minted."""
    made = [tenants.iam.create_access_key(UserName=USER)["AccessKey"] for _ in range(2)]
    ended = tenants.verify()
    assert ended.code == 3, ended.said
    assert "pass --profile with one of them" in ended.err
    assert made[0]["AccessKeyId"] not in ended.said
    tenants.assert_nothing_left(keys=2)

    credentials = tmp_path / "credentials"
    for name, key in (("temp-user", made[0]), ("deployer", None)):
        id_ = key["AccessKeyId"] if key else tenants.aws.environment["AWS_ACCESS_KEY_ID"]
        secret = key["SecretAccessKey"] if key else tenants.aws.environment["AWS_SECRET_ACCESS_KEY"]
        with credentials.open("a") as file:
            file.write(f"[{name}]\naws_access_key_id = {id_}\naws_secret_access_key = {secret}\n")
    environment = {**tenants.aws.environment, "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
    called = len(tenants.actions())
    ended = tenants.run("verify", "--profile", "temp-user", env=environment)
    assert ended.code == 0, ended.said
    assert "iam:CreateAccessKey" not in tenants.actions()[called:]
    tenants.assert_nothing_left(keys=2)

    ended = tenants.run("verify", "--profile", "deployer", env=environment)
    assert ended.code == 2, ended.said
    assert "the profile deployer is arn:aws:iam::123456789012:" in ended.err
    for key in made:
        tenants.iam.delete_access_key(UserName=USER, AccessKeyId=key["AccessKeyId"])
