"""Queries for what a scoped session can do in its folder: no more than its mode allows, and no less."""

from collections.abc import Iterator
from functools import partial

from temp_access.iam.policy_json import GET_BUCKET_LOCATION
from temp_access.iam.statements import PREFIX_ACTIONS
from temp_access.iam.symbolic.queries import Query, QueryFactory
from temp_access.iam.symbolic.solver import Solver
from temp_access.proofs.sessions import ScopedSessions, any_folder, scoped_query


def mode_bound(sessions: ScopedSessions) -> Iterator[QueryFactory]:
    """Yield the requests in its folder that a session may not make."""
    if "s3:*" not in sessions.access.object_actions:
        yield partial(_object_bound, sessions)
    yield partial(_listing_bound, sessions)
    if not sessions.access.allows_listing:
        yield partial(_location, sessions, expect_allowed=True)


def _object_bound(sessions: ScopedSessions, solver: Solver, folder: str | None) -> Query:
    own, rule = any_folder(solver, folder)
    rest = solver.string("rest")
    request = sessions.requests(solver).object(solver.concat([own, solver.constant("/"), rest]))
    beyond = solver.not_(request.is_action(solver, sessions.access.object_actions))
    return scoped_query(sessions, solver, own, request, (rule, beyond), readable=(rest,))


def _listing_bound(sessions: ScopedSessions, solver: Solver, folder: str | None) -> Query:
    own, rule = any_folder(solver, folder)
    rest = solver.string("rest")
    prefix = solver.concat([own, solver.constant("/"), rest])
    request = sessions.requests(solver).listing(PREFIX_ACTIONS, prefix)
    beyond = solver.not_(request.is_action(solver, sessions.access.prefix_actions))
    return scoped_query(sessions, solver, own, request, (rule, beyond), readable=(rest,))


def usefulness(sessions: ScopedSessions) -> Iterator[QueryFactory]:
    """Yield the requests over TLS that must be allowed."""
    if sessions.access.object_actions:
        yield partial(_useful_objects, sessions)
    if sessions.access.allows_listing:
        yield partial(_useful_listings, sessions)
        # A policy of somebody's own may leave it out: many clients don't need it.
        if not sessions.is_custom:
            yield partial(_location, sessions, expect_allowed=False)


def reaching(sessions: ScopedSessions) -> Iterator[QueryFactory]:
    """Yield any request on an object of its folder; without one, the session reaches no object."""
    yield partial(_useful_objects, sessions, expect_allowed=True)


def _useful_objects(
    sessions: ScopedSessions, solver: Solver, folder: str | None, *, expect_allowed: bool = False
) -> Query:
    own, rule = any_folder(solver, folder)
    rest = solver.string("rest")
    key = solver.concat([own, solver.constant("/"), rest])
    request = sessions.requests(solver).object(key, sessions.access.object_actions, tls=True)
    return scoped_query(sessions, solver, own, request, (rule,), expect_allowed=expect_allowed, readable=(rest,))


def _useful_listings(sessions: ScopedSessions, solver: Solver, folder: str | None) -> Query:
    own, rule = any_folder(solver, folder)
    rest = solver.string("rest")
    prefix = solver.concat([own, solver.constant("/"), rest])
    request = sessions.requests(solver).listing(sessions.access.prefix_actions, prefix, tls=True)
    return scoped_query(sessions, solver, own, request, (rule,), expect_allowed=False, readable=(rest,))


def _location(sessions: ScopedSessions, solver: Solver, folder: str | None, *, expect_allowed: bool) -> Query:
    own, rule = any_folder(solver, folder)
    request = sessions.requests(solver).bucket((GET_BUCKET_LOCATION,), tls=not expect_allowed)
    return scoped_query(sessions, solver, own, request, (rule,), expect_allowed=expect_allowed)
