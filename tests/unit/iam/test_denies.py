"""Which statements deny which callers."""

from typing import Any

import pytest

from temp_access.iam.decision import DecisionType, Layer
from temp_access.iam.document import Policy
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.parser import parse_policy
from temp_access.iam.request import Request

HOME = "111122223333"
USER = f"arn:aws:iam::{HOME}:user/temp-user"
ROLE = f"arn:aws:iam::{HOME}:role/path/temp-role"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/temp-role/bob"
ROOT = f"arn:aws:iam::{HOME}:root"


def policy(layer: Layer, effect: str = "Allow", **elements: Any) -> Policy:
    statement = {"Effect": effect, "Action": "*", "Resource": "*", **elements}
    return parse_policy({"Version": "2012-10-17", "Statement": statement}, layer)


def request(principal: str = SESSION) -> Request:
    role = ROLE if principal == SESSION else None
    return Request(principal, "s3:GetObject", "arn:aws:s3:::test/bob/x", HOME, HOME, role_arn=role)


IDENTITY = policy(Layer.IDENTITY)
DENIES = {
    Layer.RCP: PolicySet(rcps=((policy(Layer.RCP, "Deny", Principal="*"),),)),
    Layer.SCP: PolicySet(scps=((policy(Layer.SCP, "Deny"),),)),
    Layer.RESOURCE: PolicySet(resource=policy(Layer.RESOURCE, "Deny", Principal="*")),
    Layer.IDENTITY: PolicySet(identity=(IDENTITY, policy(Layer.IDENTITY, "Deny"))),
    Layer.BOUNDARY: PolicySet(boundary=policy(Layer.BOUNDARY, "Deny")),
    Layer.SESSION: PolicySet(session=(policy(Layer.SESSION), policy(Layer.SESSION, "Deny"))),
}


@pytest.mark.parametrize("layer", DENIES)
def test_an_explicit_deny_wins_in_every_layer(layer: Layer) -> None:
    """One Deny that applies is final, in whatever layer, and the decision names it."""
    decision = evaluate(DENIES[layer], request())

    assert (DecisionType.EXPLICIT_DENY, layer) == (decision.kind, decision.layer)
    assert [layer] == [reason.layer for reason in decision.reasons]


@pytest.mark.parametrize("named", [USER, "*", ROOT])
def test_a_deny_applies_to_the_callers_that_its_principal_matches(named: str) -> None:
    """A Deny for the account applies to each of its users, unlike an Allow."""
    denied = policy(Layer.RESOURCE, "Deny", Principal={"AWS": named})

    assert evaluate(PolicySet((IDENTITY,), resource=denied), request(USER)).kind is DecisionType.EXPLICIT_DENY
    assert evaluate(PolicySet((IDENTITY,), resource=denied), request(SESSION)).allowed == (named == USER)


@pytest.mark.parametrize(
    ("principal", "exempt", "denied"),
    [
        (USER, [USER, ROOT], False),
        (USER, [USER, HOME], False),
        (USER, [USER], True),
        (USER, [ROOT], True),
        (ROOT, [ROOT], False),
        (SESSION, [SESSION, ROLE, ROOT], False),
        (SESSION, [ROLE, ROOT], True),
        (SESSION, [SESSION, ROOT], True),
        (SESSION, ["*"], False),
    ],
)
def test_not_principal_exempts_a_caller_that_it_names_at_each_level(
    principal: str, exempt: list[str], denied: bool
) -> None:
    """NotPrincipal must name the account, the role and the session; one missing level denies."""
    resource = policy(Layer.RESOURCE, "Deny", NotPrincipal={"AWS": exempt})

    assert denied == (not evaluate(PolicySet((IDENTITY,), resource=resource), request(principal)).allowed)
    bounded = PolicySet((IDENTITY,), boundary=policy(Layer.BOUNDARY), resource=resource)
    assert evaluate(bounded, request(principal)).kind is DecisionType.EXPLICIT_DENY
