"""A session can't do more in its own folder than its mode says."""

from collections.abc import Iterator
from functools import partial

from temp_access.policy.access import LIST_BUCKET
from temp_access.policy.prove.asked import LISTINGS, RequestBuilder
from temp_access.policy.prove.narrowed import scoped_query
from temp_access.policy.prove.problem import Query, QueryFactory
from temp_access.policy.prove.sessions import ScopedSessions, any_folder
from temp_access.policy.prove.solver import Formula, Solver, StringTerm


def mode_bound(sessions: ScopedSessions) -> Iterator[QueryFactory]:
    """Yield the requests inside its folder that a session may not make."""
    if "s3:*" not in sessions.access.object_actions:
        yield partial(_objects, sessions)
    yield partial(_listings, sessions)


def _objects(sessions: ScopedSessions, logic: Solver, folder: str | None) -> Query:
    own, rule = any_folder(logic, folder)
    rest = logic.variable("rest")
    asked = RequestBuilder(logic, sessions.world.bucket_arn).object(logic.concat([own, logic.text("/"), rest]))
    beyond = _none_of(logic, asked.action, sessions.access.object_actions)
    return scoped_query(sessions, logic, own, asked, (rule, beyond), may="may", words=(rest,))


def _listings(sessions: ScopedSessions, logic: Solver, folder: str | None) -> Query:
    own, rule = any_folder(logic, folder)
    rest = logic.variable("rest")
    prefix = logic.concat([own, logic.text("/"), rest])
    asked = RequestBuilder(logic, sessions.world.bucket_arn).listing(LISTINGS, prefix)
    beyond = _none_of(logic, asked.action, (LIST_BUCKET,) if sessions.access.allows_listing else ())
    return scoped_query(sessions, logic, own, asked, (rule, beyond), may="may", words=(rest,))


def _none_of(logic: Solver, action: StringTerm, names: tuple[str, ...]) -> Formula:
    return logic.not_(logic.or_(logic.equal(action, logic.text(name.lower())) for name in names))
