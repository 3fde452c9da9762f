"""Changes of the bucket's settings."""

from pathlib import Path

import pytest

from temp_access.errors import UserError
from temp_access.review.model import Direction
from tests.unit.support.review_edits import Templates, properties, review_edits


@pytest.mark.parametrize("name", ["PublicAccessBlockConfiguration", "OwnershipControls"])
def test_reports_a_default_that_the_template_no_longer_sets(tmp_path: Path, name: str) -> None:
    """New buckets have the default, but the effect on an existing bucket is unknown."""
    review = review_edits(tmp_path, lambda templates: _without(templates, name))
    assert [change.description for change in review.changes] == [f"the bucket: the template no longer sets {name}"]
    assert review.headline is Direction.BOTH


def test_rejects_a_second_role_with_what_to_do(tmp_path: Path) -> None:
    """The error doesn't suggest another synthesis, which wouldn't help."""

    def second(templates: Templates) -> None:
        resources = templates["TempAccess"]["Resources"]
        resources["Second"] = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}

    with pytest.raises(UserError, match=r"have 2 resources of type AWS::IAM::Role.* move the others to a stack"):
        review_edits(tmp_path, second)


def _without(templates: Templates, name: str) -> None:
    del properties(templates, "AWS::S3::Bucket")[name]
