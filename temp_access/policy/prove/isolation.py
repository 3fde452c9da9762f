"""A session can't do anything with what lies in another's folder, nor with anything else."""

from collections.abc import Iterator
from functools import partial

from temp_access.policy.prove.asked import LISTINGS, Asked, Asking
from temp_access.policy.prove.narrowed import narrowed_problem
from temp_access.policy.prove.others import Other, apart, around
from temp_access.policy.prove.problem import Make, Problem
from temp_access.policy.prove.sessions import Sessions, any_folder, inside
from temp_access.policy.prove.solver import Formula, Logic, Text


def isolation(sessions: Sessions) -> Iterator[Make]:
    """Yield the requests that no session may make: on another's objects and listings, the bucket, anything else.

    Another's folder is apart from the session's, or around it, as a shared folder has it; then the session
    may reach its own part of it only.
    """
    for other in (apart, around):
        yield partial(_objects, sessions, other)
        yield partial(_listings, sessions, other)
    # The rest of what is outside: keys in no folder, or in one that access.toml can't give.
    yield partial(_objects_outside, sessions)
    yield partial(_listings_outside, sessions)
    yield partial(_bucket, sessions)
    yield partial(_elsewhere, sessions)


def _objects(sessions: Sessions, another: Other, logic: Logic, folder: str | None) -> Problem:
    own, rule = any_folder(logic, folder)
    other, rest = logic.variable("other"), logic.variable("rest")
    key = logic.joined([other, logic.text("/"), rest])
    relation, words = another(logic, own, other)
    asked = Asking(logic, sessions.world.bucket_arn).object(key)
    rules = (rule, *relation, logic.no(inside(logic, own, key)))
    return _problem(sessions, logic, own, asked, rules, other, (rest, *words), own_name=not words)


def _listings(sessions: Sessions, another: Other, logic: Logic, folder: str | None) -> Problem:
    own, rule = any_folder(logic, folder)
    other, prefix = logic.variable("other"), logic.variable("prefix")
    relation, words = another(logic, own, other)
    present = logic.flag("prefix is there")
    asked = Asking(logic, sessions.world.bucket_arn).listing(LISTINGS, prefix, present)
    # A prefix is a plain "starts with" to S3; without one, everything is listed.
    theirs = logic.joined([other, logic.text("/")])
    shows = logic.any([logic.no(present), logic.begins(theirs, prefix), logic.begins(prefix, theirs)])
    outside = logic.any([logic.no(present), logic.no(inside(logic, own, prefix))])
    return _problem(sessions, logic, own, asked, (rule, *relation, shows, outside), other, words, own_name=not words)


def _objects_outside(sessions: Sessions, logic: Logic, folder: str | None) -> Problem:
    own, rule = any_folder(logic, folder)
    key = logic.variable("key")
    asked = Asking(logic, sessions.world.bucket_arn).object(key)
    return _problem(sessions, logic, own, asked, (rule, logic.no(inside(logic, own, key))))


def _listings_outside(sessions: Sessions, logic: Logic, folder: str | None) -> Problem:
    own, rule = any_folder(logic, folder)
    prefix, present = logic.variable("prefix"), logic.flag("prefix is there")
    asked = Asking(logic, sessions.world.bucket_arn).listing(LISTINGS, prefix, present)
    outside = logic.any([logic.no(present), logic.no(inside(logic, own, prefix))])
    return _problem(sessions, logic, own, asked, (rule, outside))


def _bucket(sessions: Sessions, logic: Logic, folder: str | None) -> Problem:
    own, rule = any_folder(logic, folder)
    return _problem(sessions, logic, own, Asking(logic, sessions.world.bucket_arn).bucket(), (rule,))


def _elsewhere(sessions: Sessions, logic: Logic, folder: str | None) -> Problem:
    own, rule = any_folder(logic, folder)
    asked = Asking(logic, sessions.world.bucket_arn).elsewhere(sessions.world.role_arn)
    return _problem(sessions, logic, own, asked, (rule,), on="elsewhere")


def _problem(
    sessions: Sessions,
    logic: Logic,
    own: Text,
    asked: Asked,
    rules: tuple[Formula, ...],
    other: Text | None = None,
    words: tuple[Text, ...] = (),
    *,
    own_name: bool = True,
    on: str = "bucket",
) -> Problem:
    return narrowed_problem(
        sessions, logic, own, asked, rules, may="may", other=other, words=words, own_name=own_name, on=on
    )
