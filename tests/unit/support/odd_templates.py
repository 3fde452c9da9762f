"""Templates with a value that can't be read before the deployment at a random place."""

import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from tests.unit.support.review_edits import Templates

_WHOLE: tuple[Any, ...] = ({"Fn::If": ["IsProduction", {}, {"Ref": "AWS::NoValue"}]},)
ODD_VALUES: tuple[Any, ...] = (
    {"Fn::If": ["IsProduction", "a", "b"]},
    {"Fn::If": ["IsProduction", {"AWS": "*"}, {"Ref": "AWS::NoValue"}]},
    {"Fn::GetAtt": ["TrustJson", "Value"]},
    {"Fn::GetAtt": "TrustJson.Value"},
    {"Ref": "AParameter"},
    {"Fn::ImportValue": "from-another-stack"},
    {"Fn::FindInMap": ["Map", {"Ref": "AWS::Region"}, "Key"]},
    {"Fn::Sub": "arn:aws:iam::${Other}:role/x"},
    {"Fn::Sub": ["${a}", {"a": {"Fn::GetAtt": ["X", "Y"]}}]},
    {"Fn::Join": ["", ["arn:aws:s3:::", {"Ref": "AParameter"}]]},
    {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
    {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {}}},
    {"Fn::ForEach::Loop": ["Name", ["a"], {"x${Name}": 1}]},
    "{{resolve:ssm:/name}}",
    {"Ref": "AWS::NoValue"},
    5,
    True,
    None,
    "text",
    [],
    {},
    [{"a": [1]}],
)
# Of another access.toml, if these can't be read.
_KEPT = ("Tags",)


def places(templates: Templates) -> Iterator[tuple[Any, Any]]:
    """Yield each place in the properties of the stacks' resources, as a container and a key or an index."""
    for template in templates.values():
        for resource in template["Resources"].values():
            yield resource, "Properties"
            for name in list(resource.get("Properties", {})):
                if name not in _KEPT:
                    yield resource["Properties"], name
                    yield from _inside(resource["Properties"][name])


def _inside(value: Any) -> Iterator[tuple[Any, Any]]:
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from _inside(value[key])


def make_odd(templates: Templates, seed: int) -> None:
    """Put up to three odd values at random places."""
    chosen = random.Random(seed)  # noqa: S311 - reproducible
    found = [(each, key) for each, key in places(templates) if not (key == "Properties" and "Tags" in each[key])]
    for container, key in chosen.sample(found, chosen.randint(1, 3)):
        container[key] = deepcopy(chosen.choice([*_WHOLE] if key == "Properties" else ODD_VALUES))
