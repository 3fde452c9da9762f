"""Properties that hold for all policies and requests."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from temp_access.iam.decision import Layer
from temp_access.iam.document import Policy
from temp_access.iam.evaluator import PolicySet, evaluate, resource_patterns
from temp_access.iam.parser import parse_policy
from temp_access.iam.request import Request
from tests.unit.support.examples import examples

HOME = "111122223333"
USER = f"arn:aws:iam::{HOME}:user/bob"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/temp-role/bob"
ROLE = f"arn:aws:iam::{HOME}:role/temp-role"
PRINCIPALS = ["*", USER, SESSION, ROLE, f"arn:aws:iam::{HOME}:root", "444455556666"]
quick = examples(60)
CONDITIONS = [
    {},
    {"StringLike": {"s3:prefix": ["bob/*", "bob/"]}},
    {"StringNotLike": {"s3:prefix": "bob/*"}},
    {"Null": {"s3:prefix": "true"}},
    {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}},
]
actions = st.lists(
    st.sampled_from(["*", "s3:*", "s3:Get*", "S3:getobject", "s3:Put?bject", "ec2:*"]), min_size=1, max_size=2
)
resources = st.lists(
    st.sampled_from(["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/bob/*", "arn:aws:s3:::b/${s3:prefix}*"]),
    min_size=1,
    max_size=2,
)


def either(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from([name, f"Not{name}"]), values, min_size=1, max_size=1)


@st.composite
def statements(draw: st.DrawFn, layer: Layer) -> dict[str, Any]:
    statement = {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        **draw(either("Action", actions)),
        **draw(either("Resource", resources)),
        "Condition": draw(st.sampled_from(CONDITIONS)),
    }
    if layer is Layer.RESOURCE:
        statement["Principal"] = {"AWS": draw(st.sampled_from(PRINCIPALS))}
    return statement


def documents(layer: Layer) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(statements(layer), min_size=1, max_size=3)


def parsed(body: list[dict[str, Any]], layer: Layer) -> Policy:
    return parse_policy({"Version": "2012-10-17", "Statement": body}, layer)


def policies(layer: Layer) -> st.SearchStrategy[Policy]:
    return documents(layer).map(lambda body: parsed(body, layer))


layer_sets = st.builds(
    PolicySet,
    identity=st.tuples(policies(Layer.IDENTITY)),
    session=st.none() | st.tuples(policies(Layer.SESSION)),
    boundary=st.none() | policies(Layer.BOUNDARY),
    resource=st.none() | policies(Layer.RESOURCE),
    resource_is_trust_policy=st.just(False),
    scps=st.just(()) | st.tuples(st.tuples(policies(Layer.SCP))),
    rcps=st.just(()),
)
RESOURCES = ["*", "arn:aws:s3:::b", "arn:aws:s3:::b/bob/x", "arn:aws:s3:::b/bob/y", "arn:aws:s3:::b/alice/x"]
requests = st.builds(
    Request,
    principal=st.sampled_from([USER, SESSION]),
    action=st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:ListBucket", "ec2:RunInstances"]),
    resource=st.sampled_from(RESOURCES),
    account=st.just(HOME),
    resource_account=st.sampled_from([HOME, "444455556666"]),
    role_arn=st.none(),
    context=st.sampled_from([{}, {"s3:prefix": "bob/x"}, {"s3:prefix": "alice/"}, {"aws:TagKeys": ["a", "c"]}]),
    principal_tags=st.just({}),
)


@quick
@given(layers=layer_sets, request=requests, denied=statements(Layer.IDENTITY))
def test_another_deny_never_allows_more(layers: PolicySet, request: Request, denied: dict[str, Any]) -> None:
    """A Deny can remove an Allow, never add one."""
    deny = parsed([{**denied, "Effect": "Deny"}], Layer.IDENTITY)
    more = replace(layers, identity=(*layers.identity, deny))

    assert evaluate(layers, request).allowed or not evaluate(more, request).allowed


@quick
@given(layers=layer_sets, request=requests, session=policies(Layer.SESSION))
def test_a_session_policy_never_adds(layers: PolicySet, request: Request, session: Policy) -> None:
    """What is denied without a session policy is denied with any."""
    without = evaluate(replace(layers, session=None), request)

    assert without.allowed or not evaluate(replace(layers, session=(session,)), request).allowed


@quick
@given(layers=layer_sets, request=requests, boundary=policies(Layer.BOUNDARY))
def test_a_boundary_never_adds(layers: PolicySet, request: Request, boundary: Policy) -> None:
    """What is denied without a permissions boundary is denied with any."""
    without = evaluate(replace(layers, boundary=None), request)

    assert without.allowed or not evaluate(replace(layers, boundary=boundary), request).allowed


@quick
@given(layers=layer_sets, request=requests)
def test_without_a_resource_policy_every_layer_must_allow(layers: PolicySet, request: Request) -> None:
    """A request is allowed exactly if each layer alone allows it."""
    layers = replace(layers, resource=None)
    alone = [PolicySet(identity=layers.identity)]
    alone += [PolicySet(identity=(layers.boundary,))] if layers.boundary else []
    alone += [PolicySet(identity=layers.session)] if layers.session else []
    alone += [PolicySet(identity=level) for level in layers.scps]
    same_account = request._replace(resource_account=HOME)

    assert evaluate(layers, same_account).allowed == all(evaluate(each, same_account).allowed for each in alone)


@quick
@given(data=st.data(), body=documents(Layer.IDENTITY), layers=layer_sets, request=requests)
def test_the_order_of_statements_never_matters(
    data: st.DataObject, body: list[dict[str, Any]], layers: PolicySet, request: Request
) -> None:
    """Any permutation gives the same decision by the same layer."""
    shuffled = data.draw(st.permutations(body))

    first = evaluate(replace(layers, identity=(parsed(body, Layer.IDENTITY),)), request)
    other = evaluate(replace(layers, identity=(parsed(shuffled, Layer.IDENTITY),)), request)

    assert (first.kind, first.layer, first.missing) == (other.kind, other.layer, other.missing)


@quick
@given(names=actions, request=requests)
def test_not_action_is_the_complement_of_action(names: list[str], request: Request) -> None:
    """Of Action and NotAction with the same names, exactly one applies."""
    body = {"Effect": "Allow", "Resource": "*"}
    action = parsed([{**body, "Action": names}], Layer.IDENTITY)
    not_action = parsed([{**body, "NotAction": names}], Layer.IDENTITY)
    same_account = request._replace(resource_account=HOME)

    assert (
        evaluate(PolicySet((action,)), same_account).allowed != evaluate(PolicySet((not_action,)), same_account).allowed
    )


@quick
@given(names=resources, request=requests)
def test_not_resource_is_the_complement_of_resource(names: list[str], request: Request) -> None:
    """Of Resource and NotResource with the same names, exactly one applies."""
    body = {"Effect": "Allow", "Action": "*"}
    resource = parsed([{**body, "Resource": names}], Layer.IDENTITY)
    not_resource = parsed([{**body, "NotResource": names}], Layer.IDENTITY)
    same_account = request._replace(resource_account=HOME)

    assert (
        evaluate(PolicySet((resource,)), same_account).allowed
        != evaluate(PolicySet((not_resource,)), same_account).allowed
    )


@quick
@given(layers=layer_sets, request=requests)
def test_the_case_of_an_action_never_matters(layers: PolicySet, request: Request) -> None:
    """Action names aren't case-sensitive, in policies and in requests."""
    assert evaluate(layers, request) == evaluate(layers, request._replace(action=request.action.upper()))


@quick
@given(layers=layer_sets, request=requests)
def test_a_decision_has_reasons_or_missing_layers(layers: PolicySet, request: Request) -> None:
    """An allow or an explicit deny names statements, an implicit deny the missing layers."""
    decision = evaluate(layers, request)

    assert bool(decision.reasons) != bool(decision.missing)
    assert decision.layer in (decision.missing or [reason.layer for reason in decision.reasons])
    effect = "Allow" if decision.allowed else "Deny"
    assert {effect} >= {reason.effect for reason in decision.reasons}


@examples(200)
@given(layers=layer_sets, request=requests, other=st.sampled_from(RESOURCES))
def test_resources_that_match_the_same_patterns_get_the_same_decision(
    layers: PolicySet, request: Request, other: str
) -> None:
    """Also if the patterns have variables; so the decision on one resource stands for many."""
    alike = request._replace(resource=other)
    patterns = resource_patterns(layers, request)
    assert patterns is not None
    if [each.matches(request.resource, request) for each in patterns] == [
        each.matches(other, alike) for each in patterns
    ]:
        assert evaluate(layers, alike) == evaluate(layers, request)


def test_actions_with_rules_of_their_own_have_no_such_patterns() -> None:
    """They read more of the resource than the policies' patterns do."""
    request = Request(USER, "kms:Decrypt", f"arn:aws:kms:us-east-1:{HOME}:key/k", HOME, HOME)

    assert resource_patterns(PolicySet(), request) is None
