"""Normal form of statements; what differs between two documents."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from temp_access.iam.document import Document

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
_DEFAULT_VERSION = "2008-10-17"
_ROOT = re.compile(r"arn:[^:]+:iam::(\d{12}):root")
Values = Mapping[str, str]
Statement = Mapping[str, Values]


def version(document: Document) -> str:
    """Return the policy's version, or what IAM takes when it has none."""
    return str(document.get("Version", _DEFAULT_VERSION))


def statements(document: Document) -> list[Statement]:
    """Return the statements, each element as its values: what they mean → how they are written.

    A single value equals a list of one, order means nothing, and neither does a statement's Sid.
    """
    return [_statement(statement) for statement in _list(document.get("Statement"))]


def same(left: Statement, right: Statement) -> bool:
    """Whether two statements mean the same."""
    return not unequal_elements(left, right)


def unequal_elements(left: Statement, right: Statement) -> list[str]:
    """Return the elements in which two statements differ."""
    names = [*left, *(name for name in right if name not in left)]
    return [name for name in names if left.get(name, {}).keys() != right.get(name, {}).keys()]


def _statement(statement: Any) -> Statement:
    if not isinstance(statement, Mapping):
        return {"Statement": {json.dumps(statement): json.dumps(statement)}}
    elements = {name: dict(_values(name, value)) for name, value in statement.items() if name != "Sid"}
    return {name: values for name, values in elements.items() if values}


def _values(element: str, value: Any) -> Iterator[tuple[str, str]]:
    if element in ("Action", "NotAction"):
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
        yield from ((text.lower(), text) for text in _texts(value))
    elif element in ("Principal", "NotPrincipal"):
        yield from ((text, text) for text in _principals(value))
    elif element == "Condition" and isinstance(value, Mapping):
        yield from _conditions(value)
    else:
        yield from ((text, text) for text in _texts(value))


def _principals(value: Any) -> Iterator[str]:
    # "*" equals {"AWS": "*"}, and an account's number its root ARN:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    for kind, names in (value if isinstance(value, Mapping) else {"AWS": value}).items():
        for name in _texts(names):
            yield _ROOT.sub(r"\1", name) if kind == "AWS" else f"{kind} {name}"


def _conditions(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for operator, keys in value.items():
        for key, values in keys.items() if isinstance(keys, Mapping) else [("", keys)]:
            for text in _texts(values) or ["(no value)"]:
                # Names of keys aren't case-sensitive:
                # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
                yield f"{operator} {key.lower()} {text}", f"{operator} {key} {text}"


def _texts(value: Any) -> list[str]:
    return [item if isinstance(item, str) else json.dumps(item) for item in _list(value)]


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


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
