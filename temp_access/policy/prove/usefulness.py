"""A session can do its job: each action of its mode on every key of its folder, and list it."""

from collections.abc import Iterator
from functools import partial
from typing import Literal

from temp_access.policy.access import LIST_BUCKET
from temp_access.policy.prove.asked import RequestBuilder
from temp_access.policy.prove.narrowed import scoped_query
from temp_access.policy.prove.problem import Query, QueryFactory
from temp_access.policy.prove.sessions import ScopedSessions, any_folder
from temp_access.policy.prove.solver import Solver


def usefulness(sessions: ScopedSessions) -> Iterator[QueryFactory]:
    """Yield the requests over TLS that must be allowed."""
    if sessions.access.object_actions:
        yield partial(_objects, sessions)
    if sessions.access.allows_listing:
        yield partial(_listings, sessions)


def reaching(sessions: ScopedSessions) -> Iterator[QueryFactory]:
    """Yield any request on an object of its folder: if there is none, nothing there can be reached."""
    yield partial(_objects, sessions, may="may")


def _objects(
    sessions: ScopedSessions, logic: Solver, folder: str | None, *, may: Literal["may", "may not"] = "may not"
) -> Query:
    own, rule = any_folder(logic, folder)
    rest = logic.variable("rest")
    key = logic.concat([own, logic.text("/"), rest])
    asked = RequestBuilder(logic, sessions.world.bucket_arn).object(key, sessions.access.object_actions, tls=True)
    return scoped_query(sessions, logic, own, asked, (rule,), may=may, words=(rest,))


def _listings(sessions: ScopedSessions, logic: Solver, folder: str | None) -> Query:
    own, rule = any_folder(logic, folder)
    rest = logic.variable("rest")
    prefix = logic.concat([own, logic.text("/"), rest])
    asked = RequestBuilder(logic, sessions.world.bucket_arn).listing((LIST_BUCKET,), prefix, tls=True)
    return scoped_query(sessions, logic, own, asked, (rule,), may="may not", words=(rest,))
