"""The Region of the bucket and the extras of grants, deployed and called with the sessions of real grants."""

from typing import Any

import pytest

from tests.integration.deploy.project import Project

pytestmark = pytest.mark.integration


def test_only_sessions_that_list_learn_the_buckets_region(deployed: Project) -> None:
    """Both are probed live and offline, and the two agree."""
    ended = deployed.verify("--grant", "bob", "--grant", "alice")
    assert ended.code == 0, ended.output
    expected = {id_: deployed.probe(f"grants.{id_}/listing/location")["expected"] for id_ in ("bob", "alice")}
    assert expected == {"bob": "allowed", "alice": "denied"}
    rules: Any = deployed.s3.get_bucket_lifecycle_configuration(Bucket=deployed.bucket)["Rules"]
    assert [rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] for rule in rules] == [7]
