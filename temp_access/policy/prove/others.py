"""Where another's folder can lie, seen from a session's own."""

from collections.abc import Callable

from temp_access.policy.prove.sessions import inside, is_folder
from temp_access.policy.prove.solver import Formula, Solver, StringTerm

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
