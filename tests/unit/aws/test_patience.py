"""How long a command waits, and what it says about this machine's clock."""

import time
from email.utils import formatdate

import pytest

from temp_access.aws.patience import SILENCE_SECONDS, Patience, service_time


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def seconds_until_refused(patience: Patience, clock: Clock, call_seconds: float) -> float:
    """Return how long calls go on that never get an answer."""
    started = clock.now
    while patience.begin_call() is None:
        clock.now += call_seconds
    return clock.now - started


@pytest.mark.parametrize("call_seconds", [0.5, 5, 20, 25])
def test_silence_ends_a_command_with_time_left_for_the_clean_up(call_seconds: float) -> None:
    """All in all it lasts no longer than two minutes."""
    clock = Clock()
    patience = Patience(clock=clock)
    worked = seconds_until_refused(patience, clock, call_seconds)
    patience.begin_clean_up()
    cleaned = seconds_until_refused(patience, clock, call_seconds)
    assert 40 < worked < worked + cleaned <= SILENCE_SECONDS


def test_an_answer_ends_the_silence() -> None:
    """Whoever waits for a person, or calls nothing for an hour, isn't waiting for an answer."""
    clock = Clock()
    patience = Patience(clock=clock)
    for _ in range(100):
        assert patience.begin_call() is None
        clock.now += 20
        patience.answered(None)
        clock.now += 3600


@pytest.mark.parametrize("calls", [1, 2])
@pytest.mark.parametrize("pause", [61, 3600])
def test_a_program_that_calls_again_later_asks_anew(calls: int, pause: float) -> None:
    """An outage ends, and a program that goes on has waited for no answer meanwhile."""
    clock = Clock()
    patience = Patience(clock=clock)
    for _ in range(3):
        for _ in range(calls):
            assert patience.begin_call() is None
            clock.now += 25
            patience.end_call()
        clock.now += pause
    while patience.begin_call() is None:
        patience.end_call()
        clock.now += 25
    assert "no service answered for 75 s" in (patience.refusal() or "")
    clock.now += pause
    assert patience.begin_call() is None


def test_a_call_that_lasts_is_no_pause() -> None:
    """A service of many addresses is tried at each of them in one call."""
    clock = Clock()
    patience = Patience(clock=clock)
    assert patience.begin_call() is None
    clock.now += 90
    assert patience.begin_call() is not None


def test_what_decides_nothing_doesnt_end_the_silence() -> None:
    """A service that throttles every call is silent; its clock is known all the same."""
    clock = Clock()
    patience = Patience(None, clock)
    started = clock.now
    while patience.begin_call() is None:
        patience.answered(formatdate(time.time() + 240, usegmt=True), decides=False)
        clock.now += 1
    assert clock.now - started < SILENCE_SECONDS
    assert patience.take_clock_note() is not None


@pytest.mark.parametrize("total", [4, 30, 60, 600])
@pytest.mark.parametrize("answers", [True, False])
def test_the_total_is_kept(total: int, answers: bool) -> None:
    """Also by the last call, and with the clean-up."""
    clock = Clock()
    patience = Patience(total, clock)
    started, connect_and_read = clock.now, sum(patience.timeouts)
    for is_cleaning in (False, True):
        if is_cleaning:
            patience.begin_clean_up()
        while patience.begin_call() is None:
            clock.now += connect_and_read
            if answers:
                patience.answered(None)
    assert clock.now - started <= total
    assert patience.remaining is not None


@pytest.mark.parametrize(("offset", "direction"), [(240, "behind"), (-240, "ahead of"), (10, ""), (-10, "")])
def test_says_once_how_far_the_clock_is_off(offset: int, direction: str) -> None:
    """By the Date header of an answer that came quickly."""
    patience = Patience()
    assert patience.begin_call() is None
    patience.answered(formatdate(time.time() + offset, usegmt=True))
    note = patience.take_clock_note()
    assert (f"s {direction} the service's" in note) if direction and note else note is None
    assert patience.take_clock_note() is None


@pytest.mark.parametrize("date", [None, "", "yesterday", "Sat, 31 Feb 2026 12:00:00 GMT"])
def test_an_invalid_date_is_none(date: str | None) -> None:
    """And no exception."""
    assert service_time(date) is None
