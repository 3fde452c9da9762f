"""Values of a template that aren't known before the deployment, where everything else is read."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

_SHOWN = 60


class _Content(dict[str, Any]):
    """What an opaque value contains."""

    def __repr__(self) -> str:
        """Return it in words, for messages about policies."""
        return "a value that isn't known"


class OpaqueValue(dict[str, Any]):
    """What stands for a value that can't be resolved: valid in no place of a policy.

    `written` is what is written, and `text` the same in words.
    """

    def __init__(self, written: object, text: str = "") -> None:
        self.written = written
        self.text = text or _described(written)
        # Neither an operator, a key, a type of principal nor an element is called so, and none has such values.
        super().__init__({self.text: _Content({self.text: _Content()})})

    def __repr__(self) -> str:
        """Return it in words, for messages about policies."""
        return self.text


def opaque_parts(value: object) -> Iterator[OpaqueValue]:
    """Yield each opaque value inside of a value."""
    if isinstance(value, OpaqueValue):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from opaque_parts(each)
    elif isinstance(value, list):
        for each in value:
            yield from opaque_parts(each)


def _described(written: object) -> str:
    """Return a function with its argument, as far as that is short."""
    if isinstance(written, Mapping) and len(written) == 1:
        [(function, argument)] = written.items()
        is_name = (
            function == "Fn::GetAtt" and isinstance(argument, list) and all(isinstance(each, str) for each in argument)
        )
        short = ".".join(argument) if is_name else argument if isinstance(argument, str) else _shortened(argument)
        return f"{function} {short}"
    return "nothing" if written is None else _shortened(written)


def _shortened(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
