"""Callers that the proofs leave out, because no principal of a trust policy can be one of them."""

from typing import Any

import pytest

from temp_access.iam.callers import CallerKind
from temp_access.iam.decision import Layer
from temp_access.iam.reader import read_policy
from temp_access.proofs.possible_callers import may_let_in

HOME, AWAY = "111122223333", "222233334444"
USER, ROLE = CallerKind.USER, CallerKind.ROLE
OWN = {(USER, True), (ROLE, True)}
OTHERS = {(USER, False), (ROLE, False)}
BEYOND = {(CallerKind.SERVICE, False), (CallerKind.PROVIDER, False)}


def callers(principal: Any, element: str = "Principal", effect: str = "Allow") -> set[tuple[CallerKind, bool]]:
    """Return the kinds of callers that a trust policy with one statement may let in."""
    statement = {"Effect": effect, element: principal, "Action": "sts:*"}
    trust = read_policy({"Version": "2012-10-17", "Statement": statement}, Layer.TRUST, "trust policy")
    return {(kind, own) for kind, own in OWN | OTHERS | BEYOND if may_let_in(trust, kind, HOME, is_own=own)}


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ({"AWS": f"arn:aws:iam::{HOME}:user/ann"}, {(USER, True)}),
        ({"AWS": f"arn:aws:iam::{AWAY}:user/ann"}, {(USER, False)}),
        ({"AWS": f"arn:aws:iam::{HOME}:role/path/build"}, {(ROLE, True)}),
        ({"AWS": f"arn:aws:sts::{AWAY}:assumed-role/build/ann"}, {(ROLE, False)}),
        ({"AWS": f"arn:aws:iam::{HOME}:root"}, OWN),
        ({"AWS": HOME}, OWN),
        ({"AWS": AWAY}, OTHERS),
        ({"Service": "lambda.amazonaws.com"}, {(CallerKind.SERVICE, False)}),
        ({"Federated": f"arn:aws:iam::{HOME}:oidc-provider/token.example.com"}, {(CallerKind.PROVIDER, False)}),
        ({"Federated": "accounts.google.com"}, {(CallerKind.PROVIDER, False)}),
        ({"Federated": "cognito-identity.amazonaws.com"}, {(CallerKind.SERVICE, False)}),
        ("*", OWN | OTHERS | BEYOND),
        ({"AWS": "*"}, OWN | OTHERS | BEYOND),
        ({"Federated": "*"}, OWN | OTHERS | BEYOND),
        ({"AWS": "AROAEXAMPLEEXAMPLE123"}, OWN | OTHERS | BEYOND),
        ({"AWS": "arn:aws:iam::*:user/ann"}, OWN | OTHERS | BEYOND),
        ({"Odd": "x"}, OWN | OTHERS | BEYOND),
    ],
)
def test_who_may_be_let_in(principal: Any, expected: set[tuple[CallerKind, bool]]) -> None:
    """What can't be read, and what AWS's internal ids name, may be anybody."""
    assert callers(principal) == expected


def test_who_isnt_named_by_not_principal_may_be_anybody() -> None:
    assert callers({"AWS": HOME}, "NotPrincipal") == OWN | OTHERS | BEYOND


def test_a_deny_lets_in_nobody() -> None:
    assert callers("*", effect="Deny") == set()
