"""What a run creates and removes, on a local AWS for these tests."""

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from temp_access.aws.clients import ClientFactory, Clients
from temp_access.errors import TempAccessError, UserError
from temp_access.local_aws.control import Instance
from temp_access.local_aws.testing import running
from temp_access.verify.live.access_keys import create_key, delete_key, leftover_runs, record_run, untag
from temp_access.verify.live.cleanup import clean, run_prefixes, sweep
from temp_access.verify.live.journal import Journal, RunRecord, endpoint_of, new_record
from temp_access.verify.live.objects import count_left, put_seeds, remove, run_prefixes_of, seeds
from temp_access.verify.operations import SPECIAL_SEED, new_run
from temp_access.verify.probes import ServiceCall
from tests.unit.support.config_file import BOB, config_of
from tests.unit.support.planning import MARK, RUN, TARGET, plan_of

_NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Run one local AWS for the module."""
    with running(tmp_path_factory.mktemp("aws")) as started:
        yield started


@pytest.fixture(scope="module")
def deployer(instance: Instance) -> Clients:
    """Return the deployer's clients."""
    return ClientFactory(instance.deployer).base()


@pytest.fixture
def user(deployer: Clients) -> str:
    """Return a new user's name."""
    name = f"temp-user-{next(_NUMBERS)}"
    deployer.iam.create_user(UserName=name)
    return name


@pytest.fixture
def bucket(deployer: Clients) -> str:
    """Return the name of a new bucket with versions."""
    name = f"the-bucket-{next(_NUMBERS)}"
    deployer.s3.create_bucket(Bucket=name)
    deployer.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def record_of(deployer: Clients, user: str, bucket: str = "the-bucket", run: str | None = None) -> RunRecord:
    """Return the record of a new run of this process."""
    account, endpoint = TARGET.account, endpoint_of(deployer.iam)
    return new_record(run or new_run(), account=account, user=user, bucket=bucket, prefixes=(), endpoint=endpoint)


def killed(record: RunRecord) -> RunRecord:
    """Return the record of a run whose process has ended."""
    assert record.process is not None
    return replace(record, process=replace(record.process, start="1"))


def keys(deployer: Clients, user: str) -> list[str]:
    """Return the ids of the user's access keys."""
    return [key["AccessKeyId"] for key in deployer.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]]


def tags(deployer: Clients, user: str) -> dict[str, str]:
    """Return the user's tags."""
    return {tag["Key"]: tag["Value"] for tag in deployer.iam.list_user_tags(UserName=user)["Tags"]}


def foreign_key(deployer: Clients, user: str) -> str:
    """Make a key that isn't the run's, and return its id."""
    return deployer.iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]


def test_records_a_new_key_in_the_journal_and_on_the_user(deployer: Clients, user: str, tmp_path: Path) -> None:
    """By its id alone; the secret is in neither, nor in the printed object."""
    journal, record = Journal(tmp_path), record_of(deployer, user)
    record_run(deployer.iam, journal, record)
    assert tags(deployer, user) == {f"temp-access:verify/{record.run}": "none"}
    credentials, record_with_key = create_key(deployer.iam, journal, record)
    assert keys(deployer, user) == [credentials.access_key_id] == [record_with_key.key_id]
    assert tags(deployer, user) == {f"temp-access:verify/{record.run}": credentials.access_key_id}
    content = (tmp_path / f"{record.run}.json").read_text()
    assert json.loads(content)["key_id"] == credentials.access_key_id
    assert credentials.secret_access_key not in content + repr(credentials) + str(credentials)


def test_deletes_only_the_recorded_key(deployer: Clients, user: str, tmp_path: Path) -> None:
    """With its tag; a second time there is nothing to delete."""
    foreign, record = foreign_key(deployer, user), record_of(deployer, user)
    record_run(deployer.iam, Journal(tmp_path), record)
    _, record_with_key = create_key(deployer.iam, Journal(tmp_path), record)
    for _ in range(2):
        delete_key(deployer.iam, record_with_key)
        untag(deployer.iam, record_with_key)
        assert keys(deployer, user) == [foreign]
        assert tags(deployer, user) == {}


def test_two_foreign_keys_are_inconclusive_and_stay(deployer: Clients, user: str, tmp_path: Path) -> None:
    """The exit code is 3, and the message says what to do."""
    foreign = [foreign_key(deployer, user), foreign_key(deployer, user)]
    with pytest.raises(
        TempAccessError, match=r"has 2 access keys already .*; pass --profile with one of them"
    ) as raised:
        create_key(deployer.iam, Journal(tmp_path), record_of(deployer, user))
    assert raised.value.exit_code == 3
    assert sorted(keys(deployer, user)) == sorted(foreign)
    assert not any(key in str(raised.value) for key in foreign)


def test_a_key_that_cant_be_recorded_is_deleted_at_once(deployer: Clients, user: str, tmp_path: Path) -> None:
    """No later run would find it."""
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="can't be written"):
        create_key(deployer.iam, Journal(tmp_path / "file"), record_of(deployer, user))
    assert keys(deployer, user) == []


def test_finds_old_runs_by_the_users_tags(deployer: Clients, user: str) -> None:
    """Only tags in a run's form, only runs that must be over, only values that are key ids."""
    old, older = "20200101T000000Z-0123abcd", "20190101T000000Z-0123abcd"
    tags_before = {
        f"temp-access:verify/{old}": "AKIAIOSFODNN7EXAMPLE",
        f"temp-access:verify/{older}": "x",
        f"temp-access:verify/{new_run()}": "AKIAI44QH8DHBEXAMPLE",
        "temp-access:verify/20209999T999999Z-0123abcd": "AKIAI44QH8DHBEXAMPLE",
        "temp-access:verify/": "AKIAI44QH8DHBEXAMPLE",
        old: "AKIAI44QH8DHBEXAMPLE",
    }
    deployer.iam.tag_user(UserName=user, Tags=[{"Key": key, "Value": value} for key, value in tags_before.items()])
    leftovers = leftover_runs(deployer.iam, TARGET.account, user, "the-bucket")
    assert {record.run: record.key_id for record in leftovers} == {old: "AKIAIOSFODNN7EXAMPLE", older: None}


def fill(s3: Any, bucket: str, prefix: str) -> None:
    """Leave two versions, a delete marker and an open upload under the prefix."""
    for _ in range(2):
        s3.put_object(Bucket=bucket, Key=f"{prefix}key", Body=b"x")
    s3.delete_object(Bucket=bucket, Key=f"{prefix}key")
    s3.create_multipart_upload(Bucket=bucket, Key=f"{prefix}upload")


def test_removes_every_version_marker_and_upload_of_the_run_only(deployer: Clients, bucket: str) -> None:
    """Objects beside and around it stay."""
    own = [f"bob/{MARK}", MARK]
    others = ["bob/", f"bobby/{MARK}", f"bob/.temp-access-probe-{RUN[:-1]}e/"]
    for prefix in (*own, *others):
        fill(deployer.s3, bucket, prefix)
    assert count_left(deployer.s3, bucket, own) == 8
    assert remove(deployer.s3, bucket, own, RUN) == 8
    assert count_left(deployer.s3, bucket, own) == 0
    assert remove(deployer.s3, bucket, own, RUN) == 0
    assert [count_left(deployer.s3, bucket, [prefix]) for prefix in others[1:]] == [4, 4]
    assert count_left(deployer.s3, bucket, [""]) == 12


@pytest.mark.parametrize("prefix", ["", "bob/", f"bob/.temp-access-probe-{RUN}", f"bob/{MARK}x"])
def test_refuses_to_empty_a_prefix_without_the_runs_name(deployer: Clients, bucket: str, prefix: str) -> None:
    """Not one object is removed."""
    fill(deployer.s3, bucket, "bob/")
    with pytest.raises(ValueError, match="a prefix doesn't belong to the run"):
        remove(deployer.s3, bucket, [MARK, prefix], RUN)
    assert count_left(deployer.s3, bucket, ["bob/"]) == 4


def test_cleans_up_after_a_killed_run(deployer: Clients, user: str, bucket: str, tmp_path: Path) -> None:
    """Its key, objects and record are removed; a foreign key, and what a running process created, stay."""
    journal, foreign = Journal(tmp_path), foreign_key(deployer, user)
    record = record_of(deployer, user, bucket, RUN)
    record_run(deployer.iam, journal, record)
    _, record_with_key = create_key(deployer.iam, journal, record)
    record_with_key = replace(record_with_key, prefixes=(f"bob/{MARK}",))
    journal.write(record_with_key)
    fill(deployer.s3, bucket, f"bob/{MARK}")
    fill(deployer.s3, bucket, f"bobby/{MARK}")
    target = replace(TARGET, user_name=user, bucket=bucket)
    messages: list[str] = []
    journal.write(killed(record_with_key))
    sweep(journal, deployer, target, ["bob", "bobby"], messages.append)
    assert messages == [f"cleaning up after the run {RUN}, which was cut short"]
    assert (keys(deployer, user), tags(deployer, user), list(tmp_path.iterdir())) == ([foreign], {}, [])
    assert [count_left(deployer.s3, bucket, [f"{folder}/{MARK}"]) for folder in ("bob", "bobby")] == [0, 4]


def test_the_bucket_of_a_killed_run_may_be_gone(deployer: Clients, user: str, bucket: str, tmp_path: Path) -> None:
    """`local start --fresh` and a new deployment after kill -9: the objects went with the bucket."""
    journal = Journal(tmp_path)
    journal.write(replace(killed(record_of(deployer, user, "deleted-since", RUN)), prefixes=(MARK,)))
    messages: list[str] = []
    sweep(journal, deployer, replace(TARGET, user_name=user, bucket=bucket), [], messages.append)
    assert messages == [f"cleaning up after the run {RUN}, which was cut short"]
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_cant_be_cleaned_up_stops_nobody(deployer: Clients, user: str, bucket: str, tmp_path: Path) -> None:
    """It is said, its record stays, and the other runs are cleaned up."""
    journal, other_run = Journal(tmp_path), f"{RUN[:-1]}f"
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:List*", "Resource": "*"}
    forbidden, own = f"{bucket}-forbidden", foreign_key(deployer, user)
    deployer.s3.create_bucket(Bucket=forbidden)
    deny["Resource"] = f"arn:aws:s3:::{forbidden}"
    deployer.s3.put_bucket_policy(Bucket=forbidden, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    for run, of in ((RUN, forbidden), (other_run, bucket)):
        mark = f".temp-access-probe-{run}/"
        journal.write(replace(killed(record_of(deployer, user, of, run)), prefixes=(mark,)))
        deployer.s3.put_object(Bucket=of, Key=f"{mark}key", Body=b"x")
    messages: list[str] = []
    sweep(journal, deployer, replace(TARGET, user_name=user, bucket=bucket), [], messages.append)
    told = [message for message in messages if message.startswith(f"couldn't clean up after the run {RUN}: ")]
    assert len(told) == 1
    assert told[0].endswith(f"; the next verify tries again, and {journal.file(RUN)} tells what is left")
    assert [path.stem for path in tmp_path.iterdir()] == [RUN]
    assert count_left(deployer.s3, bucket, [""]) == 0
    assert keys(deployer, user) == [own]


def test_an_old_run_that_is_still_going_is_left_alone(deployer: Clients, user: str, tmp_path: Path) -> None:
    """Its tag is older than an hour, but the journal knows that its process is there."""
    journal, run = Journal(tmp_path), "20200101T000000Z-0123abcd"
    record_run(deployer.iam, journal, record_of(deployer, user, run=run))
    sweep(journal, deployer, replace(TARGET, user_name=user), [], lambda _: None)
    assert list(tags(deployer, user)) == [f"temp-access:verify/{run}"]
    assert journal.file(run).exists()


def test_keeps_the_record_if_objects_cant_be_removed(deployer: Clients, user: str, bucket: str, tmp_path: Path) -> None:
    """S3 responds to DeleteObjects with success and a list of errors; the next run removes the rest."""
    journal, record = Journal(tmp_path), replace(record_of(deployer, user, bucket, RUN), prefixes=(MARK,))
    record_run(deployer.iam, journal, record)
    deployer.s3.put_object(Bucket=bucket, Key=f"{MARK}key", Body=b"x")
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteObjectVersion",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    deployer.s3.put_bucket_policy(Bucket=bucket, Policy=document)
    (problem,) = clean(journal, deployer, record, record.prefixes)
    assert re.search(r"an object of the run .* may be left \(.*AccessDenied.*1 of 1 objects", problem)
    assert tags(deployer, user) != {}
    deployer.s3.delete_bucket_policy(Bucket=bucket)
    assert (tmp_path / f"{RUN}.json").exists()
    journal.write(killed(record))
    sweep(journal, deployer, replace(TARGET, user_name=user, bucket=bucket), [], lambda _: None)
    assert count_left(deployer.s3, bucket, [""]) == 0


def test_cleans_up_every_folder_after_a_run_with_only_a_tag(
    deployer: Clients, user: str, bucket: str, tmp_path: Path
) -> None:
    """The machine that it ran on kept no files."""
    run = "20200101T000000Z-0123abcd"
    deployer.iam.tag_user(UserName=user, Tags=[{"Key": f"temp-access:verify/{run}", "Value": "none"}])
    folders = ["bob", "f*"]
    prefixes = run_prefixes(folders, run)
    assert {prefix.partition(".temp-access-probe-")[0] for prefix in prefixes} == {
        "",
        "bob/",
        "bob",
        "f*/",
        "f*",
        "fx/",
        "/bob/",
        "/f*/",
    }
    for prefix in prefixes:
        fill(deployer.s3, bucket, prefix)
    sweep(Journal(tmp_path), deployer, replace(TARGET, user_name=user, bucket=bucket), folders, lambda _: None)
    assert count_left(deployer.s3, bucket, [""]) == 0
    assert tags(deployer, user) == {}


def test_seeds_and_prefixes_cover_all_keys_of_the_probes(deployer: Clients, bucket: str, tmp_path: Path) -> None:
    """Probes read the seeds and write under the prefixes."""
    plan = plan_of(config_of(tmp_path, BOB))
    assert set(seeds(plan.probes, RUN)) == {
        f"{MARK}seed",
        f"bob/{MARK}seed",
        f"bob/{MARK}{SPECIAL_SEED}",
        f"bob{MARK}seed",
        f"/bob/{MARK}seed",
        f"{MARK}../bob/{MARK}seed",
    }
    prefixes = run_prefixes_of(plan.probes, RUN)
    assert set(prefixes) == {MARK, f"bob/{MARK}", f"bob{MARK}", f"/bob/{MARK}"}
    calls = [one.call for one in plan.probes if isinstance(one.call, ServiceCall)]
    written = [call.key for call in calls if call.operation in ("put", "multipart", "copy", "delete")]
    assert all(key.startswith(tuple(prefixes)) for key in written)
    put_seeds(deployer.s3, bucket, seeds(plan.probes, RUN))
    assert remove(deployer.s3, bucket, run_prefixes_of(plan.probes, RUN), RUN) == 6
    assert count_left(deployer.s3, bucket, [""]) == 0
