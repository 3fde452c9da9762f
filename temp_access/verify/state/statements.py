"""A policy's statements in a form in which equal meaning is equal, and each value keeps its spelling."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from temp_access.verify.state.model import Document

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
