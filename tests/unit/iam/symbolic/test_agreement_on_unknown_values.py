"""The formulas agree with the evaluator where keys are there without being told, ordered, or of unknown value."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temp_access.iam.callers import IAM, CallerKind, caller_kind
from temp_access.iam.decision import DecisionType, Layer
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.parser import parse_policy
from temp_access.iam.reader import read_policy
from temp_access.iam.request import Request
from temp_access.iam.unknown import UnknownValue
from tests.unit.support.examples import examples
from tests.unit.support.proving import formula_decision

HOME, OTHER = "111122223333", "444455556666"
CALLERS = [
    f"arn:aws:iam::{HOME}:user/bob",
    f"arn:aws:sts::{HOME}:assumed-role/temp-role/bob",
    f"arn:aws:sts::{HOME}:federated-user/bob",
    f"arn:aws:iam::{HOME}:root",
    f"arn:aws:iam::{HOME}:saml-provider/x",
    "x.amazonaws.com",
    "accounts.google.com",
    "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E127EXAMPLE51Z",
    "*",
]
NETWORKS = ["203.0.113.0/24", "203.0.113.128/25", "2001:db8::/32", "0.0.0.0/0", "203.0.113.7"]
NUMBERS = ["5", "5.0", "6", "-1", "9007199254740993"]
DATES = ["2026-01-01", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "1767225600", "2026"]
COMPARISONS = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]


def operators(*names: str) -> st.SearchStrategy[str]:
    """Return these operators, also with IfExists and with a set operator."""
    beginnings, endings = st.sampled_from(["", "", "ForAnyValue:", "ForAllValues:"]), st.sampled_from(["", "IfExists"])
    return st.builds("{}{}{}".format, beginnings, st.sampled_from(names), endings)


def values(*each: str) -> st.SearchStrategy[list[str]]:
    """Return one or two of the values."""
    return st.lists(st.sampled_from(each), min_size=1, max_size=2, unique=True)


def single(operator: str, key: str, listed: list[str]) -> dict[str, Any]:
    """Return the condition."""
    return {operator: {key: listed}}


TEXT = operators("StringEquals", "StringNotEquals", "StringLike", "StringNotLike")
conditions = st.one_of(
    st.builds(single, operators("IpAddress", "NotIpAddress"), st.just("aws:SourceIp"), values(*NETWORKS)),
    st.builds(
        single,
        operators(*(f"Numeric{each}" for each in COMPARISONS)),
        st.sampled_from(["s3:max-keys", "s3:TlsVersion"]),
        values(*NUMBERS),
    ),
    st.builds(
        single,
        operators(*(f"Date{each}" for each in COMPARISONS)),
        st.sampled_from(["aws:CurrentTime", "aws:EpochTime", "aws:TokenIssueTime"]),
        values(*DATES),
    ),
    st.builds(
        single,
        operators("Bool"),
        st.sampled_from(
            ["aws:PrincipalIsAWSService", "aws:ViaAWSService", "aws:MultiFactorAuthPresent", "aws:SecureTransport"]
        ),
        values("true", "false", "TRUE"),
    ),
    st.builds(single, TEXT, st.just("aws:userid"), values("anonymous", "*:bob", HOME, "AIDA*", "*")),
    st.builds(single, TEXT, st.just("aws:PrincipalServiceName"), values("x.amazonaws.com", "*")),
    st.builds(single, TEXT, st.just("aws:PrincipalType"), values("User", "AssumedRole", "Anonymous")),
    st.builds(
        single,
        operators("ArnLike", "ArnNotLike", "StringLike", "StringNotLike"),
        st.just("aws:PrincipalArn"),
        values(f"arn:aws:iam::{HOME}:user/*", f"arn:aws:iam::{HOME}:root", "*"),
    ),
    st.builds(single, TEXT, st.just("aws:PrincipalAccount"), values(HOME, "anonymous", "*")),
    st.builds(single, TEXT, st.just("aws:PrincipalOrgID"), values("o-a", "*")),
    st.builds(single, TEXT, st.just("aws:SourceIp"), values("203.*", "203.0.113.7")),
    st.builds(
        single,
        st.just("Null"),
        st.sampled_from(
            [
                "aws:userid",
                "aws:MultiFactorAuthAge",
                "aws:SourceIp",
                "aws:username",
                "aws:CurrentTime",
                "aws:PrincipalArn",
                "aws:PrincipalAccount",
                "aws:PrincipalIsAWSService",
            ]
        ),
        values("true", "false"),
    ),
)
unknown = st.sampled_from([UnknownValue.PRESENT, UnknownValue.POSSIBLE])
contexts = st.fixed_dictionaries(
    {},
    optional={
        "aws:SourceIp": st.sampled_from(["203.0.113.7", "203.0.113.200", "2001:db8::1", "no address"]) | unknown,
        "s3:max-keys": st.sampled_from([*NUMBERS, "many", ""]) | unknown,
        "s3:TlsVersion": st.sampled_from(["1.2", "5.00"]) | unknown,
        "aws:CurrentTime": st.sampled_from(DATES) | unknown,
        "aws:EpochTime": st.sampled_from(["1767225600", "1767225601"]),
        "aws:MultiFactorAuthPresent": st.sampled_from(["true", "false"]) | unknown,
        "aws:PrincipalOrgID": st.sampled_from(["o-a", "o-b"]) | unknown,
        "aws:SecureTransport": st.sampled_from(["true", "false"]),
    },
)


def policies(layer: Layer) -> st.SearchStrategy[Any]:
    """Return policies of the layer with one or two statements."""
    statement: dict[str, Any] = {"Action": "s3:*", "Resource": "*"}
    if layer is Layer.RESOURCE:
        statement["Principal"] = "*"
    bodies = st.builds(
        lambda effect, condition: {**statement, "Effect": effect, "Condition": condition},
        st.sampled_from(["Allow", "Allow", "Deny"]),
        st.one_of(st.just({}), conditions, st.builds(lambda one, other: {**one, **other}, conditions, conditions)),
    )
    return st.lists(bodies, min_size=1, max_size=2).map(
        lambda listed: parse_policy({"Version": "2012-10-17", "Statement": listed}, layer)
    )


layer_sets = st.builds(
    PolicySet,
    identity=st.tuples(policies(Layer.IDENTITY)),
    boundary=st.none() | policies(Layer.BOUNDARY),
    session=st.tuples(policies(Layer.SESSION)),
    resource=st.none() | policies(Layer.RESOURCE),
)
OF_PRINCIPALS = ("aws:MultiFactorAuthPresent", "aws:PrincipalOrgID")
requests = st.builds(
    lambda principal, resource_account, context: Request(
        principal,
        "s3:GetObject",
        "arn:aws:s3:::b/x",
        HOME if HOME in principal else "",
        resource_account,
        # Only users, roles and their sessions can have some keys.
        context={key: context[key] for key in context if caller_kind(principal) in IAM or key not in OF_PRINCIPALS},
    ),
    # An identity provider's users can't sign a request to S3, so that its formula is open.
    st.sampled_from([caller for caller in CALLERS if caller_kind(caller) is not CallerKind.PROVIDER]),
    st.sampled_from([HOME, OTHER]),
    contexts,
)


@examples(600)
@given(layers=layer_sets, request=requests)
def test_agrees_on_the_keys_that_every_request_has(layers: PolicySet, request: Request) -> None:
    """What the evaluator decides the formula decides too, and alike."""
    decision = evaluate(layers, request)

    assert decision.kind is DecisionType.UNDECIDED or formula_decision(layers, request) is decision.allowed


@pytest.mark.parametrize(
    "change",
    [
        {"Condition": {"StringSounds": {"aws:username": "bob"}}},
        {"Condition": {"Bool": "true"}},
        {"Effect": "Permit"},
        {"Resource": 7},
        {"Action": ["s3", "iam:*"]},
        {"Action": ["s3", "iam:*"], "Effect": "Deny"},
        {"Resource": "arn:aws:s3:::b/x", "Unknown": True},
        {"Resource": "arn:aws:s3:${aws:username}:*:b/x", "Effect": "Deny"},
    ],
)
def test_what_cant_be_read_is_open(change: dict[str, Any]) -> None:
    """The evaluator is undecided, and the formula leaves the request open."""
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    bodies = [{**allow, **change}, *([allow] if change.get("Effect") == "Deny" else [])]
    policy = read_policy({"Version": "2012-10-17", "Statement": bodies}, Layer.IDENTITY)
    request = Request(CALLERS[0], "s3:GetObject", "arn:aws:s3:::b/x", HOME, HOME)
    layers = PolicySet((policy,))

    decision = evaluate(layers, request)

    assert (decision.kind, formula_decision(layers, request)) in ((DecisionType.UNDECIDED, None), (_DENIED, None))
    assert evaluate(replace(layers, identity=()), request).kind is _DENIED


_DENIED = DecisionType.IMPLICIT_DENY
