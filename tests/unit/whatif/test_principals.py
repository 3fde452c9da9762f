"""Callers of `temp-access can` in each spelling that AWS writes, and in bucket policies that name them."""

from typing import Any

import pytest

from temp_access.iam.callers import CallerKind
from tests.unit.support.principals import ACCOUNT, CANONICAL, PRINCIPALS, ROLE_ID, USER_ID, Spelling
from tests.unit.support.what_if import Ask

EVERY = pytest.mark.parametrize("spelling", PRINCIPALS.values(), ids=PRINCIPALS)
GET = ("s3:GetObject", "bob/x")


def allow(element: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": element, "Action": "s3:*", **more}


@EVERY
def test_each_spelling_is_a_caller(ask: Ask, spelling: Spelling) -> None:
    """A Deny of everybody denies it; nobody's call is bad usage."""
    code, output = ask("can", spelling.caller or spelling.name, *GET, statement={"Principal": "*"})

    assert code == 1, output
    assert "denies it" in output


@EVERY
def test_who_has_no_policies_and_is_not_named_is_denied(ask: Ask, spelling: Spelling) -> None:
    """Root users need no policy in their account; whoever has policies of its own is undecided."""
    code, output = ask("can", spelling.caller or spelling.name, *GET)

    without = (CallerKind.SERVICE, CallerKind.PROVIDER, CallerKind.CLOUDFRONT, CallerKind.ANONYMOUS)
    root = spelling.kind is CallerKind.ROOT and not spelling.caller and spelling.account
    assert code == (1 if spelling.kind in without else 0 if root else 3), output


@EVERY
def test_who_is_named_is_allowed_unless_its_own_policies_deny(ask: Ask, spelling: Spelling) -> None:
    code, output = ask("can", spelling.caller or spelling.name, *GET, statement=allow(spelling.element))

    own = spelling.caller or spelling.kind in (CallerKind.USER, CallerKind.ROLE, CallerKind.FEDERATED)
    assert code == (3 if own else 0), output
    assert spelling.caller or "allows it" in output


@pytest.mark.parametrize(
    ("who", "message"),
    [
        (USER_ID, f"the account of {USER_ID}"),
        (f"{ROLE_ID}:bob", f"the identity-based policies of {ROLE_ID}:bob"),
        (CANONICAL, f"the account of {CANONICAL}"),
    ],
)
def test_what_an_id_does_not_tell_is_named(ask: Ask, who: str, message: str) -> None:
    code, output = ask("can", who, *GET)

    assert code == 3
    assert message in output


def test_services_are_told_by_their_conditions(ask: Ask) -> None:
    """Which resource a service calls for isn't known."""
    logs = allow({"Service": "logging.s3.amazonaws.com"}, Action="s3:PutObject")
    for_us = {"Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}
    question = ("can", "logging.s3.amazonaws.com", "s3:PutObject", "bob/x")

    assert ask(*question, statement=logs)[0] == 0
    code, output = ask(*question, statement=logs | for_us)
    assert (code, "it depends on aws:SourceAccount" in output) == (3, True)
    assert ask(*question, "--context", f"aws:SourceAccount={ACCOUNT}", statement=logs | for_us)[0] == 0
    assert ask("can", "cloudtrail.amazonaws.com", "s3:PutObject", "bob/x", statement=logs)[0] == 1


@pytest.mark.parametrize("who", ["nobody", "arn:aws:iam::111122223333:group/staff", "user/", "AROADBQP57FF2AEXAMPLE"])
def test_who_is_no_principal_is_bad_usage(ask: Ask, who: str) -> None:
    code, output = ask("can", who, *GET)

    assert code == 2
    assert "the ARN of a user, a role, a role session, a federated user" in output
