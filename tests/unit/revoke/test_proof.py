"""The proof: what it waits for, and what it makes of what it sees."""

from collections.abc import Iterator

import pytest

from temp_access.revoke.proof import NotProvedError, Polling, Proof, prove, wait_until_works


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.said: list[str] = []

    def pace(self, wait: float = 10) -> Polling:
        return Polling(wait, 1.0, lambda what, _: self.said.append(what), lambda: self.now, self.sleep)

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def answers(*given: bool) -> Iterator[bool]:
    """Yield the answers, the last one for ever."""
    yield from given
    while True:
        yield given[-1]


def test_it_is_proved_when_the_old_is_refused_and_the_new_works() -> None:
    """With the times of both, counted from when the policy was put."""
    clock, order = Clock(), list[str]()
    old, new = answers(True, True, False), answers(False, True)
    proof = prove(lambda: next(old), lambda: True, lambda: lambda: next(new), lambda: order.append("put"), clock.pace())
    assert proof == Proof(refused_after=4.0, works_after=5.0)
    assert order == ["put"]


def test_one_refusal_may_be_luck() -> None:
    """Three in a row are needed: servers learn one after the other."""
    clock, old = Clock(), answers(False, False, True, False)
    assert prove(lambda: next(old), None, lambda: lambda: True, lambda: None, clock.pace()).refused_after == 5.0


def test_an_old_session_that_goes_on_working_is_no_proof() -> None:
    """The deadline ends it, with what was waited for."""
    with pytest.raises(NotProvedError, match="waited 10 s in vain for a session borrowed before") as found:
        prove(lambda: True, None, lambda: lambda: True, lambda: None, Clock().pace())
    assert found.value.exit_code == 1


def test_a_new_session_that_is_refused_is_no_proof() -> None:
    """Then more was revoked than should be."""
    with pytest.raises(NotProvedError, match="a session borrowed after to work"):
        prove(lambda: False, None, lambda: lambda: False, lambda: None, Clock().pace())


def test_a_session_that_is_not_meant_has_to_go_on_working() -> None:
    """bobby's, when bob's are revoked."""
    with pytest.raises(NotProvedError, match="doesn't match"):
        prove(lambda: False, lambda: False, lambda: lambda: True, lambda: None, Clock().pace())


def test_what_is_borrowed_before_has_to_work() -> None:
    """Its refusal would prove nothing otherwise; each try borrows anew."""
    clock, tries = Clock(), answers(False, False, True)
    found = wait_until_works(lambda: (lambda answer: lambda: answer)(next(tries)), clock.pace(), "it")
    assert found()
    assert clock.said == ["it", "it"]
    with pytest.raises(NotProvedError):
        wait_until_works(lambda: lambda: False, Clock().pace(), "it")
