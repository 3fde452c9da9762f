"""The access key of temp-user that exists only for a run, and the keys that earlier runs left behind."""

import contextlib
from typing import TYPE_CHECKING

from temp_access.aws.assume_role import Credentials
from temp_access.errors import TempAccessError
from temp_access.verify.live.journal import KEY_ID, NO_KEY, TAG_PREFIX, Journal, RunRecord, is_over, with_key

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_MAX_KEYS = 2


def record_run(iam: "IAMClient", journal: Journal, record: RunRecord) -> None:
    """Record the run in the journal and as a tag on the user, before it creates anything."""
    journal.write(record)
    try:
        iam.tag_user(UserName=record.user, Tags=[{"Key": TAG_PREFIX + record.run, "Value": NO_KEY}])
    except iam.exceptions.ClientError:
        # Refused, so nothing needs cleaning up; without a response the tag may exist.
        journal.remove(record.run)
        raise


def create_key(iam: "IAMClient", journal: Journal, record: RunRecord) -> tuple[Credentials, RunRecord]:
    """Return a new access key of the user, and the run's record with its id, written to journal and tag.

    Raises TempAccessError (inconclusive) if the user already has two keys, because verify doesn't touch them.
    """
    keys = [key["AccessKeyId"] for key in iam.list_access_keys(UserName=record.user)["AccessKeyMetadata"]]
    if len(keys) >= _MAX_KEYS:
        raise TempAccessError(
            f"{record.user} has {len(keys)} access keys already (…{', …'.join(key[-4:] for key in keys)}), the "
            "maximum, and verify only touches its own; pass --profile with one of them, or delete one",
            exit_code=3,
        )
    key = iam.create_access_key(UserName=record.user)["AccessKey"]
    record = with_key(record, key["AccessKeyId"])
    try:
        journal.write(record)
        iam.tag_user(UserName=record.user, Tags=[{"Key": TAG_PREFIX + record.run, "Value": key["AccessKeyId"]}])
    except BaseException:
        # No later run would find a key that isn't recorded.
        iam.delete_access_key(UserName=record.user, AccessKeyId=key["AccessKeyId"])
        raise
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"]), record


def delete_key(iam: "IAMClient", record: RunRecord) -> None:
    """Delete the run's key and tag, if they still exist."""
    for action in (_delete_key, _untag):
        with contextlib.suppress(iam.exceptions.NoSuchEntityException):
            action(iam, record)


def leftover_runs(iam: "IAMClient", account: str, user: str, bucket: str) -> list[RunRecord]:
    """Return the runs of any machine that the user's tags name and that must be over."""
    pages = iam.get_paginator("list_user_tags").paginate(UserName=user)
    records = []
    for tag in (tag for page in pages for tag in page["Tags"]):
        run = tag["Key"].removeprefix(TAG_PREFIX)
        if run != tag["Key"] and is_over(run):
            key_id = tag["Value"] if KEY_ID.fullmatch(tag["Value"]) else None
            records.append(RunRecord(run, account, user, bucket, key_id=key_id))
    return records


def _delete_key(iam: "IAMClient", record: RunRecord) -> None:
    if record.key_id:
        iam.delete_access_key(UserName=record.user, AccessKeyId=record.key_id)


def _untag(iam: "IAMClient", record: RunRecord) -> None:
    iam.untag_user(UserName=record.user, TagKeys=[TAG_PREFIX + record.run])
