"""Policies that exist are read, whatever is odd in them: a decision that depends on the odd part is undecided."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from temp_access.iam.decision import DecisionType, Layer
from temp_access.iam.document import MalformedPolicy
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.explanation import near_misses
from temp_access.iam.grammar import STATEMENT_ELEMENTS
from temp_access.iam.parser import parse_policy
from temp_access.iam.reader import read_policy
from tests.unit.iam.test_unknown import ALLOW, SESSION, USER, request
from tests.unit.support.examples import examples

ALLOWED, DENIED, HIT, OPEN = (
    DecisionType.ALLOWED,
    DecisionType.IMPLICIT_DENY,
    DecisionType.EXPLICIT_DENY,
    DecisionType.UNDECIDED,
)
BODY: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
# A change that makes the statement odd; what it decides alone, as Allow and (beside an Allow) as Deny; a name of it.
ODD: list[tuple[dict[str, Any], DecisionType, DecisionType, str]] = [
    ({"Condition": {"StringResembles": {"aws:username": "x"}}}, OPEN, OPEN, "StringResembles"),
    ({"Condition": {"Bool": {"aws:SecureTransport": "maybe"}}}, OPEN, OPEN, "'maybe' isn't true or false"),
    ({"Condition": {"StringEquals": {"username": "x"}}}, OPEN, OPEN, "no service prefix"),
    ({"Condition": {"StringEquals": {"aws:username": []}}}, OPEN, OPEN, "has no values"),
    ({"Condition": {"StringEquals": "x"}}, OPEN, OPEN, "must be an object"),
    ({"Condition": ["x"]}, OPEN, OPEN, "must be an object"),
    # A condition that is known to fail decides, beside one that can't be read.
    (
        {"Condition": {"StringResembles": {"aws:username": "x"}, "StringEquals": {"aws:username": "bob"}}},
        DENIED,
        ALLOWED,
        "",
    ),
    ({"Action": "GetObject"}, OPEN, OPEN, "isn't '*' or service:action"),
    ({"Action": ["s3:GetObject", "PutObject"]}, ALLOWED, HIT, ""),
    ({"Action": ["s3:PutObject", "GetObject"]}, OPEN, OPEN, "'GetObject'"),
    ({"NotAction": "s3:GetObject"}, OPEN, OPEN, "both Action and NotAction"),
    ({"Action": []}, OPEN, OPEN, "has no values"),
    ({"Action": "ec2:*", "Condition": {"StringResembles": {"aws:username": "x"}}}, DENIED, ALLOWED, ""),
    ({"Resource": "bucket/x"}, OPEN, OPEN, "neither '*' nor an ARN"),
    ({"Resource": ["arn:aws:s3:::test/*", "bucket/x"]}, ALLOWED, HIT, ""),
    ({"Resource": "arn:aws:s3:::other/*", "Foo": 1}, DENIED, ALLOWED, ""),
    ({"Resource": ["arn:aws:s3:::other/*", "x"]}, OPEN, OPEN, "'x'"),
    ({"Resource": "arn:aws:s3:::test/${aws:username"}, OPEN, OPEN, "bad policy variable"),
    ({"Foo": 1}, OPEN, OPEN, "unknown element 'Foo'"),
    ({"Principal": "*"}, OPEN, OPEN, "not allowed"),
    ({"Sid": "with space"}, ALLOWED, HIT, ""),
    ({"Sid": 7}, ALLOWED, HIT, ""),
]


def kind_of(document: Any, *, beside_allow: bool) -> tuple[DecisionType, str]:
    own = read_policy(document, Layer.IDENTITY, "odd")
    decision = evaluate(PolicySet(identity=(own, ALLOW) if beside_allow else (own,)), request())
    return decision.kind, " ".join(decision.unknown)


@pytest.mark.parametrize(("change", "allow", "deny", "name"), ODD)
def test_what_cant_be_read_is_unknown_and_named(
    change: dict[str, Any], allow: DecisionType, deny: DecisionType, name: str
) -> None:
    body = BODY | change
    with pytest.raises(MalformedPolicy):
        parse_policy({"Version": "2012-10-17", "Statement": [body]}, Layer.IDENTITY)

    allows, why = kind_of({"Version": "2012-10-17", "Statement": [body]}, beside_allow=False)
    denies, why_not = kind_of({"Version": "2012-10-17", "Statement": [body | {"Effect": "Deny"}]}, beside_allow=True)

    assert (allows, denies) == (allow, deny)
    assert name in why
    assert name in why_not
    assert not name or "odd: Statement[0]" in why


@pytest.mark.parametrize(
    "document",
    [
        "not JSON",
        {},
        {"Statement": []},
        {"Statement": ["x"]},
        {"Statement": [{**BODY, "Effect": "allow"}]},
        {"Statement": [{}]},
        {"Version": "2012-10-18", "Statement": [BODY]},
        {"Version": "2012-10-17", "Statement": [BODY], "Foo": 1},
        [],
    ],
)
def test_a_policy_that_cant_be_read_may_do_anything(document: Any) -> None:
    """It may allow the call, and deny what another policy allows."""
    assert kind_of(document, beside_allow=False)[0] is OPEN
    denies = (
        document
        if not isinstance(document, dict) or not document.get("Version")
        else {**document, "Statement": [{**BODY, "Effect": "Deny"}]}
    )
    assert kind_of(denies, beside_allow=True)[0] is OPEN


@pytest.mark.parametrize(
    ("principal", "named", "kind"),
    [
        (USER, {"AWS": "arn:aws:iam::111122223333:user/*"}, OPEN),
        (USER, {"AWS": ["nonsense", USER]}, ALLOWED),
        (SESSION, {"AWS": ["nonsense", "arn:aws:iam::111122223333:role/temp-role"]}, OPEN),
        (USER, {"Alien": "x"}, OPEN),
        (USER, {}, OPEN),
        (USER, 7, OPEN),
    ],
)
def test_principals_that_cant_be_read(principal: str, named: Any, kind: DecisionType) -> None:
    body = {**BODY, "Principal": named}
    with pytest.raises(MalformedPolicy):
        parse_policy({"Statement": body}, Layer.RESOURCE)

    bucket = read_policy({"Statement": body}, Layer.RESOURCE)

    assert evaluate(PolicySet(session=(), resource=bucket), request(principal)).kind is kind


@pytest.mark.parametrize(
    ("layer", "change"),
    [
        (Layer.RESOURCE, {"NotPrincipal": {"AWS": SESSION}}),
        (Layer.RESOURCE, {"Principal": "*", "NotPrincipal": {"AWS": USER}}),
        (Layer.RESOURCE, {"Effect": "Deny", "Principal": "*", "NotPrincipal": {"AWS": USER}}),
        (Layer.TRUST, {"Principal": "*", "Action": "sts:*", "Resource": "arn:aws:iam::111122223333:role/other"}),
        (Layer.RCP, {"Effect": "Deny", "Principal": {"AWS": "111122223333"}}),
    ],
)
def test_elements_that_a_kind_of_policy_does_not_have(layer: Layer, change: dict[str, Any]) -> None:
    """What AWS makes of them isn't known, so neither is whether the statement applies."""
    body = {**BODY, **change}
    with pytest.raises(MalformedPolicy):
        parse_policy({"Statement": body}, layer)

    policy = read_policy({"Statement": body}, layer)

    for statement in policy.statements:
        assert statement.may_apply(request())[0]
        assert "Statement[0]" in statement.may_apply(request())[1][0]
        assert policy.unreadable


def test_the_other_statements_of_an_odd_policy_decide() -> None:
    odd = {**BODY, "Effect": "Deny", "Action": "ec2:*", "Foo": 1}
    document = {"Version": "2012-10-17", "Statement": [odd, BODY]}

    assert kind_of(document, beside_allow=False)[0] is ALLOWED
    assert [
        reason.index for reason in evaluate(PolicySet((read_policy(document, Layer.IDENTITY),)), request()).reasons
    ] == [1]


def test_a_policy_that_is_well_formed_is_read_as_it_is_parsed() -> None:
    document = {"Version": "2012-10-17", "Statement": [BODY]}

    assert read_policy(document, Layer.IDENTITY) == parse_policy(document, Layer.IDENTITY)


SCALARS = (
    st.sampled_from(["*", "s3:*", "Allow", "Deny", "x", "", "aws:userid", "${", "2012-10-17"])
    | st.integers()
    | st.none()
    | st.booleans()
)
NAMES = st.sampled_from(sorted(STATEMENT_ELEMENTS)) | st.sampled_from(
    ["Version", "Statement", "AWS", "Service", "StringEquals", "Null", "Bool", "aws:userid", "x", "IpAddress"]
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3))
STATEMENTS = st.dictionaries(NAMES, VALUES, max_size=5).map(lambda odd: {**BODY, **odd})
DOCUMENTS = VALUES | st.lists(STATEMENTS | VALUES, max_size=2).map(lambda bodies: {"Statement": bodies})


@examples(800)
@given(document=DOCUMENTS, layer=st.sampled_from(Layer))
@example({"Statement": [{"Action": "Allow", "NotResource": "*"}]}, Layer.IDENTITY)
def test_nothing_is_refused(document: Any, layer: Layer) -> None:
    """Whatever the document is, it is read, decided, and explained."""
    policy = read_policy(document, layer)
    list(near_misses(policy, request()))

    decision = evaluate(PolicySet((policy, ALLOW), session=(policy,), resource=policy), request())

    try:
        parse_policy(document, layer)
    except MalformedPolicy:
        assert policy.unreadable
    else:
        assert policy.unreadable == ()
    assert (decision.kind is DecisionType.UNDECIDED) == bool(decision.unknown)
