"""The variants of a resource: of each statement all are read, however many the resource has."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temp_access.cfn import variants
from temp_access.cfn.assumptions import TemplateFacts
from temp_access.cfn.variants import Variants, document_variants, resource_variants
from tests.unit.support.examples import examples

NOTHING = {"Ref": "AWS::NoValue"}
SECTIONS = {
    "Parameters": {"P": {"Type": "String", "AllowedValues": ["p", "q"]}, "D": {"Type": "String", "Default": "d"}},
    "Conditions": {
        "A": {"Fn::Equals": [{"Ref": "P"}, "p"]},
        "B": {"Fn::Equals": [{"Ref": "D"}, "e"]},
        "AB": {"Fn::And": [{"Condition": "A"}, {"Condition": "B"}]},
    },
}


def elements() -> st.SearchStrategy[Any]:
    """The value of a statement's element."""
    return st.recursive(
        st.sampled_from(["x", "y", {"Ref": "P"}, {"Ref": "D"}, NOTHING]),
        lambda inner: st.one_of(
            st.tuples(st.sampled_from(["A", "B", "AB", "Free"]), inner, inner).map(lambda each: {"Fn::If": [*each]}),
            st.lists(inner, max_size=2),
        ),
        max_leaves=4,
    )


def statements() -> st.SearchStrategy[Any]:
    """The Statement of a document: a list, a single statement, or a function that gives one of them."""
    statement = st.fixed_dictionaries({"Action": elements(), "Resource": elements()})
    choice = st.tuples(st.sampled_from(["A", "B", "Free"]), statement).map(lambda each: {"Fn::If": [*each, NOTHING]})
    lists = st.lists(st.one_of(statement, choice), max_size=3)
    return st.one_of(
        lists,
        statement,
        st.tuples(lists, lists).map(lambda each: {"Fn::If": ["A", *each]}),
    )


def document(statement: object) -> dict[str, Any]:
    """Return a policy document."""
    return {"Version": "2012-10-17", "Statement": statement}


def located(found: Variants) -> Iterator[str]:
    """Yield each statement of the variants that can be deployed, with the names of the roles that have it."""
    for variant in found.variants:
        properties = variant.resource["Properties"]
        if variant.is_imaginary:
            continue
        bodies = {"AssumeRolePolicyDocument": properties.get("AssumeRolePolicyDocument", {})}
        for number, policy in enumerate(properties["Policies"]):
            bodies[f"Policies.{number}.PolicyDocument"] = policy.get("PolicyDocument", {})
        for place, body in bodies.items():
            statement = body.get("Statement", [])
            for index, each in enumerate(statement if isinstance(statement, list) else [statement]):
                written = variant.written_place(f"Properties.{place}.Statement.{index}")
                yield json.dumps([written, each, properties.get("RoleName")], sort_keys=True)


@examples(300)
@given(statements(), statements(), elements(), st.sampled_from([None, "A", "Free"]))
def test_each_statement_has_all_of_its_variants(trust: Any, policy: Any, name: Any, condition: str | None) -> None:
    """The same ones as if every combination of the whole resource were read."""
    resource: dict[str, Any] = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": name,
            "AssumeRolePolicyDocument": document(trust),
            "Policies": [{"PolicyDocument": document(policy)}],
        },
    }
    resource |= {"Condition": condition} if condition else {}
    facts = TemplateFacts(SECTIONS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(variants, "_LIMIT", 100_000)
        everything = resource_variants(facts, resource)
        patch.setattr(variants, "_LIMIT", 1)
        patch.setattr(variants, "_PART_LIMIT", 100_000)
        one_by_one = resource_variants(facts, resource)
    assert everything.problem is None
    assert one_by_one.problem is None
    assert set(located(one_by_one)) == set(located(everything))


def test_reads_every_branch_if_there_are_too_many_combinations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those behind a branch that isn't the first."""
    monkeypatch.setattr(variants, "_LIMIT", 1)
    monkeypatch.setattr(variants, "_PART_LIMIT", 1)
    deep = {"Fn::If": ["A", "1", {"Fn::If": ["B", "2", {"Fn::If": ["C", {"Fn::If": ["D", "3", "4"]}, "5"]}]}]}
    for statement in ({"Action": deep}, [{"Action": "a"}, {"Action": deep}], {"Fn::If": ["A", [], [{"Action": deep}]]}):
        found = resource_variants(TemplateFacts({}), {"Properties": {"PolicyDocument": document(statement)}})
        text = json.dumps([variant.resource for variant in found.variants])
        assert all(f'"Action": "{number}"' in text for number in range(1, 6))
        assert found.problem
        assert "each branch is read" in found.problem


def test_a_document_without_its_template_has_variants() -> None:
    """Its conditions can have any outcome."""
    body = document([{"Action": {"Fn::If": ["C", "a", {"Ref": "P"}]}}])
    assert [each["Statement"][0]["Action"] for each in document_variants(body)] == ["a", "<P>"]


def test_nesting_has_a_limit() -> None:
    """A hostile template ends in a sentence, not in a traceback."""
    value: Any = "x"
    for _ in range(5000):
        value = [value]
    found = resource_variants(TemplateFacts({}), {"Properties": {"PolicyDocument": value}})
    assert (found.variants, found.problem) == ((), "it is nested too deeply")
