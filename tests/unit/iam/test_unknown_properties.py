"""A decision with unknown values is the decision with every value that they can have, or undecided."""

from itertools import islice, product
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from temp_access.iam.condition_keys import CONDITION_KEYS
from temp_access.iam.decision import DecisionType, Layer
from temp_access.iam.document import Policy
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.reader import read_policy
from temp_access.iam.request import Request, UnknownValue
from tests.unit.iam.test_unknown import ALLOW, FEDERATED, HOME, ROOT, SERVICE, SESSION, USER
from tests.unit.support.examples import examples

USER_ID, ROLE_ID = "AIDAEXAMPLEEXAMPLE123", "AROAEXAMPLEEXAMPLE123"
# The values that are tried for an unknown key; those that a request may lack are also tried as absent.
VALUES: dict[str, list[Any]] = {
    "aws:userid": [USER_ID, f"{ROLE_ID}:bob", "AIDAANOTHERANOTHER123"],
    "aws:securetransport": ["true", "false"],
    "aws:multifactorauthpresent": ["true", "false"],
    "aws:principalorgid": ["o-a", "o-b"],
    "aws:principalorgpaths": [("o-a/r-1/",), ("o-b/r-1/", "o-a/r-2/"), ""],
    "aws:sourceip": ["192.0.2.1", "203.0.113.9"],
    "aws:currenttime": ["2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"],
    "aws:principaltag/team": ["red", "blue", ""],
    "aws:tagkeys": [("red",), ("red", "blue"), ""],
}
POLICY_VALUES = [USER_ID, f"{ROLE_ID}:*", "AIDA*", "true", "false", "o-a*", "*", "red", "blue", "", "${aws:userid}"]
TEXT = ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "ArnLike"]
QUANTIFIERS = ["", "", "ForAllValues:", "ForAnyValue:"]
RESOURCES = ["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:userid}/*", "arn:aws:s3:::${aws:PrincipalTag/team, 'b'}/*"]


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    """Conditions on keys that aren't known, and now and then one that can't be read."""
    block: dict[str, dict[str, Any]] = {}
    for key in draw(st.lists(st.sampled_from([*VALUES, "aws:username"]), max_size=2)):
        match draw(st.integers(0, 6)):
            case 0:
                block.setdefault("Null", {})[key] = draw(st.sampled_from(["true", "false"]))
            case 1:
                block.setdefault("IpAddress", {})[key] = "192.0.2.0/24"
            case 2:
                block.setdefault("DateLessThan", {})[key] = "2025-01-01T00:00:00Z"
            case 3 if draw(st.booleans()):
                block.setdefault("StringResembles", {})[key] = "x"
            case _:
                loose = draw(st.sampled_from(["", "IfExists"]))
                operator = draw(st.sampled_from(QUANTIFIERS)) + draw(st.sampled_from(TEXT)) + loose
                values = st.lists(st.sampled_from(POLICY_VALUES), min_size=1, max_size=2)
                block.setdefault(operator, {})[key] = draw(values)
    return {"Condition": block} if block else {}


PRINCIPALS = [USER, SESSION, HOME, USER_ID, ROLE_ID, f"{ROLE_ID}:bob", "*", "0123456789abcdef" * 4]


@st.composite
def policies(draw: st.DrawFn, layer: Layer) -> Policy:
    """A policy of one to three statements."""
    statements = []
    for _ in range(draw(st.integers(1, 3))):
        effect = draw(st.sampled_from(["Allow", "Allow", "Deny"]))
        principal = {}
        if layer is Layer.RESOURCE:
            name = "NotPrincipal" if effect == "Deny" and draw(st.booleans()) else "Principal"
            principal = {name: {"AWS": draw(st.lists(st.sampled_from(PRINCIPALS), min_size=1, max_size=3))}}
        resource = draw(st.sampled_from(["Resource", "Resource", "NotResource"]))
        statements.append(
            {
                "Effect": effect,
                "Action": "*",
                resource: draw(st.sampled_from(RESOURCES)),
                **principal,
                **draw(conditions()),
            }
        )
    return read_policy({"Version": "2012-10-17", "Statement": statements}, layer)


@st.composite
def policy_sets(draw: st.DrawFn) -> PolicySet:
    """Policies of several layers."""
    return PolicySet(
        identity=draw(st.tuples(policies(Layer.IDENTITY)) | st.tuples(policies(Layer.IDENTITY), st.just(ALLOW))),
        session=draw(st.none() | st.none() | st.tuples(policies(Layer.SESSION), st.just(ALLOW))),
        boundary=draw(st.none() | st.none() | policies(Layer.BOUNDARY)),
        resource=draw(st.none() | policies(Layer.RESOURCE)),
        scps=draw(st.just(()) | st.tuples(st.tuples(policies(Layer.SCP), st.just(ALLOW)))),
    )


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """A request that says little of its keys, or says that they aren't known."""
    principal = draw(st.sampled_from([USER, SESSION, FEDERATED, ROOT, SERVICE, "*"]))
    unknown = st.sampled_from(UnknownValue)
    context = {key: draw(unknown) for key in draw(st.sets(st.sampled_from([*VALUES]), max_size=4))}
    return Request(
        principal,
        "s3:GetObject",
        draw(st.sampled_from(["arn:aws:s3:::b/x", f"arn:aws:s3:::b/{USER_ID}/x", "arn:aws:s3:::red/x"])),
        HOME if principal.startswith("arn:") else "",
        draw(st.sampled_from([HOME, HOME, "444455556666"])),
        context=context,
    )


def completions(request: Request) -> list[Request]:
    """Return the request with values for all that isn't known in it."""
    unknown = {key: request.value(key) for key in {*VALUES, *CONDITION_KEYS}}
    choices = []
    for key, state in sorted(unknown.items(), key=lambda item: item[0] not in VALUES):
        if isinstance(state, UnknownValue) and key in VALUES:
            absent = [None] if state is UnknownValue.POSSIBLE else []
            choices.append([(key, value) for value in [*VALUES[key], *absent]])
    # The first key changes fastest, so that a part of a long list has all values of most keys.
    combined = islice(product(*reversed(choices)), 0, None, 7)
    return [request._replace(context={**request.context, **dict(each)}) for each in islice(combined, 300)]


@examples(300)
@given(layers=policy_sets(), request=requests())
def test_a_decision_holds_for_all_values_of_what_is_unknown(layers: PolicySet, request: Request) -> None:
    """Allowed is allowed whatever the values are, and denied is denied."""
    decision = evaluate(layers, request)
    event(decision.kind.value)
    if decision.kind is DecisionType.UNDECIDED:
        assert decision.unknown
        return
    assert not decision.unknown
    for complete in completions(request):
        completed = evaluate(layers, complete)
        # What can't be read stays unknown with all values.
        if completed.kind is not DecisionType.UNDECIDED:
            assert completed.allowed is decision.allowed, complete.context


@examples(200)
@given(layers=policy_sets(), request=requests())
def test_what_a_decision_depends_on_decides_it(layers: PolicySet, request: Request) -> None:
    """With the keys that it names, a request is decided in at least one way more, or other things are named."""
    decision = evaluate(layers, request)
    keys = [name.lower() for name in decision.unknown if name.lower() in VALUES]
    for key in keys:
        for value in VALUES[key]:
            completed = evaluate(layers, request._replace(context={**request.context, key: value}))
            assert key not in [name.lower() for name in completed.unknown]
