"""One reading of a template's values: each function gives a value that it can have, or else a reference.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Collection, Mapping
from itertools import islice
from typing import Any

from temp_access.cfn.assumptions import Assumptions, TemplateFacts, scalar_text
from temp_access.cfn.cdk_json import claims, json_source
from temp_access.cfn.choices import Choices, ImpossibleChoice
from temp_access.cfn.intrinsics import NO_VALUE, substitute
from temp_access.cfn.unresolved import JsonText, Unresolved, reference, references, render, with_dynamic_references
from temp_access.iam.statements import as_mapping

# The path of a value in the template, with the names of the functions around it.
Path = tuple[str | int, ...]
# Their values have letters, digits, dots and dashes only.
_PLAIN = frozenset(f"<AWS.{name}>" for name in ("AccountId", "Partition", "Region", "StackName", "URLSuffix"))
_SEPARATOR = re.compile(r"[^\w.-]+")

# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-cidr.html
_MAX_BLOCKS = 256


class Items(list[Any]):
    """A list without the items that AWS::NoValue removed; `written` has the position of each item in the template."""

    written: tuple[int, ...] = ()


class Reading:
    """Reads values under the assumptions that `choices` leads to.

    `forced` prescribes branches of Fn::If by their path, whatever their conditions are. The values at the paths
    `left_out` are left out, and of a list of statements all but the one at `statement`.
    """

    def __init__(
        self,
        facts: TemplateFacts,
        choices: Choices,
        *,
        statement: Path | None = None,
        left_out: Collection[Path] = (),
        forced: Mapping[Path, int] | None = None,
    ) -> None:
        self.assumptions = Assumptions(facts, choices, self.read)
        self.found_statement = statement is None
        self._facts, self._choices = facts, choices
        self.statement, self._left_out, self._forced = statement, left_out, forced or {}

    def read(self, value: object, path: Path = ()) -> Any:
        """Return a value without functions; raises ImpossibleChoice if no such template can be deployed."""
        if path in self._left_out:
            return NO_VALUE
        read = self._read(value, path)
        if path == self.statement:
            self.found_statement = read is not NO_VALUE
        return read

    def _read(self, value: object, path: Path) -> Any:
        if isinstance(value, list):
            return self._list(value, path)
        if isinstance(value, str):
            return value if isinstance(value, Unresolved) else with_dynamic_references(value)
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            [(function, argument)] = value.items()
            if function == "Ref" or function.startswith("Fn::"):
                return self._call(function, argument, (*path, function))
        read = {key: self.read(item, (*path, key)) for key, item in value.items()}
        return {key: item for key, item in read.items() if item is not NO_VALUE}

    def read_property(self, name: str, value: object, *, relevant: bool) -> Any:
        """Return the value of a resource's property; an irrelevant one has only one value."""
        self._choices.pinned = not relevant
        try:
            return self.read(value, ("Properties", name))
        finally:
            self._choices.pinned = False

    def _list(self, items: list[object], path: Path) -> Items:
        indexes = list(range(len(items)))
        statement = self.statement
        if statement is not None and len(statement) == len(path) + 1 and statement[:-1] == path:
            indexes = [index for index in indexes if index == statement[-1]]
        read = [(index, self.read(items[index], (*path, index))) for index in indexes]
        kept = [(index, item) for index, item in read if item is not NO_VALUE]
        result = Items(item for _, item in kept)
        result.written = tuple(index for index, _ in kept)
        return result

    def _call(self, function: str, argument: Any, path: Path) -> Any:
        unknown = render({function: argument}) if function in _NAMING else reference(function.removeprefix("Fn::"))
        called = _FUNCTIONS.get(function)
        if called is None:
            return Unresolved(unknown)
        try:
            value = called(self, argument, path)
        except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError):
            # It has other arguments than the function takes, or some that aren't known.
            return Unresolved(unknown)
        return Unresolved(unknown) if value is None else value

    def _ref(self, name: str, path: Path) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        return self.assumptions.parameter(name) if name in self._facts.parameters else None

    def _if(self, argument: list[Any], path: Path) -> Any:
        name, *branches = argument
        if len(branches) != 2:
            return None
        branch = self._forced.get(path)
        if branch is None:
            branch = 0 if self.assumptions.condition(name) else 1
        return self.read(branches[branch], (*path, branch + 1))

    def _join(self, argument: list[Any], path: Path) -> str | None:
        separator, items = argument
        read = self.read(items, (*path, 1))
        return _joined(str(separator), read) if isinstance(read, list) else None

    def _split(self, argument: list[Any], path: Path) -> list[str] | None:
        separator, source = argument
        text = self.read(source, (*path, 1))
        if isinstance(text, Unresolved):
            if not _PLAIN.issuperset(references(text)) or not _SEPARATOR.fullmatch(separator):
                return None
            return [Unresolved(part) if references(part) else part for part in text.split(separator)]
        return text.split(separator) if isinstance(text, str) else None

    def _select(self, argument: list[Any], path: Path) -> Any:
        index, items = self.read(argument, path)
        if not isinstance(items, list) or isinstance(index, Unresolved):
            return None
        if not 0 <= int(index) < len(items):
            raise ImpossibleChoice
        return items[int(index)]

    def _sub(self, argument: Any, path: Path) -> str | None:
        template, variables = argument if isinstance(argument, list) else (argument, {})
        is_open = isinstance(template, Unresolved)

        def value_of(name: str) -> str:
            nonlocal is_open
            value = self._named(name, variables, path)
            if isinstance(value, list | Mapping):
                raise TypeError
            is_open |= isinstance(value, Unresolved)
            return scalar_text(value)

        text = with_dynamic_references(substitute(template, value_of))
        return Unresolved(text) if is_open else text

    def _named(self, name: str, variables: Mapping[str, object], path: Path) -> Any:
        if name in variables:
            return self.read(variables[name], (*path, 1, name))
        return self.assumptions.parameter(name) if name in self._facts.parameters else reference(name)

    def _to_json_string(self, argument: Any, path: Path) -> JsonText:
        value = self.read(argument, path)
        return JsonText(json.dumps(value, separators=(",", ":")), value)

    def _get_att(self, argument: Any, path: Path) -> Any:
        source = json_source(self._facts.template.get("Resources"), argument)
        text = None if source is None else self.read(source, path)
        return claims(text) if isinstance(text, str) else None

    def _find_in_map(self, argument: list[Any], path: Path) -> Any:
        name, top, second, *default = argument
        fallback = as_mapping(default[0] if default else None)
        has_default = "DefaultValue" in fallback
        if isinstance(name, str) and name not in self._facts.mappings and not has_default:
            return None
        value: object = self._facts.mappings
        for expression in (name, top, second):
            entries = as_mapping(value)
            if "Fn::Transform" in entries:
                return None
            key = self.assumptions.key(expression, list(entries), others=has_default)
            if key is None:
                if not has_default:
                    raise ImpossibleChoice
                return self.read(fallback["DefaultValue"], (*path, 3, "DefaultValue"))
            value = entries[key]
        return self.read(value, (*path, "value"))

    def _base64(self, argument: Any, path: Path) -> str | None:
        text = self.read(argument, path)
        known = isinstance(text, str) and not isinstance(text, Unresolved)
        return base64.b64encode(text.encode()).decode() if known else None

    def _length(self, argument: Any, path: Path) -> int | None:
        items = self.read(argument, path)
        return len(items) if isinstance(items, list) else None

    def _cidr(self, argument: list[Any], path: Path) -> list[str] | None:
        block, count, *bits = self.read(argument, path)
        if not 1 <= int(count) <= _MAX_BLOCKS:
            return None
        network = ipaddress.ip_network(block)
        prefix = network.max_prefixlen - int(bits[0] if bits else 8)
        blocks = [str(each) for each in islice(network.subnets(new_prefix=prefix), int(count))]
        if len(blocks) < int(count):
            raise ImpossibleChoice
        return blocks


def _joined(separator: str, items: list[Any]) -> str:
    if any(isinstance(item, list | Mapping) for item in items):
        raise TypeError
    text = separator.join(map(scalar_text, items))
    # A dynamic reference can be put together from parts.
    changed = with_dynamic_references(text)
    return Unresolved(changed) if any(isinstance(item, Unresolved) for item in items) else changed


# If they aren't known, their arguments say more than their names.
_NAMING = frozenset(("Ref", "Fn::GetAtt", "Fn::ImportValue"))
_FUNCTIONS: dict[str, Callable[[Reading, Any, Path], Any]] = {
    "Ref": Reading._ref,
    "Fn::Base64": Reading._base64,
    "Fn::Cidr": Reading._cidr,
    "Fn::FindInMap": Reading._find_in_map,
    "Fn::GetAtt": Reading._get_att,
    "Fn::If": Reading._if,
    "Fn::Join": Reading._join,
    "Fn::Length": Reading._length,
    "Fn::Select": Reading._select,
    "Fn::Split": Reading._split,
    "Fn::Sub": Reading._sub,
    "Fn::ToJsonString": Reading._to_json_string,
}
