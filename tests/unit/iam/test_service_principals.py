"""Which services send aws:SourceAccount, in each spelling of their names."""

import pytest

from temp_access.iam.service_principals import OTHERS, SENDERS, sends_source_account


@pytest.mark.parametrize("name", SENDERS)
def test_a_service_that_sends_it_does_in_every_spelling(name: str) -> None:
    """AWS writes the Region into some names, and .cn after those of China."""
    for spelling in ("amazonaws.com", "us-east-1.amazonaws.com", "us-gov-west-1.amazonaws.com", "amazonaws.com.cn"):
        assert sends_source_account(f"{name}.{spelling}") is True


@pytest.mark.parametrize("name", OTHERS)
def test_a_service_without_the_key_sends_it_in_no_spelling(name: str) -> None:
    """A condition on the key would lock it out."""
    for spelling in ("amazonaws.com", "cn-north-1.amazonaws.com.cn"):
        assert sends_source_account(f"{name}.{spelling}") is False


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


def test_each_row_has_a_page() -> None:
    """No service is in both tables."""
    assert not SENDERS.keys() & OTHERS.keys()
    assert all(page.startswith("https://docs.aws.amazon.com/") for page in (SENDERS | OTHERS).values())
