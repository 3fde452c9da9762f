"""A template's values are read as CloudFormation computes them, for every condition, parameter and mapping key."""

import base64
import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temp_access.cfn.assumptions import TemplateFacts
from temp_access.cfn.choices import all_outcomes
from temp_access.cfn.reading import Reading
from temp_access.cfn.unresolved import Unresolved, render
from tests.unit.support.examples import examples

MAPPINGS = {"M": {"a": {"x": "ax", "y": ["ay", "ay2"]}, "b": {"x": "bx", "y": ["by"]}}}
NOTHING = {"Ref": "AWS::NoValue"}


def readings(value: object, **sections: object) -> list[Any]:
    """Return the distinct values that can be deployed: without those that only stand for them."""
    facts = TemplateFacts(sections)

    def compute(choices: Any) -> tuple[Any, bool]:
        reading = Reading(facts, choices)
        read = reading.read(value)
        return read, reading.assumptions.is_imaginary

    found, is_complete = all_outcomes(compute, 100_000)
    assert is_complete
    by_text = {json.dumps(read, sort_keys=True, default=str): read for read, is_imaginary in found if not is_imaginary}
    return [*by_text.values()]


TEXT = st.text("ab/:,*", max_size=5)
Known = tuple[Any, Any]


def texts() -> st.SearchStrategy[Known]:
    """Pairs of an expression and the string that it is."""
    return st.recursive(TEXT.map(lambda text: (text, text)), _functions, max_leaves=8)


def _functions(inner: st.SearchStrategy[Known]) -> st.SearchStrategy[Known]:
    lists = st.lists(inner, min_size=1, max_size=3)
    branch = st.booleans()
    return st.one_of(
        st.tuples(TEXT, lists).map(
            lambda drawn: (
                {"Fn::Join": [drawn[0], [expression for expression, _ in drawn[1]]]},
                drawn[0].join(value for _, value in drawn[1]),
            )
        ),
        st.tuples(st.integers(0, 2), lists).map(
            lambda drawn: (
                {"Fn::Select": [str(drawn[0] % len(drawn[1])), [each for each, _ in drawn[1]]]},
                drawn[1][drawn[0] % len(drawn[1])][1],
            )
        ),
        st.tuples(inner, st.sampled_from("/:,")).map(
            lambda drawn: (
                {"Fn::Select": [0, {"Fn::Split": [drawn[1], drawn[0][0]]}]},
                drawn[0][1].split(drawn[1])[0],
            )
        ),
        st.tuples(TEXT, inner).map(
            lambda drawn: (
                {"Fn::Sub": [f"{drawn[0]}${{V}}${{!V}}", {"V": drawn[1][0]}]},
                f"{drawn[0]}{drawn[1][1]}${{V}}",
            )
        ),
        inner.map(lambda drawn: ({"Fn::Base64": drawn[0]}, base64.b64encode(drawn[1].encode()).decode())),
        inner.map(lambda drawn: ({"Fn::ToJsonString": {"k": drawn[0]}}, f'{{"k":{json.dumps(drawn[1])}}}')),
        lists.map(
            lambda drawn: (
                {"Fn::Join": ["", [{"Fn::Length": [each for each, _ in drawn]}]]},
                str(len(drawn)),
            )
        ),
        inner.map(
            lambda drawn: ({"Fn::FindInMap": ["M", "a", {"Fn::Select": [0, ["x", drawn[0]]]}]}, MAPPINGS["M"]["a"]["x"])
        ),
        inner.map(
            lambda drawn: ({"Fn::FindInMap": ["M", "absent", "x", {"DefaultValue": drawn[0]}]}, drawn[1])
        ),
        st.tuples(branch, inner, inner).map(
            lambda drawn: (
                {"Fn::If": ["True" if drawn[0] else "False", drawn[1][0], drawn[2][0]]},
                drawn[1][1] if drawn[0] else drawn[2][1],
            )
        ),
        st.tuples(lists, branch).map(
            lambda drawn: (
                {"Fn::Join": ["-", [*(each for each, _ in drawn[0]), {"Fn::If": ["True", NOTHING, "x"]}]]},
                "-".join(value for _, value in drawn[0]),
            )
        ),
    )  # fmt: skip


@examples(400)
@given(texts())
def test_an_expression_with_a_known_value_has_that_value(known: Known) -> None:
    """Functions are nested in each other at any depth."""
    expression, value = known
    conditions = {"True": {"Fn::Equals": ["a", "a"]}, "False": {"Fn::Not": [{"Condition": "True"}]}}
    assert readings(expression, Mappings=MAPPINGS, Conditions=conditions) == [value]


PARAMETERS = {
    "P": {"Type": "String", "AllowedValues": ["p1", "p2", "p3"]},
    "Q": {"Type": "String", "AllowedValues": ["q1", "q2"]},
    "K": {"Type": "String", "AllowedValues": ["a", "b"]},
    "N": {"Type": "Number", "AllowedValues": [0, 1]},
    "D": {"Type": "String", "Default": "d1"},
}
# D has its default, a value that a condition names, or any other, which is read as a reference.
CHOICES: dict[str, list[str]] = {
    "P": ["p1", "p2", "p3"],
    "Q": ["q1", "q2"],
    "K": ["a", "b"],
    "N": ["0", "1"],
    "D": ["d1", "d2", "<D>"],
}
# Any other Region is as good as this one: the template names two.
REGIONS = ["us-east-1", "eu-west-1", "another"]
CONDITIONS = ("C0", "C1", "C2", "C3")


def comparisons(name: str, values: list[str]) -> st.SearchStrategy[Any]:
    """Comparisons of a parameter or pseudo parameter with one of these values."""
    return st.sampled_from(values).flatmap(
        lambda value: st.sampled_from([{"Fn::Equals": [{"Ref": name}, value]}, {"Fn::Equals": [value, {"Ref": name}]}])
    )


def conditions() -> st.SearchStrategy[dict[str, Any]]:
    """The Conditions of a template; a later one can name an earlier one."""
    atoms = st.one_of(
        *(comparisons(name, [*CHOICES[name], "never"]) for name in "PQKN"),
        comparisons("D", ["d1", "d2"]),
        comparisons("AWS::Region", REGIONS[:2]),
    )

    def definition(index: int) -> st.SearchStrategy[Any]:
        earlier = [{"Condition": name} for name in CONDITIONS[:index]]
        leaves = st.one_of(atoms, st.sampled_from(earlier)) if earlier else atoms
        return st.recursive(
            leaves,
            lambda inner: st.one_of(
                st.lists(inner, min_size=2, max_size=3).map(lambda each: {"Fn::And": each}),
                st.lists(inner, min_size=2, max_size=3).map(lambda each: {"Fn::Or": each}),
                inner.map(lambda each: {"Fn::Not": [each]}),
            ),
            max_leaves=4,
        )

    return st.fixed_dictionaries({name: definition(index) for index, name in enumerate(CONDITIONS)})


def values() -> st.SearchStrategy[Any]:
    """Values that depend on conditions, parameters and a mapping."""
    leaves = st.sampled_from(
        ["x", "y", {"Ref": "P"}, {"Ref": "Q"}, {"Ref": "D"}, {"Fn::Sub": "${P}-${Q}"}, NOTHING]
        + [{"Fn::FindInMap": ["M", {"Ref": "K"}, second]} for second in ("x", "y")]
        + [{"Fn::Select": [{"Ref": "N"}, [{"Ref": "P"}, "z"]]}]
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(st.sampled_from(CONDITIONS), inner, inner).map(lambda each: {"Fn::If": [*each]}),
            st.lists(inner, max_size=3),
            st.dictionaries(st.sampled_from("ABC"), inner, max_size=2),
        ),
        max_leaves=6,
    )


class Interpreter:
    """CloudFormation for one deployment: each parameter has a value."""

    def __init__(self, chosen: Mapping[str, str], definitions: Mapping[str, Any]) -> None:
        self.chosen, self.definitions = chosen, definitions

    def holds(self, condition: Any) -> bool:
        [(function, argument)] = condition.items()
        if function == "Condition":
            return self.holds(self.definitions[argument])
        if function == "Fn::Equals":
            return bool(self.value(argument[0]) == self.value(argument[1]))
        outcomes = [self.holds(each) for each in argument]
        if function == "Fn::Not":
            return not outcomes[0]
        return all(outcomes) if function == "Fn::And" else any(outcomes)

    def value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [each for each in map(self.value, value) if each is not None]
        if not isinstance(value, dict):
            return value
        function, argument = next(iter(value.items()), ("", ""))
        if function == "Ref":
            return None if argument == "AWS::NoValue" else self.chosen[argument]
        if function == "Fn::Sub":
            return argument.replace("${P}", self.chosen["P"]).replace("${Q}", self.chosen["Q"])
        if function == "Fn::If":
            return self.value(argument[1 if self.holds(self.definitions[argument[0]]) else 2])
        if function == "Fn::FindInMap":
            return MAPPINGS["M"][self.value(argument[1])][argument[2]]
        if function == "Fn::Select":
            return self.value(argument[1])[int(self.value(argument[0]))]
        return {key: read for key, read in ((key, self.value(item)) for key, item in value.items()) if read is not None}


def deployments() -> Iterator[dict[str, str]]:
    """Yield every combination of the parameters' values and the Region."""
    names = [*CHOICES, "AWS::Region"]
    for chosen in itertools.product(*CHOICES.values(), REGIONS):
        yield dict(zip(names, chosen, strict=True))


@examples(400)
@given(conditions(), st.lists(values(), min_size=1, max_size=3))
def test_the_readings_are_the_values_of_all_deployments(definitions: dict[str, Any], value: list[Any]) -> None:
    """No value is missing, and none is read that no deployment has: related conditions agree."""
    names_d2 = "d2" in json.dumps(definitions)
    deployed = {
        json.dumps(Interpreter(chosen, definitions).value(value), sort_keys=True)
        for chosen in deployments()
        if names_d2 or chosen["D"] != "d2"
    }
    read = readings(value, Parameters=PARAMETERS, Mappings=MAPPINGS, Conditions=definitions)
    assert {json.dumps(each, sort_keys=True) for each in read} == deployed


def reference(name: str) -> object:
    """Return a Ref."""
    return {"Ref": name}


def typed(**values: object) -> dict[str, Any]:
    """Return the Parameters of a template with the parameter P."""
    return {"Parameters": {"P": {"Type": "String", **values}}}


@pytest.mark.parametrize(
    ("value", "sections", "expected"),
    [
        # Parameters: with a default, it or another value; a named value; allowed values only.
        (reference("P"), typed(), ["<P>"]),
        (reference("P"), typed(Default="*"), ["<P>", "*"]),
        (reference("P"), typed(Default="a", AllowedValues=["b", "a"]), ["a", "b"]),
        (reference("P"), typed(Type="CommaDelimitedList", Default="a, b"), ["<P>", ["a", "b"]]),
        (reference("P"), typed(Type="CommaDelimitedList", AllowedValues=["a", "b"]), [["a", "b"], ["a"], ["b"]]),
        (reference("P"), typed(Type="Number", Default=5), ["<P>", "5"]),
        (reference("P"), typed(Type="AWS::SSM::Parameter::Value<String>", Default="/path"), ["<P>"]),
        ({"Fn::Sub": "${P}/x"}, typed(Default="a"), ["<P>/x", "a/x"]),
        ({"Fn::Select": [0, reference("P")]}, typed(Type="CommaDelimitedList", Default="a,b"), ["<Select>", "a"]),
        # Mappings: any key that may be selected, and the default of the language extension.
        ({"Fn::FindInMap": ["M", reference("AWS::Region"), "x"]}, {"Mappings": MAPPINGS}, ["ax", "bx"]),
        ({"Fn::FindInMap": ["M", {"Fn::GetAtt": ["R", "A"]}, "y"]}, {"Mappings": MAPPINGS}, [["ay", "ay2"], ["by"]]),
        ({"Fn::FindInMap": ["M", "a", reference("P")]}, {"Mappings": MAPPINGS, **typed()}, ["ax", ["ay", "ay2"]]),
        (
            {"Fn::FindInMap": ["M", reference("AWS::Region"), "x", {"DefaultValue": "d"}]},
            {"Mappings": MAPPINGS},
            ["ax", "bx", "d"],
        ),
        ({"Fn::FindInMap": ["M", "c", "x", {"DefaultValue": reference("R")}]}, {"Mappings": MAPPINGS}, ["<R>"]),
        ({"Fn::FindInMap": ["M", "c", "x"]}, {"Mappings": MAPPINGS}, []),
        ({"Fn::FindInMap": [{"Ref": "R"}, "a", "x"]}, {"Mappings": MAPPINGS | {"L": {"a": {"x": "l"}}}}, ["ax", "l"]),
        ({"Fn::FindInMap": ["Nowhere", "c", "x", {"DefaultValue": "d"}]}, {"Mappings": MAPPINGS}, ["d"]),
        ({"Fn::FindInMap": ["Nowhere", "c", "x"]}, {"Mappings": MAPPINGS}, ["<FindInMap>"]),
        ({"Fn::FindInMap": ["M", "a", "x"]}, {"Mappings": {"M": {"Fn::Transform": {}}}}, ["<FindInMap>"]),
        # A mapping's key and a condition on the same Region.
        (
            {"Fn::If": ["C", {"Fn::FindInMap": ["M", reference("AWS::Region"), "x"]}, "else"]},
            {"Mappings": MAPPINGS, "Conditions": {"C": {"Fn::Equals": [reference("AWS::Region"), "b"]}}},
            ["bx", "else"],
        ),
        # What isn't known keeps its name.
        ({"Fn::GetAtt": ["Role", "Arn"]}, {}, ["<Role.Arn>"]),
        ({"Fn::GetAtt": "Role.Arn"}, {}, ["<Role.Arn>"]),
        ({"Fn::ImportValue": {"Fn::Sub": "${S}:Arn"}}, {}, ["<S.Arn>"]),
        ({"Fn::ImportValue": "Other:Arn"}, {}, ["<Other.Arn>"]),
        ({"Fn::Transform": {"Name": "AWS::Include"}}, {}, ["<Transform>"]),
        ({"Fn::GetAZs": ""}, {}, ["<GetAZs>"]),
        ({"Fn::Select": [0, {"Fn::GetAZs": ""}]}, {}, ["<Select>"]),
        ({"Fn::Base64": reference("R")}, {}, ["<Base64>"]),
        ({"Fn::Length": reference("R")}, {}, ["<Length>"]),
        ({"Fn::Future": 1}, {}, ["<Future>"]),
        ("arn:aws:s3:::{{resolve:ssm:/app/bucket:3}}/x", {}, ["arn:aws:s3:::<resolve.ssm..app.bucket.3>/x"]),
        ({"Fn::Join": ["", ["{{resolve:ssm:", "/a", "}}"]]}, {}, ["<resolve.ssm..a>"]),
        ({"Fn::Sub": "{{resolve:ssm:/a}}/${R}"}, {}, ["<resolve.ssm..a>/<R>"]),
        # Malformed calls.
        ({"Fn::Join": "x"}, {}, ["<Join>"]),
        ({"Fn::Join": ["", reference("P")]}, typed(), ["<Join>"]),
        ({"Fn::Join": ["", [["a"]]]}, {}, ["<Join>"]),
        ({"Fn::Select": [1]}, {}, ["<Select>"]),
        ({"Fn::Select": ["x", ["a"]]}, {}, ["<Select>"]),
        ({"Fn::Select": [7, ["a"]]}, {}, []),
        ({"Fn::If": ["C", 1]}, {}, ["<If>"]),
        ({"Fn::Sub": 5}, {}, ["<Sub>"]),
        ({"Fn::Cidr": ["x", 1]}, {}, ["<Cidr>"]),
        ({"Fn::Cidr": ["10.0.0.0/8", 1000000000, 1]}, {}, ["<Cidr>"]),
        ({"Fn::Select": [float("inf"), ["a"]]}, {}, ["<Select>"]),
        # Functions that compute.
        ({"Fn::Cidr": ["192.168.0.0/24", "3", "5"]}, {}, [["192.168.0.0/27", "192.168.0.32/27", "192.168.0.64/27"]]),
        ({"Fn::Cidr": ["2001:db8::/32", 1, 64]}, {}, [["2001:db8::/64"]]),
        ({"Fn::Length": [1, 2]}, {}, [2]),
        ({"Fn::Split": ["|", "a||b"]}, {}, [["a", "", "b"]]),
        ({"Fn::Select": [5, {"Fn::Split": [":", {"Fn::Sub": "arn:${AWS::Partition}:x:::*"}]}]}, {}, ["*"]),
        ({"Fn::Split": [":", {"Fn::GetAtt": ["R", "Arn"]}]}, {}, ["<Split>"]),
        ({"Fn::Split": ["-", {"Ref": "AWS::Region"}]}, {}, ["<Split>"]),
    ],
)  # fmt: skip
def test_reads_as_cloudformation_does(value: object, sections: dict[str, object], expected: list[object]) -> None:
    """A reference stands for each value that isn't known before the deployment."""
    read = readings(value, **sections)
    assert sorted(map(json.dumps, read)) == sorted(map(json.dumps, expected))


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, 4),
        ({"A": {"Fn::Equals": ["x", "x"]}}, 2),
        ({"A": {"Condition": "B"}}, 2),
        ({"A": {"Fn::Not": [{"Condition": "B"}]}}, 2),
        ({"A": {"Condition": "A"}}, 4),
        ({"A": {"Fn::Equals": [{"Ref": "P"}, "x"]}, "B": {"Fn::Equals": ["x", {"Ref": "P"}]}}, 2),
        ({"A": {"Fn::Equals": [{"Ref": "P"}, "x"]}, "B": {"Fn::Equals": [{"Ref": "P"}, "y"]}}, 3),
        ({"A": {"Fn::Equals": [{"Ref": "P"}, "x"]}, "B": {"Fn::Equals": [{"Ref": "R"}, "y"]}}, 4),
        ({"A": {"Fn::Equals": [{"Ref": "R"}, {"Ref": "R"}]}}, 2),
        ({"A": {"Fn::Equals": [{"Fn::Join": ["", [{"Ref": "R"}]]}, "x"]}, "B": {"Fn::Unknown": 1}}, 4),
    ],
)
def test_related_conditions_agree(conditions: dict[str, Any], expected: int) -> None:
    """A condition that isn't defined, or refers to itself, can have either outcome."""
    value = [{"Fn::If": ["A", 1, 0]}, {"Fn::If": ["B", 1, 0]}]
    assert len(readings(value, Conditions=conditions, **typed())) == expected


def test_a_default_is_read_with_the_conditions_on_it() -> None:
    """A parameter that is compared with a value has it, its default, or another."""
    conditions = {"IsProd": {"Fn::Equals": [{"Ref": "P"}, "prod"]}}
    value = [{"Ref": "P"}, {"Fn::If": ["IsProd", "yes", "no"]}]
    read = readings(value, Conditions=conditions, **typed(Default="dev"))
    assert sorted(map(tuple, read)) == [("<P>", "no"), ("dev", "no"), ("prod", "yes")]


@pytest.mark.parametrize(
    ("text", "is_open"), [({"Fn::Sub": "${R}"}, True), ({"Fn::Sub": ["${V}", {"V": "x"}]}, False), ("<R>", False)]
)
def test_text_with_a_reference_is_unresolved(text: object, is_open: bool) -> None:
    """Angle brackets that a template contains are plain text."""
    [read] = readings(text)
    assert isinstance(read, Unresolved) is is_open


def test_a_value_without_its_template_is_rendered() -> None:
    """Functions that aren't text are named."""
    assert render({"Fn::Join": ["-", ["a", {"Ref": "B"}]]}) == "a-<B>"
    assert render({"Fn::Sub": ["${B.Arn}", {}]}) == "<B.Arn>"
    assert render({"Fn::GetAZs": ""}) == "<GetAZs>"
