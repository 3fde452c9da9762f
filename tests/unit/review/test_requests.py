"""Sample actions, values and condition contexts of requests."""

from temp_access.iam.statements import ConditionEntry, LocatedDocument, PolicyType, document_statements
from temp_access.review.compare.actions import applies_to, sample_actions
from temp_access.review.compare.requests import condition_contexts, sample_values


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


def test_samples_each_key_with_its_values_another_value_and_none() -> None:
    """Each key has the values that it is compared with, another value, and no value."""
    assert sample_values(ConditionEntry("Bool", "aws:SecureTransport", ("false",)), "u") == ["false", "true", None]
    assert sample_values(ConditionEntry("StringLike", "sts:RoleSessionName", ("a-*",)), "u") == [
        "a-example",
        "another-value",
        None,
    ]


def test_a_statement_with_two_keys_has_a_context_that_meets_both() -> None:
    """Besides one context for each value of a key, one context meets all keys of the statement."""
    body = {"Statement": {"Condition": {"StringEquals": {"aws:RequestTag/a": "1", "aws:RequestTag/b": "2"}}}}
    contexts = condition_contexts(document_statements(LocatedDocument(PolicyType.IDENTITY, "", body)), "u")
    assert contexts[0].description == ""
    assert contexts[-1].description == "when aws:RequestTag/a is 1 and aws:RequestTag/b is 2"
