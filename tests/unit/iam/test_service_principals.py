"""Which services send aws:SourceAccount, in each spelling of their names."""

import pytest

from temp_access.iam.service_principals import OTHERS, SENDERS, SENDERS_OF_ARNS, sends_source_account, source_keys


@pytest.mark.parametrize("name", SENDERS)
def test_a_service_that_sends_it_does_in_every_spelling(name: str) -> None:
    """AWS writes the Region into some names, and .cn after those of China."""
    for spelling in ("amazonaws.com", "us-east-1.amazonaws.com", "us-gov-west-1.amazonaws.com", "amazonaws.com.cn"):
        assert sends_source_account(f"{name}.{spelling}") is True
        assert source_keys(f"{name}.{spelling}") == ("aws:SourceAccount", "aws:SourceArn")


@pytest.mark.parametrize("name", SENDERS_OF_ARNS)
def test_a_service_with_an_arn_only_is_unknown(name: str) -> None:
    """Its page has no condition on the account, but one on an ARN that contains it."""
    assert sends_source_account(f"{name}.amazonaws.com") is None
    assert source_keys(f"{name}.amazonaws.com") == ("aws:SourceArn",)


@pytest.mark.parametrize("name", OTHERS)
def test_a_service_without_the_key_sends_it_in_no_spelling(name: str) -> None:
    """A condition on the key would lock it out."""
    for spelling in ("amazonaws.com", "cn-north-1.amazonaws.com.cn"):
        assert sends_source_account(f"{name}.{spelling}") is False
        assert source_keys(f"{name}.{spelling}") == ()


@pytest.mark.parametrize(
    "service",
    [
        "glue.amazonaws.com",
        "nosuch.amazonaws.com",
        "x.ecs-tasks.amazonaws.com",
        "ecs-tasks.amazonaws.com.example.com",
        "ecs-tasks.example.com",
        "ecs-tasks",
        "ecs-tasks.us-east-1",
        ".amazonaws.com",
        "amazonaws.com",
        "*",
        "",
    ],
)
def test_another_name_is_unknown(service: str) -> None:
    """It isn't guessed from a part of the name."""
    assert sends_source_account(service) is None
    assert source_keys(service) == ()


def test_each_row_has_a_page() -> None:
    """No service is in two tables."""
    tables = SENDERS | SENDERS_OF_ARNS | OTHERS
    assert len(tables) == len(SENDERS) + len(SENDERS_OF_ARNS) + len(OTHERS)
    assert all(page.startswith("https://docs.aws.amazon.com/") for page in tables.values())
