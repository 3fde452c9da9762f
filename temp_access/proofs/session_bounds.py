"""No more than the mode, and no less."""

from collections.abc import Iterator
from functools import partial
from typing import Literal

from temp_access.iam.request import LIST_BUCKET
from temp_access.iam.statements import PREFIX_ACTIONS
from temp_access.iam.symbolic.queries import Query, QueryFactory, RequestBuilder
from temp_access.iam.symbolic.solver import Formula, Solver, StringTerm
from temp_access.proofs.sessions import ScopedSessions, any_folder, scoped_query


def mode_bound(sessions: ScopedSessions) -> Iterator[QueryFactory]:
    """Yield the requests inside its folder that a session may not make."""
    if "s3:*" not in sessions.access.object_actions:
        yield partial(_object_bound, sessions)
    yield partial(_listing_bound, sessions)


def _object_bound(sessions: ScopedSessions, logic: Solver, folder: str | None) -> Query:
    own, rule = any_folder(logic, folder)
    rest = logic.variable("rest")
    asked = RequestBuilder(logic, sessions.world.target.bucket_arn).object(logic.concat([own, logic.text("/"), rest]))
    beyond = _none_of(logic, asked.action, sessions.access.object_actions)
    return scoped_query(sessions, logic, own, asked, (rule, beyond), may="may", words=(rest,))


def _listing_bound(sessions: ScopedSessions, logic: Solver, folder: str | None) -> Query:
    own, rule = any_folder(logic, folder)
    rest = logic.variable("rest")
    prefix = logic.concat([own, logic.text("/"), rest])
    asked = RequestBuilder(logic, sessions.world.target.bucket_arn).listing(PREFIX_ACTIONS, prefix)
    beyond = _none_of(logic, asked.action, (LIST_BUCKET,) if sessions.access.allows_listing else ())
    return scoped_query(sessions, logic, own, asked, (rule, beyond), may="may", words=(rest,))


def _none_of(logic: Solver, action: StringTerm, names: tuple[str, ...]) -> Formula:
    return logic.not_(logic.or_(logic.equal(action, logic.text(name.lower())) for name in names))


def usefulness(sessions: ScopedSessions) -> Iterator[QueryFactory]:
    """Yield the requests over TLS that must be allowed."""
    if sessions.access.object_actions:
        yield partial(_useful_objects, sessions)
    if sessions.access.allows_listing:
        yield partial(_useful_listings, sessions)


def reaching(sessions: ScopedSessions) -> Iterator[QueryFactory]:
    """Yield any request on an object of its folder: if there is none, nothing there can be reached."""
    yield partial(_useful_objects, sessions, may="may")


def _useful_objects(
    sessions: ScopedSessions, logic: Solver, folder: str | None, *, may: Literal["may", "may not"] = "may not"
) -> Query:
    own, rule = any_folder(logic, folder)
    rest = logic.variable("rest")
    key = logic.concat([own, logic.text("/"), rest])
    asked = RequestBuilder(logic, sessions.world.target.bucket_arn).object(
        key, sessions.access.object_actions, tls=True
    )
    return scoped_query(sessions, logic, own, asked, (rule,), may=may, words=(rest,))


def _useful_listings(sessions: ScopedSessions, logic: Solver, folder: str | None) -> Query:
    own, rule = any_folder(logic, folder)
    rest = logic.variable("rest")
    prefix = logic.concat([own, logic.text("/"), rest])
    asked = RequestBuilder(logic, sessions.world.target.bucket_arn).listing((LIST_BUCKET,), prefix, tls=True)
    return scoped_query(sessions, logic, own, asked, (rule,), may="may not", words=(rest,))
