"""A session can do its job: each action of its mode on every key of its folder, and list it."""

from collections.abc import Iterator
from functools import partial
from typing import Literal

from temp_access.policy.access import LIST_BUCKET
from temp_access.policy.prove.asked import Asking
from temp_access.policy.prove.narrowed import narrowed_problem
from temp_access.policy.prove.problem import Make, Problem
from temp_access.policy.prove.sessions import Sessions, any_folder
from temp_access.policy.prove.solver import Logic


def usefulness(sessions: Sessions) -> Iterator[Make]:
    """Yield the requests over TLS that must be allowed."""
    if sessions.access.object_actions:
        yield partial(_objects, sessions)
    if sessions.access.lists:
        yield partial(_listings, sessions)


def reaching(sessions: Sessions) -> Iterator[Make]:
    """Yield any request on an object of its folder: if there is none, nothing there can be reached."""
    yield partial(_objects, sessions, may="may")


def _objects(
    sessions: Sessions, logic: Logic, folder: str | None, *, may: Literal["may", "may not"] = "may not"
) -> Problem:
    own, rule = any_folder(logic, folder)
    rest = logic.variable("rest")
    key = logic.joined([own, logic.text("/"), rest])
    asked = Asking(logic, sessions.world.bucket_arn).object(key, sessions.access.object_actions, tls=True)
    return narrowed_problem(sessions, logic, own, asked, (rule,), may=may, words=(rest,))


def _listings(sessions: Sessions, logic: Logic, folder: str | None) -> Problem:
    own, rule = any_folder(logic, folder)
    rest = logic.variable("rest")
    prefix = logic.joined([own, logic.text("/"), rest])
    asked = Asking(logic, sessions.world.bucket_arn).listing((LIST_BUCKET,), prefix, tls=True)
    return narrowed_problem(sessions, logic, own, asked, (rule,), may="may not", words=(rest,))
