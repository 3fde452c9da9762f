"""References that aren't known before the deployment: each is written as `<LogicalId.Attribute>`."""

import re
from collections.abc import Mapping
from typing import Any

from temp_access.cfn.intrinsics import substitute

_DYNAMIC_REFERENCE = re.compile(r"\{\{(resolve:[^{}]*)\}\}")
_REFERENCE = re.compile(r"<[^<>]*>")


class Unresolved(str):
    """Text that contains a reference, so that its value isn't known before the deployment."""

    __slots__ = ()


class JsonText(str):
    """What Fn::ToJsonString returns; `value` is what the text contains."""

    __slots__ = ("value",)
    value: Any

    def __new__(cls, text: str, value: object) -> "JsonText":
        """Return the text with its value."""
        self = super().__new__(cls, text)
        self.value = value
        return self


def reference(name: str) -> Unresolved:
    """Return the text for a reference: without colons and slashes, so that an ARN keeps its parts."""
    return Unresolved(f"<{re.sub('[<>]', '', re.sub('::?|/', '.', name))}>")


def has_reference(text: str) -> bool:
    """Whether a text contains a reference."""
    return isinstance(text, Unresolved) or _REFERENCE.search(text) is not None


def references(text: str) -> list[str]:
    """Return the references in a text."""
    return _REFERENCE.findall(text)


def with_dynamic_references(text: str) -> str:
    """Return a text with each `{{resolve:…}}` as a reference.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
    """
    changed, count = _DYNAMIC_REFERENCE.subn(lambda match: reference(match[1]), text)
    return Unresolved(changed) if count else text


def render(value: object) -> str:
    """Return a value as a string: Fn::Join and Fn::Sub are applied, other functions are in angle brackets."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return value if isinstance(value, Unresolved) else with_dynamic_references(str(value))
    [(function, argument)] = value.items()
    if function == "Fn::Join" and isinstance(argument, list) and isinstance(argument[1], list):
        return str(argument[0]).join(render(part) for part in argument[1])
    if function == "Fn::Sub":
        return substitute(str(argument[0] if isinstance(argument, list) else argument), reference)
    if function in ("Ref", "Fn::GetAtt", "Fn::ImportValue"):
        return reference(".".join(map(render, argument)) if isinstance(argument, list) else render(argument))
    return reference(str(function).removeprefix("Fn::"))
