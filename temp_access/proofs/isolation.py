"""Queries for requests of a scoped session outside its folder."""

from collections.abc import Callable, Iterator
from functools import partial

from temp_access.iam.policy_json import GET_BUCKET_LOCATION
from temp_access.iam.statements import PREFIX_ACTIONS
from temp_access.iam.symbolic.queries import Query, QueryFactory
from temp_access.iam.symbolic.solver import Formula, Solver, StringTerm
from temp_access.proofs.sessions import ResourceType, ScopedSessions, any_folder, inside, is_folder, scoped_query

# Returns the rules for another folder, and the terms that make a witness easier to read if they are words.
OtherFolder = Callable[[Solver, StringTerm, StringTerm], tuple[tuple[Formula, ...], tuple[StringTerm, ...]]]


def disjoint(solver: Solver, own: StringTerm, other: StringTerm) -> tuple[tuple[Formula, ...], tuple[StringTerm, ...]]:
    """Return the rules for a folder that neither contains the session's folder nor is in it."""
    slash = solver.constant("/")
    overlap = [
        inside(solver, other, solver.concat([own, slash])),
        inside(solver, own, solver.concat([other, slash])),
    ]
    return (is_folder(solver, other), solver.not_(solver.or_(overlap))), ()


def enclosing(solver: Solver, own: StringTerm, other: StringTerm) -> tuple[tuple[Formula, ...], tuple[StringTerm, ...]]:
    """Return the rules for a folder that contains the session's folder."""
    rest = solver.string("own part")
    path = solver.concat([other, solver.constant("/"), rest])
    return (is_folder(solver, other), is_folder(solver, rest), solver.equal(own, path)), (rest,)


def isolation(sessions: ScopedSessions) -> Iterator[QueryFactory]:
    """Yield the requests that no session may make: on other folders, on the bucket, and on any other resource.

    Another folder is disjoint from the session's folder, or contains it if the session's folder is shared; then
    the session may reach only its own part.
    """
    for other in (disjoint, enclosing):
        yield partial(_objects, sessions, other)
        yield partial(_listings, sessions, other)
    # Keys in no folder, or in a folder that access.toml can't grant, are outside too.
    yield partial(_objects_outside, sessions)
    yield partial(_listings_outside, sessions)
    yield partial(_bucket, sessions)
    yield partial(_other_resources, sessions)


def _objects(sessions: ScopedSessions, other_folder: OtherFolder, solver: Solver, folder: str | None) -> Query:
    own, rule = any_folder(solver, folder)
    other, rest = solver.string("other"), solver.string("rest")
    key = solver.concat([other, solver.constant("/"), rest])
    relation, readable = other_folder(solver, own, other)
    request = sessions.requests(solver).object(key)
    rules = (rule, *relation, solver.not_(inside(solver, own, key)))
    return scoped_query(
        sessions, solver, own, request, rules, other=other, readable=(rest, *readable), own_name=not readable
    )


def _listings(sessions: ScopedSessions, other_folder: OtherFolder, solver: Solver, folder: str | None) -> Query:
    own, rule = any_folder(solver, folder)
    other, prefix = solver.string("other"), solver.string("prefix")
    relation, readable = other_folder(solver, own, other)
    present = solver.boolean("prefix is present")
    request = sessions.requests(solver).listing(PREFIX_ACTIONS, prefix, present)
    # S3 lists the keys that begin with the prefix; without one, all keys.
    other_prefix = solver.concat([other, solver.constant("/")])
    overlaps = [solver.prefix_of(other_prefix, prefix), solver.prefix_of(prefix, other_prefix)]
    lists_other = solver.or_([solver.not_(present), *overlaps])
    outside = solver.or_([solver.not_(present), solver.not_(inside(solver, own, prefix))])
    rules = (rule, *relation, lists_other, outside)
    return scoped_query(sessions, solver, own, request, rules, other=other, readable=readable, own_name=not readable)


def _objects_outside(sessions: ScopedSessions, solver: Solver, folder: str | None) -> Query:
    own, rule = any_folder(solver, folder)
    key = solver.string("key")
    request = sessions.requests(solver).object(key)
    return scoped_query(sessions, solver, own, request, (rule, solver.not_(inside(solver, own, key))))


def _listings_outside(sessions: ScopedSessions, solver: Solver, folder: str | None) -> Query:
    own, rule = any_folder(solver, folder)
    prefix, present = solver.string("prefix"), solver.boolean("prefix is present")
    request = sessions.requests(solver).listing(PREFIX_ACTIONS, prefix, present)
    outside = solver.or_([solver.not_(present), solver.not_(inside(solver, own, prefix))])
    return scoped_query(sessions, solver, own, request, (rule, outside))


def _bucket(sessions: ScopedSessions, solver: Solver, folder: str | None) -> Query:
    own, rule = any_folder(solver, folder)
    request = sessions.requests(solver).bucket()
    # The Region tells nothing about objects; which modes may ask for it is a claim about modes.
    other_action = solver.not_(request.is_action(solver, (GET_BUCKET_LOCATION,)))
    return scoped_query(sessions, solver, own, request, (rule, other_action))


def _other_resources(sessions: ScopedSessions, solver: Solver, folder: str | None) -> Query:
    own, rule = any_folder(solver, folder)
    request = sessions.requests(solver).other(sessions.effective.target.role_arn)
    return scoped_query(sessions, solver, own, request, (rule,), resource_type=ResourceType.OTHER)
