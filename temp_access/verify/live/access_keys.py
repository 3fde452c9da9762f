"""An access key of temp-user that lives only for the run, and what earlier runs may have left of theirs."""

import contextlib
from typing import TYPE_CHECKING

from temp_access.aws.assume_role import Credentials
from temp_access.errors import TempAccessError
from temp_access.verify.live.journal import KEY_ID, NO_KEY, TAG_PREFIX, Journal, RunRecord, is_over, with_key

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_KEYS_FOR_EACH_USER = 2


def record_run(iam: "IAMClient", journal: Journal, entry: RunRecord) -> None:
    """Record the run, before it makes anything, in the journal and as a tag on the user."""
    journal.write(entry)
    try:
        iam.tag_user(UserName=entry.user, Tags=[{"Key": TAG_PREFIX + entry.run, "Value": NO_KEY}])
    except iam.exceptions.ClientError:
        # Refused, so there is nothing to clean up; without an answer there may be.
        journal.remove(entry.run)
        raise


def create_key(iam: "IAMClient", journal: Journal, entry: RunRecord) -> tuple[Credentials, RunRecord]:
    """Return a new access key of the user, recorded in the journal and on the user straight away.

    Raises TempAccessError (inconclusive) if the user has two keys already: they aren't ours to touch.
    """
    keys = [key["AccessKeyId"] for key in iam.list_access_keys(UserName=entry.user)["AccessKeyMetadata"]]
    if len(keys) >= _KEYS_FOR_EACH_USER:
        raise TempAccessError(
            f"{entry.user} has {len(keys)} access keys already (…{', …'.join(key[-4:] for key in keys)}), the "
            "most there can be, and verify touches only its own; pass --profile with one of them, or delete one",
            exit_code=3,
        )
    made = iam.create_access_key(UserName=entry.user)["AccessKey"]
    entry = with_key(entry, made["AccessKeyId"])
    try:
        journal.write(entry)
        iam.tag_user(UserName=entry.user, Tags=[{"Key": TAG_PREFIX + entry.run, "Value": made["AccessKeyId"]}])
    except BaseException:
        # A key that isn't recorded would never be swept.
        iam.delete_access_key(UserName=entry.user, AccessKeyId=made["AccessKeyId"])
        raise
    return Credentials(made["AccessKeyId"], made["SecretAccessKey"]), entry


def delete_key(iam: "IAMClient", entry: RunRecord) -> None:
    """Delete the run's key and its tag; either may be gone already."""
    for action in (_delete_key, _untag):
        with contextlib.suppress(iam.exceptions.NoSuchEntityException):
            action(iam, entry)


def leftover_runs(iam: "IAMClient", account: str, user: str, bucket: str) -> list[RunRecord]:
    """Return the runs that the user's tags tell of and that must be over, wherever they ran."""
    pages = iam.get_paginator("list_user_tags").paginate(UserName=user)
    found = []
    for tag in (tag for page in pages for tag in page["Tags"]):
        run = tag["Key"].removeprefix(TAG_PREFIX)
        if run != tag["Key"] and is_over(run):
            key_id = tag["Value"] if KEY_ID.fullmatch(tag["Value"]) else None
            found.append(RunRecord(run, account, user, bucket, 0, "", key_id))
    return found


def _delete_key(iam: "IAMClient", entry: RunRecord) -> None:
    if entry.key_id:
        iam.delete_access_key(UserName=entry.user, AccessKeyId=entry.key_id)


def _untag(iam: "IAMClient", entry: RunRecord) -> None:
    iam.untag_user(UserName=entry.user, TagKeys=[TAG_PREFIX + entry.run])
