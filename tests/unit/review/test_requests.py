"""Sample actions of requests."""

from temp_access.review.compare.actions import applies_to, sample_actions


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
