"""What makes a witness easy to read: names that the file has, short words, actions that everybody knows."""

from collections.abc import Iterable, Iterator

from temp_access.policy.prove.asked import KNOWN, SymbolicRequest
from temp_access.policy.prove.solver import Formula, Solver, StringTerm


def witness_preferences(
    logic: Solver,
    asked: SymbolicRequest,
    *,
    folder: StringTerm | None = None,
    other: StringTerm | None = None,
    folders: Iterable[tuple[str, str]] = (),
    words: Iterable[StringTerm] = (),
) -> Iterator[Formula]:
    """Yield wishes, the best first."""
    known = logic.or_(logic.equal(asked.action, logic.text(name.lower())) for name in KNOWN)
    letter = logic.characters("a", "z")
    word = logic.repeated(logic.either([letter, logic.exactly("/")]), 1, 24)
    short = logic.and_([known, *(logic.in_language(text, word) for text in words)])
    for one, another in folders:
        same = [logic.equal(folder, logic.text(one))] if folder is not None else []
        same += [logic.equal(other, logic.text(another))] if other is not None else []
        if same:
            yield logic.and_([*same, short])
    simple = logic.repeated(letter, 1, 8)
    named = [logic.in_language(text, simple) for text in (folder, other) if text is not None]
    yield logic.and_([*named, short])
    yield logic.and_([*named, known])
    yield known
    if asked.anywhere:
        yield logic.equal(asked.resource, logic.text("*"))
