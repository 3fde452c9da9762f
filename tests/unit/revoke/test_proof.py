"""The proof of a revocation: what it waits for, and when it fails."""

from collections.abc import Iterator

import pytest

from temp_access.revoke.proof import NotProvedError, Polling, Proof, prove, wait_until_works


class Clock:
    """A clock that advances only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.events: list[str] = []

    def polling(self, wait: float = 10) -> Polling:
        return Polling(wait, 1.0, lambda event, _: self.events.append(event), lambda: self.now, self.sleep)

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def repeat_last(*results: bool) -> Iterator[bool]:
    """Yield the results, the last one forever."""
    yield from results
    while True:
        yield results[-1]


def test_proves_that_the_old_session_is_refused_and_a_new_one_works() -> None:
    """The times count from writing the policy."""
    clock, order = Clock(), list[str]()
    old, new = repeat_last(True, True, False), repeat_last(False, True)
    proof = prove(
        lambda: next(old), lambda: True, lambda: lambda: next(new), lambda: order.append("written"), clock.polling()
    )
    assert proof == Proof(refused_after=4.0, works_after=5.0)
    assert order == ["written"]


def test_one_refusal_isnt_enough() -> None:
    """Three in a row are needed: IAM is eventually consistent."""
    clock, old = Clock(), repeat_last(False, False, True, False)
    assert prove(lambda: next(old), None, lambda: lambda: True, lambda: None, clock.polling()).refused_after == 5.0


def test_fails_if_the_old_session_still_works() -> None:
    """After the waiting time, the error names the awaited event."""
    with pytest.raises(NotProvedError, match="waited 10 s in vain for a session borrowed before") as raised:
        prove(lambda: True, None, lambda: lambda: True, lambda: None, Clock().polling())
    assert raised.value.exit_code == 1


def test_fails_if_a_new_session_is_refused() -> None:
    """More was revoked than intended."""
    with pytest.raises(NotProvedError, match="a session borrowed after to work"):
        prove(lambda: False, None, lambda: lambda: False, lambda: None, Clock().polling())


def test_fails_if_the_bystander_is_refused() -> None:
    """bobby's session must still work when bob's are revoked."""
    with pytest.raises(NotProvedError, match="doesn't match"):
        prove(lambda: False, lambda: False, lambda: lambda: True, lambda: None, Clock().polling())


def test_waits_until_the_first_session_works() -> None:
    """Its refusal would prove nothing otherwise; each attempt borrows a new session."""
    clock, attempts = Clock(), repeat_last(False, False, True)
    attempt = wait_until_works(lambda: (lambda works: lambda: works)(next(attempts)), clock.polling(), "it")
    assert attempt()
    assert clock.events == ["it", "it"]
    with pytest.raises(NotProvedError):
        wait_until_works(lambda: lambda: False, Clock().polling(), "it")
