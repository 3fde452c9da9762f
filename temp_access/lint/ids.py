"""The ids by which findings are acknowledged."""

import re

from temp_access.lint.model import NAMESPACE

_PAIRS = {"]": "[", ")": "(", "}": "{"}


def finding_id(rule: str, detail: str) -> str:
    """Return the id of what `rule` holds against `detail`, as `cdk.Acknowledgment` takes it."""
    return f"{NAMESPACE}::{rule}[{_safe(detail)}]"


def _safe(detail: str) -> str:
    # The CDK compares ids with dashes for spaces, and takes no brackets that don't pair.
    detail = detail.replace(" ", "-")
    return detail if _pair(detail) else re.sub(r"[\[\](){}]", "", detail)


def _pair(text: str) -> bool:
    open_: list[str] = []
    for character in text:
        if character in _PAIRS.values():
            open_.append(character)
        elif character in _PAIRS and (not open_ or open_.pop() != _PAIRS[character]):
            return False
    return not open_
