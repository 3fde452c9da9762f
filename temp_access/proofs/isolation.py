"""Nothing outside the folder."""

from collections.abc import Callable, Iterator
from functools import partial

from temp_access.iam.statements import PREFIX_ACTIONS
from temp_access.iam.symbolic.queries import Query, QueryFactory, RequestBuilder, SymbolicRequest
from temp_access.iam.symbolic.solver import Formula, Solver, StringTerm
from temp_access.proofs.sessions import ScopedSessions, any_folder, inside, is_folder, scoped_query

# The rules for another's folder, and its texts that a witness is easier to read with if they are words.
Other = Callable[[Solver, StringTerm, StringTerm], tuple[tuple[Formula, ...], tuple[StringTerm, ...]]]


def disjoint(logic: Solver, own: StringTerm, other: StringTerm) -> tuple[tuple[Formula, ...], tuple[StringTerm, ...]]:
    """Return the rules for a folder that isn't the session's, nor in it, nor around it."""
    slash = logic.text("/")
    meet = [
        inside(logic, other, logic.concat([own, slash])),
        inside(logic, own, logic.concat([other, slash])),
    ]
    return (is_folder(logic, other), logic.not_(logic.or_(meet))), ()


def enclosing(logic: Solver, own: StringTerm, other: StringTerm) -> tuple[tuple[Formula, ...], tuple[StringTerm, ...]]:
    """Return the rules for a folder that the session's lies in."""
    rest = logic.variable("own part")
    whole = logic.concat([other, logic.text("/"), rest])
    return (is_folder(logic, other), is_folder(logic, rest), logic.equal(own, whole)), (rest,)


def isolation(sessions: ScopedSessions) -> Iterator[QueryFactory]:
    """Yield the requests that no session may make: on another's objects and listings, the bucket, anything else.

    Another's folder is apart from the session's, or around it, as a shared folder has it; then the session
    may reach its own part of it only.
    """
    for other in (disjoint, enclosing):
        yield partial(_objects, sessions, other)
        yield partial(_listings, sessions, other)
    # The rest of what is outside: keys in no folder, or in one that access.toml can't give.
    yield partial(_objects_outside, sessions)
    yield partial(_listings_outside, sessions)
    yield partial(_bucket, sessions)
    yield partial(_elsewhere, sessions)


def _objects(sessions: ScopedSessions, another: Other, logic: Solver, folder: str | None) -> Query:
    own, rule = any_folder(logic, folder)
    other, rest = logic.variable("other"), logic.variable("rest")
    key = logic.concat([other, logic.text("/"), rest])
    relation, words = another(logic, own, other)
    asked = RequestBuilder(logic, sessions.world.target.bucket_arn).object(key)
    rules = (rule, *relation, logic.not_(inside(logic, own, key)))
    return _problem(sessions, logic, own, asked, rules, other, (rest, *words), own_name=not words)


def _listings(sessions: ScopedSessions, another: Other, logic: Solver, folder: str | None) -> Query:
    own, rule = any_folder(logic, folder)
    other, prefix = logic.variable("other"), logic.variable("prefix")
    relation, words = another(logic, own, other)
    present = logic.flag("prefix is there")
    asked = RequestBuilder(logic, sessions.world.target.bucket_arn).listing(PREFIX_ACTIONS, prefix, present)
    # A prefix is a plain "starts with" to S3; without one, everything is listed.
    theirs = logic.concat([other, logic.text("/")])
    shows = logic.or_([logic.not_(present), logic.prefix_of(theirs, prefix), logic.prefix_of(prefix, theirs)])
    outside = logic.or_([logic.not_(present), logic.not_(inside(logic, own, prefix))])
    return _problem(sessions, logic, own, asked, (rule, *relation, shows, outside), other, words, own_name=not words)


def _objects_outside(sessions: ScopedSessions, logic: Solver, folder: str | None) -> Query:
    own, rule = any_folder(logic, folder)
    key = logic.variable("key")
    asked = RequestBuilder(logic, sessions.world.target.bucket_arn).object(key)
    return _problem(sessions, logic, own, asked, (rule, logic.not_(inside(logic, own, key))))


def _listings_outside(sessions: ScopedSessions, logic: Solver, folder: str | None) -> Query:
    own, rule = any_folder(logic, folder)
    prefix, present = logic.variable("prefix"), logic.flag("prefix is there")
    asked = RequestBuilder(logic, sessions.world.target.bucket_arn).listing(PREFIX_ACTIONS, prefix, present)
    outside = logic.or_([logic.not_(present), logic.not_(inside(logic, own, prefix))])
    return _problem(sessions, logic, own, asked, (rule, outside))


def _bucket(sessions: ScopedSessions, logic: Solver, folder: str | None) -> Query:
    own, rule = any_folder(logic, folder)
    return _problem(sessions, logic, own, RequestBuilder(logic, sessions.world.target.bucket_arn).bucket(), (rule,))


def _elsewhere(sessions: ScopedSessions, logic: Solver, folder: str | None) -> Query:
    own, rule = any_folder(logic, folder)
    asked = RequestBuilder(logic, sessions.world.target.bucket_arn).elsewhere(sessions.world.target.role_arn)
    return _problem(sessions, logic, own, asked, (rule,), on="elsewhere")


def _problem(
    sessions: ScopedSessions,
    logic: Solver,
    own: StringTerm,
    asked: SymbolicRequest,
    rules: tuple[Formula, ...],
    other: StringTerm | None = None,
    words: tuple[StringTerm, ...] = (),
    *,
    own_name: bool = True,
    on: str = "bucket",
) -> Query:
    return scoped_query(
        sessions, logic, own, asked, rules, may="may", other=other, words=words, own_name=own_name, on=on
    )
