"""Settings of the bucket."""

from pathlib import Path

import pytest

from temp_access.errors import UserError
from temp_access.review.model import Direction
from tests.unit.support.review_edits import Templates, properties, reviewed


@pytest.mark.parametrize("name", ["PublicAccessBlockConfiguration", "OwnershipControls"])
def test_a_default_that_is_no_longer_written_is_told(tmp_path: Path, name: str) -> None:
    """A new bucket has it, but what an update makes of an existing one can't be told."""
    found = reviewed(tmp_path, lambda templates: _without(templates, name))
    assert [change.text for change in found.changes] == [f"the bucket: {name} is no longer written"]
    assert found.headline is Direction.BOTH


def test_a_second_role_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """Another synthesis wouldn't change that."""

    def second(templates: Templates) -> None:
        resources = templates["TempAccess"]["Resources"]
        resources["Second"] = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}

    with pytest.raises(UserError, match=r"have 2 resources of type AWS::IAM::Role.* move the others to a stack"):
        reviewed(tmp_path, second)


def _without(templates: Templates, name: str) -> None:
    del properties(templates, "AWS::S3::Bucket")[name]
