"""A session can't do more in its own folder than its mode says."""

from collections.abc import Iterator
from functools import partial

from temp_access.policy.access import LIST_BUCKET
from temp_access.policy.prove.asked import LISTINGS, Asking
from temp_access.policy.prove.narrowed import narrowed_problem
from temp_access.policy.prove.problem import Make, Problem
from temp_access.policy.prove.sessions import Sessions, any_folder
from temp_access.policy.prove.solver import Formula, Logic, Text


def limits(sessions: Sessions) -> Iterator[Make]:
    """Yield the requests inside its folder that a session may not make."""
    if "s3:*" not in sessions.access.object_actions:
        yield partial(_objects, sessions)
    yield partial(_listings, sessions)


def _objects(sessions: Sessions, logic: Logic, folder: str | None) -> Problem:
    own, rule = any_folder(logic, folder)
    rest = logic.variable("rest")
    asked = Asking(logic, sessions.world.bucket_arn).object(logic.joined([own, logic.text("/"), rest]))
    beyond = _none_of(logic, asked.action, sessions.access.object_actions)
    return narrowed_problem(sessions, logic, own, asked, (rule, beyond), may="may", words=(rest,))


def _listings(sessions: Sessions, logic: Logic, folder: str | None) -> Problem:
    own, rule = any_folder(logic, folder)
    rest = logic.variable("rest")
    prefix = logic.joined([own, logic.text("/"), rest])
    asked = Asking(logic, sessions.world.bucket_arn).listing(LISTINGS, prefix)
    beyond = _none_of(logic, asked.action, (LIST_BUCKET,) if sessions.access.lists else ())
    return narrowed_problem(sessions, logic, own, asked, (rule, beyond), may="may", words=(rest,))


def _none_of(logic: Logic, action: Text, names: tuple[str, ...]) -> Formula:
    return logic.no(logic.any(logic.equal(action, logic.text(name.lower())) for name in names))
