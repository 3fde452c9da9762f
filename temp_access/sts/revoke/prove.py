"""Proving a revocation: a session borrowed before it is refused, one borrowed after it works."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from temp_access.errors import TempAccessError

# What has just become known is known by some servers only: one refusal may be luck.
_CONFIRMATIONS = 3

# Makes one harmless call with one session, and returns whether it was let through.
Attempt = Callable[[], bool]
# Borrows a session; None where none can be.
Borrow = Callable[[], Attempt]


@dataclass(frozen=True, slots=True)
class Proof:
    """How many seconds after the policy was put the old session was refused, and a new one worked."""

    refused_after: float
    works_after: float


class NotProvedError(TempAccessError):
    """The policy was put, but what it should do wasn't seen in time."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Polling:
    """How long to wait in all and between two tries (seconds), and who hears what is waited for."""

    wait: float
    pause: float
    waiting: Callable[[str, float], None]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def wait_until_works(borrow: Borrow, pace: Polling, what: str) -> Attempt:
    """Borrow until a session works, and return it; raises NotProvedError when the time is over.

    An earlier revocation can deny what is borrowed in its own second.
    """
    found: list[Attempt] = []

    def one_works() -> bool:
        session = borrow()
        found.append(session)
        return session()

    _until(one_works, pace, what)
    return found[-1]


def prove(before: Attempt, bystander: Attempt | None, borrow: Borrow, put: Callable[[], None], pace: Polling) -> Proof:
    """Put the policy and return how long it took until `before` was refused and a new session worked.

    `bystander` is a session that isn't meant and has to go on working. Raises NotProvedError.
    """
    put()
    started = pace.clock()
    refusals = 0

    def refused_often_enough() -> bool:
        nonlocal refusals
        refusals = 0 if before() else refusals + 1
        return refusals >= _CONFIRMATIONS

    _until(refused_often_enough, pace, "a session borrowed before to be refused")
    refused_after = pace.clock() - started
    wait_until_works(borrow, pace, "a session borrowed after to work")
    works_after = pace.clock() - started
    if bystander is not None and not bystander():
        raise NotProvedError(
            "a session that wasn't meant is refused as well; take the revocation back with --undo, and look at "
            "the role's other policies"
        )
    return Proof(refused_after, works_after)


def _until(done: Callable[[], bool], pace: Polling, what: str) -> None:
    started = pace.clock()
    while not done():
        passed = pace.clock() - started
        if passed + pace.pause > pace.wait:
            raise NotProvedError(
                f"waited {passed:.0f} s in vain for {what}; try again with a longer --wait, and look at the role's "
                "policies (aws iam list-role-policies)"
            )
        pace.waiting(what, passed)
        pace.sleep(pace.pause)
