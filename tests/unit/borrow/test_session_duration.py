"""Durations are decided before STS is asked, with a reason."""

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
def test_takes_the_longest_that_all_allow(
    duration: int | None, maximum: int, chained: bool, seconds: int, note: str | None
) -> None:
    """Asked for nothing, it is the smallest of the limits, with a note where that is less than the grant's."""
    planned = plan_duration(None, grant(duration), maximum, chained=chained)
    assert planned.duration == seconds
    assert (planned.note is None) if note is None else (note in str(planned.note))


@pytest.mark.parametrize(
    ("asked", "duration", "maximum", "chained", "why"),
    [
        (4 * HOUR + 1, 4 * HOUR, 12 * HOUR, False, "the grant 'bob' allows 4h"),
        (3 * HOUR, None, 2 * HOUR, False, "the deployed role's maximum is 2h"),
        (2 * HOUR, None, 12 * HOUR, True, "temporary, and STS limits their sessions to 1h"),
    ],
)
def test_says_which_limit_is_in_the_way(
    asked: int, duration: int | None, maximum: int, chained: bool, why: str
) -> None:
    """Asked for more, the error names the limit and how much there is."""
    with pytest.raises(DurationTooLong, match=why) as caught:
        plan_duration(asked, grant(duration), maximum, chained=chained)
    assert "request at most" in caught.value.remedy
    assert caught.value.exit_code == 2


def test_less_than_stss_least_is_an_error_of_its_own() -> None:
    """STS would answer with a ValidationError."""
    with pytest.raises(DurationTooShort, match="14m59s is too short: STS requires at least 15m; request 15m or more"):
        plan_duration(899, grant(), 12 * HOUR, chained=False)


@given(
    st.none() | st.integers(0, 50_000),
    st.none() | st.integers(900, 43_200),
    st.integers(3600, 43_200),
    st.booleans(),
)
def test_sts_never_refuses_what_was_planned(asked: int | None, own: int | None, maximum: int, chained: bool) -> None:
    """What is planned is within each of STS's limits, and what was asked for if anything was."""
    try:
        planned = plan_duration(asked, grant(own), maximum, chained=chained)
    except TempAccessError:
        assert asked is not None
        return
    assert 900 <= planned.duration <= min(maximum, own or maximum, 3600 if chained else maximum)
    assert asked in (None, planned.duration)


def test_a_role_that_was_deployed_shorter_is_said() -> None:
    """A grant without a duration has the role's of access.toml."""
    planned = plan_duration(None, grant(), HOUR, chained=False, configured=12 * HOUR)
    assert planned.note == "the session lasts 1h instead of 12h: the deployed role's maximum is 1h"
