"""Values of a template as text: a reference becomes `<LogicalId>`, as it isn't known before the deployment."""

import re
from collections.abc import Mapping

_SUB = re.compile(r"\$\{(!?)([^{}]*)\}")


def text(value: object) -> str:
    """Return a value as text, with Fn::Join and Fn::Sub carried out and each reference in angle brackets."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return str(value)
    [(function, argument)] = value.items()
    if function == "Fn::Join" and isinstance(argument, list) and isinstance(argument[1], list):
        return str(argument[0]).join(text(part) for part in argument[1])
    if function == "Fn::Sub":
        template = argument[0] if isinstance(argument, list) else argument
        # ${!name} is how a template writes a policy variable.
        return _SUB.sub(lambda match: f"${{{match[2]}}}" if match[1] else _reference(match[2]), str(template))
    return _reference(".".join(map(str, argument)) if isinstance(argument, list) else str(argument))


def _reference(name: str) -> str:
    # Without colons, so that an ARN keeps its parts.
    return f"<{name.replace('::', '.').replace(':', '.')}>"
