"""The session policy of each access mode, as it is sent."""

import json
from typing import Any

import pytest

from temp_access.iam.policy_json import escape, minimal_json
from temp_access.policies.access_modes import ACCESS_MODES, AccessMode, combined_mode
from temp_access.policies.session_policy import session_policy

LIST = {
    "Effect": "Allow",
    "Action": "s3:ListBucket",
    "Resource": "arn:aws:s3:::the-bucket",
    "Condition": {"StringLike": {"s3:prefix": "bob/*"}},
}
LOCATION = {"Effect": "Allow", "Action": "s3:GetBucketLocation", "Resource": "arn:aws:s3:::the-bucket"}


def of(mode: str, folder: str = "bob", **more: Any) -> dict[str, Any]:
    """Return the session policy for a folder of the-bucket."""
    return session_policy(folder, ACCESS_MODES[mode], bucket="the-bucket", **more)


@pytest.mark.parametrize(("mode", "lists"), [(m, m != "write") for m in ACCESS_MODES])
def test_modes_that_list_tell_the_buckets_region_too(mode: str, lists: bool) -> None:
    """A request for the Region has no s3:prefix, so its statement has no condition, whatever the folder is."""
    about_bucket = [s for s in statements(of(mode)) if s["Resource"] == LOCATION["Resource"]]
    assert about_bucket == ([LIST, LOCATION] if lists else [])


def statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the statements of a policy."""
    return policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]


def objects(action: str | list[str]) -> dict[str, Any]:
    """Return the statement about the folder's objects."""
    return {"Effect": "Allow", "Action": action, "Resource": "arn:aws:s3:::the-bucket/bob/*"}


def test_list_allows_listing_the_folder() -> None:
    """It never allows listing a sibling whose name begins with the folder's."""
    assert of("list") == {"Version": "2012-10-17", "Statement": [LIST, LOCATION]}


def test_read_allows_listing_and_getting() -> None:
    """Listing applies to the bucket, getting to the folder's objects."""
    assert of("read") == {"Version": "2012-10-17", "Statement": [LIST, objects("s3:GetObject"), LOCATION]}


def test_write_allows_uploading_only() -> None:
    """The folder is an inbox: no listing, getting or deleting."""
    assert of("write") == {
        "Version": "2012-10-17",
        "Statement": objects(["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"]),
    }


def test_read_write_allows_listing_getting_putting_and_deleting() -> None:
    """It has the actions of read and write, and deleting."""
    assert of("read-write") == {
        "Version": "2012-10-17",
        "Statement": [
            LIST,
            objects(
                [
                    "s3:AbortMultipartUpload",
                    "s3:DeleteObject",
                    "s3:GetObject",
                    "s3:ListMultipartUploadParts",
                    "s3:PutObject",
                ]
            ),
            LOCATION,
        ],
    }


def test_full_allows_every_action_on_the_folders_objects() -> None:
    """It has every S3 action on the folder's objects only, and listing the folder."""
    assert of("full") == {"Version": "2012-10-17", "Statement": [LIST, objects("s3:*"), LOCATION]}


def test_escapes_wildcards_in_an_id() -> None:
    """An id that looks like a pattern must not match its siblings."""
    assert escape("$a*b?${aws:username}") == "${$}a${*}b${?}${$}{aws:username}"
    list_, get, _ = of("read", "f*")["Statement"]
    assert list_["Condition"] == {"StringLike": {"s3:prefix": "f${*}/*"}}
    assert get["Resource"] == "arn:aws:s3:::the-bucket/f${*}/*"


def test_other_partitions_have_their_own_arns() -> None:
    """The bucket's ARN differs in China and GovCloud."""
    list_, get, location = of("read", partition="aws-cn")["Statement"]
    assert list_["Resource"] == location["Resource"] == "arn:aws-cn:s3:::the-bucket"
    assert get["Resource"] == "arn:aws-cn:s3:::the-bucket/bob/*"


def test_the_policy_is_the_smallest_json() -> None:
    """STS counts characters, so there is no white space and no needless escape."""
    assert minimal_json(of("list", 'a "ü"')) == (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket",'
        '"Resource":"arn:aws:s3:::the-bucket","Condition":{"StringLike":{"s3:prefix":"a \\"ü\\"/*"}}},'
        '{"Effect":"Allow","Action":"s3:GetBucketLocation","Resource":"arn:aws:s3:::the-bucket"}]}'
    )
    assert json.loads(minimal_json(of("read"))) == of("read")


@pytest.mark.parametrize(
    ("modes", "lists", "actions"),
    [
        (("list",), True, ()),
        (("write",), False, ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject")),
        (
            ("read", "write"),
            True,
            ("s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"),
        ),
        (("write", "full"), True, ("s3:*",)),
    ],
)
def test_the_roles_ceiling_is_the_union_of_the_modes_in_use(
    modes: tuple[str, ...], lists: bool, actions: tuple[str, ...]
) -> None:
    """What no grant has, the role doesn't have either."""
    assert combined_mode(ACCESS_MODES[mode] for mode in modes) == AccessMode(
        "union", lists, actions, "the role's ceiling"
    )
