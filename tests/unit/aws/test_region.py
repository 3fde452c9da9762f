"""The Region of a command: `--region`, then AWS_REGION, then boto3's own default."""

import pytest

from temp_access.aws.identity import load_identity
from temp_access.deployment.target import open_session


@pytest.fixture(name="key", autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")


@pytest.mark.parametrize(
    ("variables", "option", "region"),
    [
        ({"AWS_REGION": "eu-west-1"}, None, "eu-west-1"),
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}, None, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-2"}, None, "eu-west-2"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-2"}, None, "eu-west-2"),
        ({"AWS_REGION": "eu-west-1"}, "eu-west-3", "eu-west-3"),
    ],
)
def test_finds_the_region_as_the_aws_cli(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], option: str | None, region: str
) -> None:
    """As version 2 of the AWS CLI and the CDK: boto3 by itself doesn't read AWS_REGION."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert load_identity(None, option).region == region
    assert open_session(None, option).region_name == region
