"""The access key of temp-user that exists only for a run, and the keys that earlier runs left behind.

What is created is in the journal before the call that creates it. If the answer to CreateAccessKey is lost, the new
key is found by comparing the user's keys with those before.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from temp_access.aws.assume_role import Credentials
from temp_access.aws.once import gone, has_no_answer, once
from temp_access.aws.patience import service_time
from temp_access.deployment.policy_drift import aws_cli
from temp_access.errors import TempAccessError
from temp_access.verify.live.journal import KEY_ID, NO_KEY, TAG_PREFIX, Journal, RunRecord, is_over, with_key

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_MAX_KEYS = 2
_ATTEMPTS = 3
# A lost answer is noticed after at most this long, so the key was created in this time.
_LOST_SECONDS = 60


def record_run(iam: "IAMClient", journal: Journal, record: RunRecord) -> None:
    """Record the run in the journal and as a tag on the user, before it creates anything."""
    journal.write(record)
    try:
        _tag(iam, record, NO_KEY)
    except Exception as error:
        if not has_no_answer(error):
            # Refused, so nothing needs cleaning up; without an answer the tag may exist.
            journal.remove(record.run)
        raise


def create_key(iam: "IAMClient", journal: Journal, record: RunRecord) -> tuple[Credentials, RunRecord]:
    """Return a new access key of the user, and the run's record with its id, written to journal and tag.

    Raises TempAccessError (inconclusive) if the user already has two keys, because verify doesn't touch them.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        record = _record_attempt(iam, journal, record)
        try:
            key = iam.create_access_key(UserName=record.user)["AccessKey"]
        except Exception as error:
            if not has_no_answer(error):
                raise
            # Nobody knows the secret of a key whose answer was lost.
            delete_lost_key(iam, record)
            if attempt == _ATTEMPTS:
                raise
        else:
            break
    record = with_key(record, key["AccessKeyId"])
    try:
        journal.write(record)
        _tag(iam, record, key["AccessKeyId"])
    except BaseException:
        # No later run would find a key that isn't recorded.
        delete_key(iam, record)
        raise
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"]), record


def delete_key(iam: "IAMClient", record: RunRecord) -> None:
    """Delete the run's key, if it still exists, or the key that it created without learning its id."""
    if record.key_id is None:
        delete_lost_key(iam, record)
        return
    key_id = record.key_id
    gone(
        lambda: iam.delete_access_key(UserName=record.user, AccessKeyId=key_id),
        lambda: key_id not in keys_of(iam, record.user),
    )


def untag(iam: "IAMClient", record: RunRecord) -> None:
    """Remove the run's tag, if it still exists."""
    key = TAG_PREFIX + record.run
    gone(lambda: iam.untag_user(UserName=record.user, TagKeys=[key]), lambda: key not in tags_of(iam, record.user))


def delete_lost_key(iam: "IAMClient", record: RunRecord) -> None:
    """Delete the key that the run created but whose answer it never got.

    Raises TempAccessError (inconclusive) if the key may be another's: then no key is deleted.
    """
    if not record.creating_at:
        return
    earliest = datetime.fromisoformat(record.creating_at) - timedelta(seconds=1)
    tags = tags_of(iam, record.user)
    tags.pop(TAG_PREFIX + record.run, None)
    runs = {key: value for key, value in tags.items() if key.startswith(TAG_PREFIX)}
    found = [
        key_id
        for key_id, created in keys_of(iam, record.user).items()
        if key_id not in record.known_keys
        and key_id not in runs.values()
        and earliest <= created <= earliest + timedelta(seconds=_LOST_SECONDS)
    ]
    if not found:
        return
    # A run without a key in its tag may have created the key just now.
    if len(found) > 1 or any(value == NO_KEY and not is_over(key[len(TAG_PREFIX) :]) for key, value in runs.items()):
        commands = "; ".join(removal(record.user, key_id) for key_id in found)
        raise TempAccessError(
            f"the answer to CreateAccessKey was lost, and another run may have created the new key of {record.user}; "
            f"if no run is active, delete it: {commands}",
            exit_code=3,
        )
    (key_id,) = found
    gone(
        lambda: iam.delete_access_key(UserName=record.user, AccessKeyId=key_id),
        lambda: key_id not in keys_of(iam, record.user),
    )


def removal(user: str, key_id: str) -> str:
    """Return the command that deletes a key."""
    return aws_cli("iam", "delete-access-key", user_name=user, access_key_id=key_id)


def untagging(record: RunRecord) -> str:
    """Return the command that removes the run's tag."""
    return aws_cli("iam", "untag-user", user_name=record.user, tag_keys=TAG_PREFIX + record.run)


def keys_of(iam: "IAMClient", user: str) -> dict[str, datetime]:
    """Return the creation time of each of the user's keys, by id."""
    keys = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
    return {key["AccessKeyId"]: key["CreateDate"] for key in keys}


def tags_of(iam: "IAMClient", user: str) -> dict[str, str]:
    """Return the user's tags."""
    pages = iam.get_paginator("list_user_tags").paginate(UserName=user)
    return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


def leftover_runs(iam: "IAMClient", account: str, user: str, bucket: str) -> list[RunRecord]:
    """Return the runs of any machine that the user's tags name and that must be over."""
    records = []
    for key, value in tags_of(iam, user).items():
        run = key.removeprefix(TAG_PREFIX)
        if run != key and is_over(run):
            key_id = value if KEY_ID.fullmatch(value) else None
            records.append(RunRecord(run, account, user, bucket, key_id=key_id))
    return records


def _tag(iam: "IAMClient", record: RunRecord, value: str) -> None:
    key = TAG_PREFIX + record.run
    once(
        lambda: iam.tag_user(UserName=record.user, Tags=[{"Key": key, "Value": value}]),
        lambda: tags_of(iam, record.user).get(key) == value,
    )


def _record_attempt(iam: "IAMClient", journal: Journal, record: RunRecord) -> RunRecord:
    """Record the user's keys and the time before CreateAccessKey is called; raises TempAccessError if it can't work."""
    response = iam.list_access_keys(UserName=record.user)
    known = [key["AccessKeyId"] for key in response["AccessKeyMetadata"]]
    if len(known) >= _MAX_KEYS:
        raise TempAccessError(
            f"{record.user} has {len(known)} access keys already (…{', …'.join(key[-4:] for key in known)}), the "
            "maximum, and verify only touches its own; pass --profile with one of them, or delete one",
            exit_code=3,
        )
    now = service_time(response["ResponseMetadata"]["HTTPHeaders"].get("date"))
    if now is None:
        raise TempAccessError("IAM's answer to ListAccessKeys has no Date header; try again", exit_code=3)
    record = replace(record, known_keys=tuple(known), creating_at=now.isoformat())
    journal.write(record)
    return record
