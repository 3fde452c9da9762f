"""What makes a witness easy to read: names that the file has, short words, actions that everybody knows."""

from collections.abc import Iterable, Iterator

from temp_access.policy.prove.asked import KNOWN, Asked
from temp_access.policy.prove.solver import Formula, Logic, Text


def readable(
    logic: Logic,
    asked: Asked,
    *,
    folder: Text | None = None,
    other: Text | None = None,
    folders: Iterable[tuple[str, str]] = (),
    words: Iterable[Text] = (),
) -> Iterator[Formula]:
    """Yield wishes, the best first."""
    known = logic.any(logic.equal(asked.action, logic.text(name.lower())) for name in KNOWN)
    letter = logic.characters("a", "z")
    word = logic.repeated(logic.either([letter, logic.exactly("/")]), 1, 24)
    short = logic.all([known, *(logic.within(text, word) for text in words)])
    for one, another in folders:
        same = [logic.equal(folder, logic.text(one))] if folder is not None else []
        same += [logic.equal(other, logic.text(another))] if other is not None else []
        if same:
            yield logic.all([*same, short])
    simple = logic.repeated(letter, 1, 8)
    named = [logic.within(text, simple) for text in (folder, other) if text is not None]
    yield logic.all([*named, short])
    yield logic.all([*named, known])
    yield known
    if asked.anywhere:
        yield logic.equal(asked.resource, logic.text("*"))
