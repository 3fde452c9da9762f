"""What makes one policy document mean something else than another, in words."""

import re
from collections.abc import Iterator

from temp_access.verify.state.model import Document
from temp_access.verify.state.statements import Statement, same, statements, unequal_elements, version

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
_ORPHAN = re.compile(r"A(?:IDA|ROA)[A-Z0-9]{10,}")


def document_differences(expected: Document, deployed: Document) -> list[str]:
    """Return each difference as words that follow the policy's name, e.g. `also says: Allow s3:* on *`."""
    found = []
    if version(expected) != version(deployed):
        found.append(f"has Version {version(deployed)} instead of {version(expected)}")
    wanted, there = statements(expected), statements(deployed)
    lacking = [s for s in wanted if not any(same(s, other) for other in there)]
    surplus = [s for s in there if not any(same(s, other) for other in wanted)]
    for statement in surplus:
        # One that differs in one element alone is the same statement, changed.
        twin = next((s for s in lacking if len(unequal_elements(statement, s)) == 1), None)
        if twin is None:
            found.append(f"also says: {describe(statement)}")
        else:
            lacking.remove(twin)
            found.extend(_changes(twin, statement))
    return found + [f"doesn't say: {describe(statement)}" for statement in lacking]


def describe(statement: Statement) -> str:
    """Return a statement in one line, e.g. `Allow sts:AssumeRole for arn:aws:iam::123456789012:user/bob`."""
    words = {"Effect": "", "Action": "", "Resource": "on", "Principal": "for", "Condition": "if"}
    order = [*words, *(name for name in statement if name not in words)]
    parts = (f"{words.get(name, name)} {', '.join(statement[name].values())}" for name in order if name in statement)
    return " ".join(part.strip() for part in parts)


def _changes(expected: Statement, deployed: Statement) -> Iterator[str]:
    [element] = unequal_elements(expected, deployed)
    wanted, there = expected.get(element, {}), deployed.get(element, {})
    lacking = [text for key, text in wanted.items() if key not in there]
    surplus = [text for key, text in there.items() if key not in wanted]
    orphans = [text for text in surplus if element == "Principal" and _ORPHAN.fullmatch(text)]
    for orphan in orphans:
        kind = "user" if orphan.startswith("AIDA") else "role"
        yield (
            f"names {orphan}, the id of a deleted {kind}, in place of {' or '.join(lacking)} (the {kind} was "
            "deleted, and one that is created again under its name isn't trusted)"
        )
    if orphans:
        surplus = [text for text in surplus if text not in orphans]
        lacking = []
    if surplus and lacking:
        yield f"has {', '.join(surplus)} in {element} instead of {', '.join(lacking)}"
    elif surplus:
        yield f"also has {', '.join(surplus)} in {element}"
    elif lacking:
        yield f"lacks {', '.join(lacking)} in {element}"
