"""What is assumed about parameters and conditions in one reading of a template.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cached_property

from temp_access.cfn.choices import Choices
from temp_access.cfn.unresolved import Unresolved, reference
from temp_access.iam.statements import as_list, as_mapping


class Other(Enum):
    """The value of a parameter that is none of those that the template names."""

    VALUE = "another value"


class _Mode(Enum):
    """How a reading writes parameters that have neither allowed values nor values that the template names.

    In the first mode it writes the references to all parameters, whatever values they have.
    """

    REFERENCES = 0
    DEFAULTS = 1
    OTHERS = 2


class TemplateFacts:
    """The parameters, mappings and conditions of a template."""

    def __init__(self, template: Mapping[str, object]) -> None:
        self.template = template
        self.parameters = {name: as_mapping(each) for name, each in as_mapping(template.get("Parameters")).items()}
        self.mappings = as_mapping(template.get("Mappings"))
        self.conditions = as_mapping(template.get("Conditions"))

    def is_variable(self, name: object) -> bool:
        """Whether Ref returns a single value that the deployment determines: a parameter's, or AWS::Region."""
        if not isinstance(name, str) or name == "AWS::NoValue":
            return False
        return (name in self.parameters and not self._is_list(name)) or name.startswith("AWS::")

    @cached_property
    def named_values(self) -> Mapping[str, tuple[str, ...]]:
        """The values that conditions compare each variable with, and the keys of mappings that it selects."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for name, value in self._named(self.template):
            found[name][value] = None
        return {name: tuple(values) for name, values in found.items()}

    def _named(self, value: object) -> Iterator[tuple[str, str]]:
        if isinstance(value, list):
            for item in value:
                yield from self._named(item)
        elif isinstance(value, Mapping):
            for key, argument in value.items():
                arguments = as_list(argument)
                if key == "Fn::Equals" and len(arguments) == 2:
                    for this, that in (arguments, arguments[::-1]):
                        if (name := self.variable(this)) and isinstance(that, str | int | float):
                            yield name, scalar_text(that)
                elif key == "Fn::FindInMap" and len(arguments) >= 3:
                    yield from self._selecting(arguments)
                yield from self._named(argument)

    def _selecting(self, arguments: list[object]) -> Iterator[tuple[str, str]]:
        mapping = as_mapping(self.mappings.get(str(arguments[0])))
        if name := self.variable(arguments[1]):
            yield from ((name, key) for key in mapping)
        if name := self.variable(arguments[2]):
            yield from ((name, key) for entries in mapping.values() for key in as_mapping(entries))

    def variable(self, value: object) -> str | None:
        """Return the name of the variable if `value` is a Ref to one."""
        name = value.get("Ref") if isinstance(value, Mapping) and len(value) == 1 else None
        return name if isinstance(name, str) and self.is_variable(name) else None

    def allowed_values(self, name: str) -> tuple[str, ...]:
        """Return the AllowedValues of a parameter; of a list, all of them together and each one alone."""
        parameter = self.parameters.get(name, {})
        values = tuple(scalar_text(value) for value in as_list(parameter.get("AllowedValues")))
        # The default first, then the others in their order.
        values = tuple(dict.fromkeys((*(value for value in values if value == self.default(name)), *values)))
        return (",".join(values), *values) if values and self._is_list(name) else values

    def default(self, name: str) -> str | None:
        """Return the default of a parameter; the default of a parameter that names an SSM parameter isn't its value."""
        parameter = self.parameters.get(name, {})
        is_ssm = str(parameter.get("Type")).startswith("AWS::SSM::Parameter::Value")
        return None if is_ssm or "Default" not in parameter else scalar_text(parameter["Default"])

    def typed(self, name: str, value: str) -> object:
        """Return the value of a parameter: a list for the types that are lists."""
        if not self._is_list(name):
            return value
        return [item.strip() for item in value.split(",")]

    def _is_list(self, name: str) -> bool:
        type_ = str(self.parameters.get(name, {}).get("Type"))
        return type_ == "CommaDelimitedList" or "List<" in type_


class Assumptions:
    """Chooses the outcomes of conditions and the values of parameters, so that they don't contradict each other.

    `read` returns the value of an operand of Fn::Equals.
    """

    def __init__(self, facts: TemplateFacts, choices: Choices, read: Callable[[object], object]) -> None:
        # The values of parameters that the reading has written, by their references.
        self.written: dict[str, str] = {}
        # Whether one of them is the default of a parameter that can also have any other value.
        self.has_defaults = False
        self._facts, self._choices, self._read = facts, choices, read
        self._known: dict[str, str | Other] = {}
        self._excluded: dict[str, set[str]] = defaultdict(set)
        self._outcomes: dict[str, bool] = {}
        self._open: set[str] = set()
        self._keys: dict[str, str | None] = {}
        self._mode: _Mode | None = None
        self._shown: set[str] = set()

    @property
    def is_imaginary(self) -> bool:
        """Whether a parameter was read as a reference, although its value is among the known ones."""
        return any(self._facts.allowed_values(name) or isinstance(self._known.get(name), str) for name in self._shown)

    def parameter(self, name: str) -> object:
        """Return the value of a parameter, or a reference to it."""
        if self._mode is None:
            self._mode = _Mode(self._choices.choose(len(_Mode)))
        if self._mode is _Mode.REFERENCES:
            self._shown.add(name)
            return reference(name)
        value = self._value(name)
        if isinstance(value, Other):
            return reference(name)
        self.written[reference(name)] = value
        self.has_defaults |= not self._facts.allowed_values(name) and not self._facts.named_values.get(name)
        return self._facts.typed(name, value)

    def _value(self, name: str) -> str | Other:
        if name not in self._known:
            self._known[name] = self._pick(self._possible(name))
        return self._known[name]

    def _possible(self, name: str) -> list[str | Other]:
        allowed, default = self._facts.allowed_values(name), self._facts.default(name)
        if allowed:
            return [each for each in allowed if each not in self._excluded[name]]
        named = self._facts.named_values.get(name, ())
        if not named:
            # It decides nothing else. Without this mode, each such parameter would double the readings.
            return [default] if self._mode is _Mode.DEFAULTS and default is not None else [Other.VALUE]
        candidates = dict.fromkeys((*([] if default is None else [default]), *named))
        return [*(each for each in candidates if each not in self._excluded[name]), Other.VALUE]

    def _pick(self, options: Sequence[str | Other]) -> str | Other:
        return options[self._choices.choose(len(options))]

    def condition(self, name: object) -> bool:
        """Return the outcome of a condition; one that the template lacks can have either."""
        definition = self._facts.conditions.get(name) if isinstance(name, str) else None
        if definition is None or not isinstance(name, str) or name in self._open:
            return self._either(f"condition {_canonical(name)}")
        if name not in self._outcomes:
            self._open.add(name)
            outcome = self._holds(definition)
            self._open.discard(name)
            self._outcomes[name] = outcome
        return self._outcomes[name]

    def _holds(self, expression: object) -> bool:
        if isinstance(expression, Mapping) and len(expression) == 1:
            [(function, argument)] = expression.items()
            arguments = as_list(argument)
            if function == "Condition":
                return self.condition(argument)
            if function == "Fn::And":
                return all(self._holds(each) for each in arguments)
            if function == "Fn::Or":
                return any(self._holds(each) for each in arguments)
            if function == "Fn::Not" and len(arguments) == 1:
                return not self._holds(arguments[0])
            if function == "Fn::Equals" and len(arguments) == 2:
                return self._equal(arguments[0], arguments[1])
        return self._either(_canonical(expression))

    def _equal(self, first: object, second: object) -> bool:
        for this, that in ((first, second), (second, first)):
            if (name := self._facts.variable(this)) and not self._facts.variable(that):
                value = self._read(that)
                if isinstance(value, str | int | float) and not isinstance(value, Unresolved):
                    return self._is(name, scalar_text(value))
        values = [self._operand(each) for each in (first, second)]
        if not any(_is_open(value) for value in values):
            return _canonical(values[0]) == _canonical(values[1])
        if _canonical(first) == _canonical(second):
            return True
        return self._either(f"{' = '.join(sorted((_canonical(first), _canonical(second))))}")

    def _operand(self, value: object) -> object:
        name = self._facts.variable(value)
        known = self._known.get(name) if name else None
        read = known if isinstance(known, str) else self._read(value)
        return scalar_text(read) if isinstance(read, int | float) else read

    def _is(self, name: str, value: str) -> bool:
        """Return whether a variable has a value, and remember it."""
        allowed = self._facts.allowed_values(name)
        if name in self._known:
            known = self._known[name]
            named = (*self._facts.named_values.get(name, ()), self._facts.default(name))
            if known is Other.VALUE and value not in named:
                return self._either(f"{name} = {value}")
            return known == value
        if value in self._excluded[name] or (allowed and value not in allowed):
            return False
        left = [each for each in allowed if each not in self._excluded[name]]
        if left == [value] or self._choices.choose(2) == 0:
            self._known[name] = value
            return True
        self._excluded[name].add(value)
        return False

    def _either(self, about: str) -> bool:
        if about not in self._outcomes:
            self._outcomes[about] = self._choices.choose(2) == 0
        return self._outcomes[about]

    def key(self, expression: object, keys: Sequence[str], *, others: bool) -> str | None:
        """Return the key of a mapping that an expression selects, None for none of them.

        `others` says whether it may be none of them, so that the value is the default.
        """
        name = self._facts.variable(expression)
        if name:
            return self._selected(name, keys, others=others)
        value = self._read(expression)
        if isinstance(value, str | int | float) and not isinstance(value, Unresolved):
            return scalar_text(value) if scalar_text(value) in keys else None
        about = _canonical([expression, *keys])
        if about not in self._keys:
            options = [*keys, None] if others else [*keys]
            self._keys[about] = options[self._choices.choose(len(options))]
        return self._keys[about]

    def _selected(self, name: str, keys: Sequence[str], *, others: bool) -> str | None:
        if name not in self._known:
            allowed = self._facts.allowed_values(name)
            options = [each for each in allowed or keys if each not in self._excluded[name]]
            index = self._choices.choose(len(options) + (others and not allowed))
            if index == len(options):
                self._excluded[name].update(keys)
                return None
            self._known[name] = options[index]
        known = self._known[name]
        return known if isinstance(known, str) and known in keys else None


def scalar_text(value: object) -> str:
    """Return a scalar as CloudFormation compares it: a boolean is `true` or `false`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_open(value: object) -> bool:
    if isinstance(value, list):
        return any(map(_is_open, value))
    return not isinstance(value, str) or isinstance(value, Unresolved)


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)
