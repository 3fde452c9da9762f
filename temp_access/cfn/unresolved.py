"""Values of a template as text: a reference becomes `<LogicalId>`, as it isn't known before the deployment."""

import re
from collections.abc import Iterator, Mapping
from itertools import product

_MOST = 4
_DYNAMIC = re.compile(r"\{\{(resolve:[^{}]*)\}\}")
_SUB = re.compile(r"\$\{(!?)([^{}]*)\}")


def if_variants(value: object) -> Iterator[object]:
    """Yield `value` with each Fn::If in it decided, once for all that its conditions can be together."""
    names = sorted(set(_conditions(value)))
    # Of very many, all true and all false.
    alike = [(True,) * len(names), (False,) * len(names)]
    for chosen in alike if len(names) > _MOST else product((True, False), repeat=len(names)):
        yield _decided(value, dict(zip(names, chosen, strict=True)))


def _conditions(value: object) -> Iterator[str]:
    if branches := _branches(value):
        yield branches[0]
    for item in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _conditions(item)


def _decided(value: object, holds: Mapping[str, bool]) -> object:
    if branches := _branches(value):
        name, yes, no = branches
        return _decided(yes if holds[name] else no, holds)
    if isinstance(value, Mapping):
        return {key: _decided(item, holds) for key, item in value.items()}
    if isinstance(value, list):
        return [_decided(item, holds) for item in value]
    return value


def _branches(value: object) -> tuple[str, object, object] | None:
    found = value.get("Fn::If") if isinstance(value, Mapping) and len(value) == 1 else None
    return (str(found[0]), found[1], found[2]) if isinstance(found, list) and len(found) == 3 else None


def render_all(value: object) -> object:
    """Return `value` with every function of CloudFormation in it as text; what has no value is left out."""
    if isinstance(value, list):
        return [render_all(item) for item in value if not _is_nothing(item)]
    if isinstance(value, Mapping):
        if _is_function(value):
            return render(value)
        return {key: render_all(item) for key, item in value.items() if not _is_nothing(item)}
    return render(value) if isinstance(value, str) else value


def render(value: object) -> str:
    """Return a value as text, with Fn::Join and Fn::Sub carried out and each reference in angle brackets."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return _DYNAMIC.sub(lambda match: _reference(match[1]), str(value))
    [(function, argument)] = value.items()
    if function == "Fn::Join" and isinstance(argument, list) and isinstance(argument[1], list):
        return str(argument[0]).join(render(part) for part in argument[1])
    if function == "Fn::Sub":
        template = argument[0] if isinstance(argument, list) else argument
        # ${!name} is how a template writes a policy variable.
        return _SUB.sub(lambda match: f"${{{match[2]}}}" if match[1] else _reference(match[2]), str(template))
    if function in ("Ref", "Fn::GetAtt", "Fn::ImportValue"):
        return _reference(".".join(map(render, argument)) if isinstance(argument, list) else render(argument))
    return _reference(str(function).removeprefix("Fn::"))


def _is_function(value: Mapping[str, object]) -> bool:
    return len(value) == 1 and (next(iter(value)) == "Ref" or next(iter(value)).startswith("Fn::"))


def _is_nothing(value: object) -> bool:
    return value == {"Ref": "AWS::NoValue"}


def _reference(name: str) -> str:
    # Without colons and slashes, so that an ARN keeps its parts.
    return f"<{re.sub('::?|/', '.', name).strip('<>')}>"
