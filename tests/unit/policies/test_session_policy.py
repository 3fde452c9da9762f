"""The session policy of each access mode, as it is sent."""

import json
from typing import Any

import pytest

from temp_access.iam.document import minimal_json
from temp_access.iam.patterns import escape
from temp_access.policies.access_modes import ACCESS_MODES, AccessMode, combined_mode
from temp_access.policies.session_policy import session_policy

LIST = {
    "Effect": "Allow",
    "Action": "s3:ListBucket",
    "Resource": "arn:aws:s3:::the-bucket",
    "Condition": {"StringLike": {"s3:prefix": "bob/*"}},
}


def of(mode: str, folder: str = "bob", **more: Any) -> dict[str, Any]:
    """Return the session policy for a folder of the-bucket."""
    return session_policy(folder, ACCESS_MODES[mode], bucket="the-bucket", **more)


def objects(action: str | list[str]) -> dict[str, Any]:
    """Return the statement about the folder's objects."""
    return {"Effect": "Allow", "Action": action, "Resource": "arn:aws:s3:::the-bucket/bob/*"}


def test_list_may_list_the_folder() -> None:
    """Names below the folder, never those of a sibling that begins with it."""
    assert of("list") == {"Version": "2012-10-17", "Statement": LIST}


def test_read_may_list_and_get() -> None:
    """Listing is on the bucket, getting on the folder's objects."""
    assert of("read") == {"Version": "2012-10-17", "Statement": [LIST, objects("s3:GetObject")]}


def test_write_may_upload_and_see_nothing() -> None:
    """An inbox: neither list, get nor delete."""
    assert of("write") == {
        "Version": "2012-10-17",
        "Statement": objects(["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"]),
    }


def test_read_write_may_list_get_put_and_delete() -> None:
    """Read and write together, and deleting."""
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
        ],
    }


def test_full_may_do_everything_to_the_folders_objects() -> None:
    """Every S3 action, but on the folder's objects only, and listing the folder."""
    assert of("full") == {"Version": "2012-10-17", "Statement": [LIST, objects("s3:*")]}


def test_wildcards_of_an_id_are_escaped() -> None:
    """An id that is a pattern must not reach its siblings."""
    assert escape("$a*b?${aws:username}") == "${$}a${*}b${?}${$}{aws:username}"
    list_, get = of("read", "f*")["Statement"]
    assert list_["Condition"] == {"StringLike": {"s3:prefix": "f${*}/*"}}
    assert get["Resource"] == "arn:aws:s3:::the-bucket/f${*}/*"


def test_other_partitions_have_their_own_arns() -> None:
    """China and GovCloud spell the bucket's ARN otherwise."""
    list_, get = of("read", partition="aws-cn")["Statement"]
    assert (list_["Resource"], get["Resource"]) == ("arn:aws-cn:s3:::the-bucket", "arn:aws-cn:s3:::the-bucket/bob/*")


def test_what_is_sent_has_no_white_space_and_no_escapes_but_jsons_own() -> None:
    """STS counts characters, so none is spent: the smallest JSON."""
    assert minimal_json(of("list", 'a "ü"')) == (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:ListBucket",'
        '"Resource":"arn:aws:s3:::the-bucket","Condition":{"StringLike":{"s3:prefix":"a \\"ü\\"/*"}}}}'
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
