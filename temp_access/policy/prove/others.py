"""Where another's folder can lie, seen from a session's own."""

from collections.abc import Callable

from temp_access.policy.prove.sessions import inside, is_folder
from temp_access.policy.prove.solver import Formula, Logic, Text

# The rules for another's folder, and its texts that a witness is easier to read with if they are words.
Other = Callable[[Logic, Text, Text], tuple[tuple[Formula, ...], tuple[Text, ...]]]


def apart(logic: Logic, own: Text, other: Text) -> tuple[tuple[Formula, ...], tuple[Text, ...]]:
    """Return the rules for a folder that isn't the session's, nor in it, nor around it."""
    slash = logic.text("/")
    meet = [
        inside(logic, other, logic.joined([own, slash])),
        inside(logic, own, logic.joined([other, slash])),
    ]
    return (is_folder(logic, other), logic.no(logic.any(meet))), ()


def around(logic: Logic, own: Text, other: Text) -> tuple[tuple[Formula, ...], tuple[Text, ...]]:
    """Return the rules for a folder that the session's lies in."""
    rest = logic.variable("own part")
    whole = logic.joined([other, logic.text("/"), rest])
    return (is_folder(logic, other), is_folder(logic, rest), logic.equal(own, whole)), (rest,)
