"""A request that is made by the narrowed session of any folder."""

from typing import Literal

from temp_access.policy.prove.asked import SymbolicRequest
from temp_access.policy.prove.callers import role_session
from temp_access.policy.prove.claim import Witness
from temp_access.policy.prove.problem import Query
from temp_access.policy.prove.readable import witness_preferences
from temp_access.policy.prove.sessions import ScopedSessions
from temp_access.policy.prove.solver import Formula, Solver, StringTerm


def scoped_query(
    sessions: ScopedSessions,
    logic: Solver,
    own: StringTerm,
    asked: SymbolicRequest,
    rules: tuple[Formula, ...],
    *,
    may: Literal["may", "may not"],
    other: StringTerm | None = None,
    words: tuple[StringTerm, ...] = (),
    own_name: bool = True,
    on: str = "bucket",
) -> Query:
    """Return the problem of a request by the session of the folder `own`: refuted if it `may` (or `may not`).

    Without `own_name`, the session's folder follows from the other's name and the `words`.
    """
    world = sessions.world
    named = own if own_name else None
    wishes = witness_preferences(logic, asked, folder=named, other=other, folders=sessions.folders, words=words)
    return Query(
        layers=sessions.layers(on=on),
        caller=role_session(logic, world.role_arn, world.account),
        asked=asked,
        words=lambda witness: _words(sessions.words, may, witness),
        matching=may == "may",
        folder=own,
        unknown=world.unknown,
        rules=rules,
        preferences=tuple(wishes),
        names={"other": other} if other is not None else {},
    )


def _words(who: str, may: str, witness: Witness) -> str:
    called = f"{who} for {witness.folder}/ {may} call {witness.action}"
    if witness.key is not None:
        return f"{called} on {witness.key}" + (f", which is in {witness.other}/" if witness.other is not None else "")
    shown = f", which shows {witness.other}/…" if witness.other is not None else ""
    if witness.other is not None or witness.prefix is not None:
        how = "without a prefix" if witness.prefix is None else f"with the prefix {witness.prefix!r}"
        return f"{called} {how}{shown}"
    return f"{called} on {witness.resource}"
