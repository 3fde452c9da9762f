"""Differences in meaning between two policy documents."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from temp_access.iam.policy_json import Document

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
_DEFAULT_VERSION = "2008-10-17"
_ROOT = re.compile(r"arn:[^:]+:iam::(\d{12}):root")
Values = Mapping[str, str]
Statement = Mapping[str, Values]


def version(document: Document) -> str:
    """Return the policy's Version, or IAM's default for a policy without one."""
    return str(document.get("Version", _DEFAULT_VERSION))


def statements(document: Document) -> list[Statement]:
    """Return the statements in a normal form: each element maps its normalized values to the values as written.

    A single value equals a list of one. The order of values and statements and the Sid have no meaning.
    """
    return [_statement(statement) for statement in _list(document.get("Statement"))]


def same_meaning(left: Statement, right: Statement) -> bool:
    """Whether two statements have the same meaning."""
    return not different_elements(left, right)


def different_elements(left: Statement, right: Statement) -> list[str]:
    """Return the names of the elements in which two statements differ."""
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
        yield from ((action.lower(), action) for action in _strings(value))
    elif element in ("Principal", "NotPrincipal"):
        yield from ((name, name) for name in _principals(value))
    elif element == "Condition" and isinstance(value, Mapping):
        yield from _conditions(value)
    else:
        yield from ((item, item) for item in _strings(value))


def _principals(value: Any) -> Iterator[str]:
    # "*" equals {"AWS": "*"}, and an account's number its root ARN:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    for principal_type, names in (value if isinstance(value, Mapping) else {"AWS": value}).items():
        for name in _strings(names):
            yield _ROOT.sub(r"\1", name) if principal_type == "AWS" else f"{principal_type} {name}"


def _conditions(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for operator, keys in value.items():
        for key, values in keys.items() if isinstance(keys, Mapping) else [("", keys)]:
            for item in _strings(values) or ["(no value)"]:
                # Names of keys aren't case-sensitive:
                # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
                yield f"{operator} {key.lower()} {item}", f"{operator} {key} {item}"


def _strings(value: Any) -> list[str]:
    return [item if isinstance(item, str) else json.dumps(item) for item in _list(value)]


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
_ORPHAN = re.compile(r"A(?:IDA|ROA)[A-Z0-9]{10,}")


def document_differences(expected: Document, deployed: Document) -> list[str]:
    """Return each difference as a predicate of the deployed policy, e.g. `also has the statement Allow s3:* on *`."""
    differences = []
    if version(expected) != version(deployed):
        differences.append(f"has Version {version(deployed)} instead of {version(expected)}")
    expected_statements, deployed_statements = statements(expected), statements(deployed)
    missing = [s for s in expected_statements if not any(same_meaning(s, other) for other in deployed_statements)]
    surplus = [s for s in deployed_statements if not any(same_meaning(s, other) for other in expected_statements)]
    for statement in surplus:
        # A statement that differs in only one element is the same statement, changed.
        counterpart = next((s for s in missing if len(different_elements(statement, s)) == 1), None)
        if counterpart is None:
            differences.append(f"also has the statement {describe(statement)}")
        else:
            missing.remove(counterpart)
            differences.extend(_changes(counterpart, statement))
    return differences + [f"lacks the statement {describe(statement)}" for statement in missing]


def describe(statement: Statement) -> str:
    """Return a statement in one line, such as `Allow sts:AssumeRole for arn:aws:iam::123456789012:user/bob`."""
    prepositions = {"Effect": "", "Action": "", "Resource": "on", "Principal": "for", "Condition": "if"}
    order = [*prepositions, *(name for name in statement if name not in prepositions)]
    parts = (
        f"{prepositions.get(name, name)} {', '.join(statement[name].values())}" for name in order if name in statement
    )
    return " ".join(part.strip() for part in parts)


def _changes(expected: Statement, deployed: Statement) -> Iterator[str]:
    [element] = different_elements(expected, deployed)
    expected_values, deployed_values = expected.get(element, {}), deployed.get(element, {})
    missing = [value for key, value in expected_values.items() if key not in deployed_values]
    surplus = [value for key, value in deployed_values.items() if key not in expected_values]
    orphans = [value for value in surplus if element == "Principal" and _ORPHAN.fullmatch(value)]
    for orphan in orphans:
        principal_type = "user" if orphan.startswith("AIDA") else "role"
        yield (
            f"names {orphan}, the id of a deleted {principal_type}, instead of {' or '.join(missing)} "
            f"(a {principal_type} that is created again with the same name isn't trusted)"
        )
    if orphans:
        surplus = [value for value in surplus if value not in orphans]
        missing = []
    if surplus and missing:
        yield f"has {', '.join(surplus)} in {element} instead of {', '.join(missing)}"
    elif surplus:
        yield f"also has {', '.join(surplus)} in {element}"
    elif missing:
        yield f"lacks {', '.join(missing)} in {element}"
