"""Values of a template as they are known before the deployment: each reference is written as `<LogicalId>`."""

import re
from collections.abc import Iterator, Mapping
from itertools import product

from temp_access.cfn.intrinsics import NO_VALUE, resolve_functions, substitute

_MAX_CONDITIONS = 4
_DYNAMIC_REFERENCE = re.compile(r"\{\{(resolve:[^{}]*)\}\}")


def if_variants(value: object) -> Iterator[object]:
    """Yield `value` without Fn::If, once for each combination of its conditions.

    With more than four conditions, only two combinations are yielded: all true and all false.
    """
    names = sorted(set(_condition_names(value)))
    uniform = [(True,) * len(names), (False,) * len(names)]
    for outcomes in uniform if len(names) > _MAX_CONDITIONS else product((True, False), repeat=len(names)):
        yield _with_outcomes(value, dict(zip(names, outcomes, strict=True)))


def render_all(value: object) -> object:
    """Return `value` with each intrinsic function in it as a string; AWS::NoValue is left out."""

    def call(function: str, argument: object) -> object:
        return NO_VALUE if (function, argument) == ("Ref", "AWS::NoValue") else render({function: argument})

    return resolve_functions(value, call, lambda leaf: render(leaf) if isinstance(leaf, str) else leaf)


def render(value: object) -> str:
    """Return a value as a string: Fn::Join and Fn::Sub are applied, other functions are in angle brackets."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return _DYNAMIC_REFERENCE.sub(lambda match: _reference(match[1]), str(value))
    [(function, argument)] = value.items()
    if function == "Fn::Join" and isinstance(argument, list) and isinstance(argument[1], list):
        return str(argument[0]).join(render(part) for part in argument[1])
    if function == "Fn::Sub":
        return substitute(str(argument[0] if isinstance(argument, list) else argument), _reference)
    if function in ("Ref", "Fn::GetAtt", "Fn::ImportValue"):
        return _reference(".".join(map(render, argument)) if isinstance(argument, list) else render(argument))
    return _reference(str(function).removeprefix("Fn::"))


def _reference(name: str) -> str:
    # Without colons and slashes, so that an ARN keeps its parts.
    return f"<{re.sub('::?|/', '.', name).strip('<>')}>"


def _condition_names(value: object) -> Iterator[str]:
    if branches := _if_branches(value):
        yield branches[0]
    for item in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _condition_names(item)


def _with_outcomes(value: object, outcomes: Mapping[str, bool]) -> object:
    if branches := _if_branches(value):
        name, if_true, if_false = branches
        return _with_outcomes(if_true if outcomes[name] else if_false, outcomes)
    if isinstance(value, Mapping):
        return {key: _with_outcomes(item, outcomes) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_outcomes(item, outcomes) for item in value]
    return value


def _if_branches(value: object) -> tuple[str, object, object] | None:
    branches = value.get("Fn::If") if isinstance(value, Mapping) and len(value) == 1 else None
    return (str(branches[0]), branches[1], branches[2]) if isinstance(branches, list) and len(branches) == 3 else None
