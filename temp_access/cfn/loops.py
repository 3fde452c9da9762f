"""Fn::ForEach: a template with each loop replaced by what it makes.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from temp_access.cfn.assumptions import TemplateFacts, scalar_text
from temp_access.cfn.choices import all_outcomes
from temp_access.cfn.reading import Reading
from temp_access.cfn.unresolved import Unresolved, has_reference, render
from temp_access.iam.statements import as_mapping

_LOOP = "Fn::ForEach::"
# A template has at most 500 resources:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
_MAX_ITEMS = 1000
_MAX_COLLECTIONS = 64


class _UnreadableLoop(Exception):
    pass


class Loops:
    """Replaces the loops of one template; `unread` has the key of each one that can't be read, by section and id."""

    def __init__(self, template: Mapping[str, Any]) -> None:
        self.unread: list[tuple[str, str, str]] = []
        self._facts = TemplateFacts(template)
        self._items = 0
        self._place: tuple[str, str] = ("", "")
        sections = {}
        for section in ("Conditions", "Resources"):
            body = as_mapping(template.get(section))
            self._place = (section, "")
            sections[section] = self._section(section, body)
        self.template = {**template, **{name: body for name, body in sections.items() if name in template}}

    def _section(self, section: str, body: Mapping[str, Any]) -> dict[str, Any]:
        expanded: dict[str, Any] = {}
        for key, value in body.items():
            self._place = (section, "" if key.startswith(_LOOP) else key)
            expanded |= self._expand({key: value})
        return expanded

    def _expand(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._expand(item) for item in value]
        if not isinstance(value, Mapping):
            return value
        expanded: dict[str, Any] = {}
        for key, item in value.items():
            if key.startswith(_LOOP):
                try:
                    expanded |= self._loop(item)
                except _UnreadableLoop:
                    self.unread.append((*self._place, key))
            else:
                expanded[key] = self._expand(item)
        return expanded

    def _loop(self, loop: object) -> dict[str, Any]:
        if (
            not isinstance(loop, list)
            or len(loop) != 3
            or not isinstance(loop[0], str)
            or not isinstance(loop[2], dict)
        ):
            raise _UnreadableLoop
        identifier, collection, body = loop
        expanded: dict[str, Any] = {}
        for item in self._collection(collection):
            self._items += 1
            if self._items > _MAX_ITEMS:
                raise _UnreadableLoop
            expanded |= self._expand(_replaced(body, identifier, item))
        return expanded

    def _collection(self, collection: object) -> list[str]:
        """Return the items that a collection can have; one that isn't known has itself as its only item."""
        read, is_complete = all_outcomes(
            lambda choices: Reading(self._facts, choices).read(collection), _MAX_COLLECTIONS
        )
        items = list(dict.fromkeys(item for value in read for item in _items(value, collection)))
        if not read or not is_complete:
            raise _UnreadableLoop
        return items


def _items(value: object, collection: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value if isinstance(value, Unresolved) else Unresolved(render(collection))
    elif isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        yield from (item if isinstance(item, str) else scalar_text(item) for item in value)
    else:
        raise _UnreadableLoop


def _replaced(value: Any, identifier: str, item: str) -> Any:
    if isinstance(value, list):
        return [_replaced(each, identifier, item) for each in value]
    if isinstance(value, str):
        text = _text(value, identifier, item)
        return Unresolved(text) if text != value and has_reference(item) else text
    if not isinstance(value, Mapping):
        return value
    if len(value) == 1 and value.get("Ref") == identifier:
        return item
    return {_text(key, identifier, item): _replaced(each, identifier, item) for key, each in value.items()}


def _text(text: str, identifier: str, item: str) -> str:
    # &{…} is the item without the characters that a logical id can't have.
    return text.replace(f"${{{identifier}}}", item).replace(f"&{{{identifier}}}", re.sub("[^0-9A-Za-z<>.]", "", item))
