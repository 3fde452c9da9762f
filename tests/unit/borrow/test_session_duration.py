"""The duration is checked before STS is called, and errors name the limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temp_access.aws.errors import DurationTooLong, DurationTooShort
from temp_access.borrow.session_duration import plan_duration
from temp_access.config.model import Grant
from temp_access.errors import TempAccessError

HOUR = 3600


def grant(duration: int | None = None) -> Grant:
    """Return bob's grant."""
    return Grant("bob", "read", "bob", duration)


@pytest.mark.parametrize(
    ("duration", "maximum", "chained", "seconds", "note"),
    [
        (None, 12 * HOUR, False, 12 * HOUR, None),
        (4 * HOUR, 12 * HOUR, False, 4 * HOUR, None),
        (4 * HOUR, 2 * HOUR, False, 2 * HOUR, "2h instead of 4h: the deployed role's maximum is 2h"),
        (4 * HOUR, 12 * HOUR, True, HOUR, "1h instead of 4h: the caller's credentials are temporary"),
        (None, 12 * HOUR, True, HOUR, "1h instead of 12h"),
        (1800, 12 * HOUR, True, 1800, None),
        (HOUR, HOUR, True, HOUR, None),
    ],
)
def test_takes_the_longest_duration_that_all_limits_allow(
    duration: int | None, maximum: int, chained: bool, seconds: int, note: str | None
) -> None:
    """Without a requested duration, the smallest limit applies, with a note if the grant's is longer."""
    planned = plan_duration(None, grant(duration), maximum, chained=chained)
    assert planned.duration == seconds
    assert (planned.note is None) if note is None else (note in str(planned.note))


@pytest.mark.parametrize(
    ("requested", "duration", "maximum", "chained", "limit"),
    [
        (4 * HOUR + 1, 4 * HOUR, 12 * HOUR, False, "the grant 'bob' allows 4h"),
        (3 * HOUR, None, 2 * HOUR, False, "the deployed role's maximum is 2h"),
        (2 * HOUR, None, 12 * HOUR, True, "temporary, and STS limits their sessions to 1h"),
    ],
)
def test_names_the_limit(requested: int, duration: int | None, maximum: int, chained: bool, limit: str) -> None:
    """The error names the limit and its value."""
    with pytest.raises(DurationTooLong, match=limit) as caught:
        plan_duration(requested, grant(duration), maximum, chained=chained)
    assert "request at most" in caught.value.remedy
    assert caught.value.exit_code == 2


def test_refuses_less_than_15_minutes() -> None:
    """STS would return a ValidationError."""
    with pytest.raises(DurationTooShort, match="14m59s is too short: STS requires at least 15m; request 15m or more"):
        plan_duration(899, grant(), 12 * HOUR, chained=False)


@given(
    st.none() | st.integers(0, 50_000),
    st.none() | st.integers(900, 43_200),
    st.integers(3600, 43_200),
    st.booleans(),
)
def test_a_planned_duration_is_within_all_limits(
    requested: int | None, own: int | None, maximum: int, chained: bool
) -> None:
    """The duration is the requested one, if any, and STS accepts it."""
    try:
        planned = plan_duration(requested, grant(own), maximum, chained=chained)
    except TempAccessError:
        assert requested is not None
        return
    assert 900 <= planned.duration <= min(maximum, own or maximum, 3600 if chained else maximum)
    assert requested in (None, planned.duration)


def test_reports_a_shorter_deployed_maximum() -> None:
    """A grant without a duration gets the role's maximum in access.toml."""
    planned = plan_duration(None, grant(), HOUR, chained=False, configured=12 * HOUR)
    assert planned.note == "the session lasts 1h instead of 12h: the deployed role's maximum is 1h"
