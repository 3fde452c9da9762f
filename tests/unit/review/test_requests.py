"""Sample actions of requests, and what the patterns of actions and resources have in common."""

from pathlib import Path
from typing import Any

import pytest

from temp_access.review.compare.actions import applies_to, sample_actions
from temp_access.review.compare.overlaps import overlaps
from tests.unit.support.review_edits import Templates, add_inline_policy, descriptions, properties


def test_a_pattern_has_listed_actions_and_a_placeholder() -> None:
    """A pattern stands for the listed actions that it matches, and for a placeholder of all others."""
    assert {"s3:GetObject", "s3:GetExample"} <= set(sample_actions("s3:Get*"))
    assert sample_actions("S3:getobject") == ("S3:getobject",)


def test_actions_apply_to_resources_of_their_kind() -> None:
    """Object actions apply to objects, bucket actions to buckets, and other actions to their own service."""
    assert applies_to("s3:GetObject", "arn:aws:s3:::b/k")
    assert not applies_to("s3:GetObject", "arn:aws:s3:::b")
    assert applies_to("s3:ListBucket", "arn:aws:s3:::b")
    assert not applies_to("iam:GetUser", "arn:aws:s3:::b")


@pytest.mark.parametrize(
    ("patterns", "common"),
    [
        (["s3:Get*", "s3:*Acl"], ["s3:Get*Acl"]),
        (["s3:Get*", "s3:*Object*"], ["s3:Get*Object*"]),
        (["b/bob/*", "b/*.txt"], ["b/bob/*.txt"]),
        (["b/*/x", "b/a/*"], ["b/a/*/x"]),
        (["b/*", "b/bob/*"], []),
        (["b/a/*", "b/c/*"], []),
        (["b/${aws:username}/*", "b/*.txt"], []),
    ],
)
def test_patterns_have_texts_in_common(patterns: list[str], common: list[str]) -> None:
    """Each of these matches only what both patterns match; one that contains the other needs none."""
    assert overlaps(patterns) == common


@pytest.mark.parametrize(
    ("allowed", "denied", "change"),
    [
        (
            {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::other/bob/*"},
            {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::other/*.txt"},
            "temp-user can now read objects on arn:aws:s3:::other/bob/*.txt",
        ),
        (
            {"Action": "s3:Get*", "Resource": "*"},
            {"Action": "s3:*Acl", "Resource": "*"},
            "temp-user can now call s3:Get*Acl on everything",
        ),
    ],
)
def test_finds_what_two_patterns_have_in_common(
    allowed: dict[str, Any], denied: dict[str, Any], change: str, tmp_path: Path
) -> None:
    """A Deny that is removed widens what an Allow with another pattern gives."""
    allow, deny = {"Effect": "Allow", **allowed}, {"Effect": "Deny", **denied}
    found = descriptions(tmp_path, add_inline_policy(allow), add_inline_policy(allow, deny))
    assert found == [change]


def test_a_pattern_of_object_actions_is_about_objects(tmp_path: Path) -> None:
    """No action on a bucket is called like that."""
    statement = {"Effect": "Allow", "Action": "s3:*Object", "Resource": "arn:aws:s3:::other"}
    assert descriptions(tmp_path, add_inline_policy(statement)) == []


def listing(*prefixes: str, effect: str = "Allow", bucket: str = "other") -> dict[str, Any]:
    """Return a statement on listing a bucket with some prefixes."""
    condition = {"StringLike": {"s3:prefix": list(prefixes)}}
    return {"Effect": effect, "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}", "Condition": condition}


@pytest.mark.parametrize(
    ("base", "head", "change"),
    [
        ([listing("a/*")], [listing("a/*", "b/*")], "list objects in b/ of arn:aws:s3:::other"),
        (
            [listing("a/*"), listing("*secret*", effect="Deny")],
            [listing("a/*")],
            "list objects with keys that match a/*secret* of arn:aws:s3:::other",
        ),
        ([listing("a/*", bucket="*")], [listing("a/*", "b/*", bucket="*")], "list objects in b/ of arn:aws:s3:::*"),
    ],
)
def test_lists_other_buckets_with_the_prefixes_of_their_statements(
    base: list[dict[str, Any]], head: list[dict[str, Any]], change: str, tmp_path: Path
) -> None:
    """A condition on s3:prefix counts in every bucket."""
    found = descriptions(tmp_path, add_inline_policy(*head), add_inline_policy(*base))
    assert f"temp-user can now {change}" in found


def test_without_variables_a_resource_is_text(tmp_path: Path) -> None:
    """In a policy with Version 2008-10-17, `${aws:username}` names a folder."""
    own = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::other/${aws:username}/*"}

    def old(templates: Templates) -> None:
        add_inline_policy(own)(templates)
        properties(templates, "AWS::IAM::User")["Policies"][-1]["PolicyDocument"]["Version"] = "2008-10-17"

    gained = "temp-user can now read objects on arn:aws:s3:::other/${aws:username}/*"
    assert gained in descriptions(tmp_path, old, add_inline_policy(own))
