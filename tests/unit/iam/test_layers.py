"""Which layers must allow a request, for each kind of caller and each way in which a resource policy names it."""

from dataclasses import replace
from typing import Any

import pytest

from temp_access.iam.decision import Layer
from temp_access.iam.document import Policy
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.parser import parse_policy
from temp_access.iam.reader import read_policy
from temp_access.iam.request import Request

HOME, AWAY = "111122223333", "444455556666"
USER = f"arn:aws:iam::{HOME}:user/temp-user"
ROLE = f"arn:aws:iam::{HOME}:role/path/temp-role"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/temp-role/bob"
ROOT = f"arn:aws:iam::{HOME}:root"
KEY = "arn:aws:s3:::test/bob/x"


def policy(layer: Layer, effect: str = "Allow", action: str = "*", **elements: Any) -> Policy:
    resource = {} if layer is Layer.TRUST else {"Resource": "*"}
    statement = {"Effect": effect, "Action": action, **resource, **elements}
    return parse_policy({"Version": "2012-10-17", "Statement": statement}, layer)


def bucket(*principals: str, **elements: Any) -> Policy:
    return policy(Layer.RESOURCE, Principal={"AWS": list(principals)}, **elements)


def request(principal: str = SESSION, owner: str = HOME, **fields: Any) -> Request:
    role = ROLE if principal == SESSION else None
    return Request(principal, "s3:GetObject", KEY, HOME, owner, role_arn=role, **fields)


IDENTITY = policy(Layer.IDENTITY)
NOTHING = policy(Layer.IDENTITY, action="ec2:*")
EVERYONE = policy(Layer.RESOURCE, Principal="*")
LIMITS = PolicySet(session=(policy(Layer.SESSION, action="ec2:*"),), boundary=policy(Layer.BOUNDARY, action="ec2:*"))


@pytest.mark.parametrize(
    ("principal", "named", "decided"),
    [
        (USER, USER, None),
        (SESSION, SESSION, None),
        (SESSION, "*", None),
        (USER, "*", None),
        (SESSION, ROLE, (Layer.BOUNDARY, Layer.SESSION)),
        (SESSION, ROOT, (Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION)),
        (SESSION, HOME, (Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION)),
        (SESSION, USER, (Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION)),
        (SESSION, f"{SESSION}by", (Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION)),
        (USER, "AROAEXAMPLEEXAMPLE123", (Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION)),
    ],
)
def test_the_layers_that_limit_an_allow_of_the_bucket_policy(
    principal: str, named: str, decided: tuple[Layer, ...] | None
) -> None:
    """A user, a session or everyone is allowed directly, a role within limits; an account only delegates."""
    decision = evaluate(
        PolicySet(session=LIMITS.session, boundary=LIMITS.boundary, resource=bucket(named)), request(principal)
    )

    assert (decided or ()) == decision.missing
    assert decision.layer is (decided[0] if decided else Layer.RESOURCE)


@pytest.mark.parametrize(
    ("principal", "named"), [(USER, USER), (USER, ROOT), (USER, "*"), (SESSION, ROLE), (SESSION, SESSION)]
)
@pytest.mark.parametrize("identity", [True, False])
@pytest.mark.parametrize("granted", [True, False])
def test_across_accounts_both_accounts_must_allow(principal: str, named: str, identity: bool, granted: bool) -> None:
    """A caller of another account needs the resource policy and its own policies, however it is named."""
    layers = PolicySet(identity=(IDENTITY,) if identity else (NOTHING,), resource=bucket(named) if granted else None)

    decision = evaluate(layers, request(principal, AWAY))

    assert decision.allowed == (identity and granted)
    assert (not granted) == (Layer.RESOURCE in decision.missing)
    assert (not identity) == (Layer.IDENTITY in decision.missing)


@pytest.mark.parametrize("named", [SESSION, ROLE])
def test_across_accounts_limits_hold_even_for_a_named_session(named: str) -> None:
    """Only in the same account, an Allow for the session bypasses boundary and session policy."""
    layers = PolicySet((IDENTITY,), LIMITS.session, LIMITS.boundary, bucket(named))

    assert evaluate(layers, request(SESSION, AWAY)).missing == (Layer.BOUNDARY, Layer.SESSION)


TRUST = [
    (USER, USER, (), True),
    (USER, ROOT, (), False),
    (USER, HOME, (), False),
    (USER, ROOT, (IDENTITY,), True),
    (USER, ROLE, (IDENTITY,), False),
    (SESSION, ROLE, (), True),
    (SESSION, SESSION, (), True),
]


@pytest.mark.parametrize(("principal", "named", "identity", "allowed"), TRUST)
def test_a_trust_policy_must_allow(principal: str, named: str, identity: tuple[Policy, ...], allowed: bool) -> None:
    """A named principal needs nothing else, an account delegates, and identity policies alone aren't enough."""
    trust = policy(Layer.TRUST, action="sts:AssumeRole", Principal={"AWS": named})
    call = Request(principal, "sts:AssumeRole", ROLE, HOME, HOME, role_arn=ROLE if principal == SESSION else None)

    decision = evaluate(PolicySet(identity, resource=trust, resource_is_trust_policy=True), call)

    assert allowed == decision.allowed


def test_without_a_trust_policy_nobody_assumes_a_role() -> None:
    """Even the account's administrator can't assume a role whose trust policy doesn't allow it."""
    decision = evaluate(PolicySet((IDENTITY,), resource_is_trust_policy=True), request())

    assert decision.missing == (Layer.TRUST,)


@pytest.mark.parametrize("account", ["", HOME])
@pytest.mark.parametrize("principal", ["ec2.amazonaws.com", "*"])
@pytest.mark.parametrize(
    ("resource", "allowed"),
    [
        (policy(Layer.RESOURCE, Principal={"Service": "ec2.amazonaws.com"}), None),
        (EVERYONE, True),
        (None, False),
    ],
)
def test_a_caller_without_an_account_needs_the_resource_policy(
    principal: str, account: str, resource: Policy | None, allowed: bool | None
) -> None:
    """A service or an anonymous caller has no identity policies; the resource policy alone decides."""
    expected = principal == "ec2.amazonaws.com" if allowed is None else allowed
    call = Request(principal, "s3:GetObject", KEY, account, HOME)

    assert expected == evaluate(PolicySet((IDENTITY,), resource=resource), call).allowed


FULL, DENY_EC2, ONLY_S3 = (
    policy(Layer.SCP),
    policy(Layer.SCP, "Deny", "ec2:*"),
    policy(Layer.SCP, action="s3:*"),
)
ONLY_EC2 = policy(Layer.SCP, action="ec2:*")


@pytest.mark.parametrize(
    ("levels", "allowed"),
    [
        ((), True),
        (((FULL, DENY_EC2),), True),
        (((ONLY_S3, ONLY_EC2),), True),
        (((FULL,), (ONLY_S3,)), True),
        (((FULL,), (ONLY_EC2,)), False),
        (((DENY_EC2,),), False),
        (((FULL,), ()), False),
    ],
)
def test_every_level_of_scps_must_allow(levels: tuple[tuple[Policy, ...], ...], allowed: bool) -> None:
    """Each level needs one policy that allows; SCPs alone grant nothing."""
    assert allowed == evaluate(PolicySet((IDENTITY,), scps=levels), request()).allowed
    assert not evaluate(PolicySet((), scps=levels), request()).allowed
    assert allowed == evaluate(PolicySet((), resource=bucket(SESSION), scps=levels), request()).allowed


def test_an_rcp_limits_a_direct_grant_too() -> None:
    """A resource control policy applies to all access to the account's resources."""
    rcp = policy(Layer.RCP, "Deny", action="s3:*", Principal="*")

    assert evaluate(PolicySet(resource=EVERYONE, rcps=((rcp,),)), request()).layer is Layer.RCP


def test_the_root_user_needs_no_identity_policy_but_obeys_scps() -> None:
    """The account's root user has full access, within the organization's limits."""
    assert evaluate(PolicySet(), request(ROOT)).allowed
    assert not evaluate(PolicySet(scps=((ONLY_EC2,),)), request(ROOT)).allowed


def test_inline_and_managed_session_policies_are_alternatives() -> None:
    """One of the session policies must allow; an empty list allows nothing."""
    managed = policy(Layer.SESSION)

    assert evaluate(PolicySet((IDENTITY,), session=(*(LIMITS.session or ()), managed)), request()).allowed
    assert not evaluate(PolicySet((IDENTITY,), session=()), request()).allowed


def test_a_federated_user_needs_a_session_policy() -> None:
    """GetFederationToken without a session policy gives a session without permissions, unless a policy names it."""
    federated = f"arn:aws:sts::{HOME}:federated-user/carol"
    named = bucket(federated)

    assert evaluate(PolicySet((IDENTITY,)), request(federated)).missing == (Layer.SESSION,)
    assert evaluate(PolicySet((IDENTITY,), session=(policy(Layer.SESSION),)), request(federated)).allowed
    assert evaluate(PolicySet((), resource=named), request(federated)).allowed
    assert evaluate(PolicySet((IDENTITY,), resource=named), request(federated, AWAY)).missing == (Layer.SESSION,)


def test_a_decision_explains_its_reasons() -> None:
    """The message names the statements that allow, or the layers that don't."""
    sid = policy(Layer.IDENTITY, Sid="All")

    assert str(evaluate(PolicySet((sid,)), request())) == (
        "allowed: Allow by statement 0 (All) of identity-based policy"
    )
    assert str(evaluate(PolicySet((), LIMITS.session), request())) == (
        "implicitDeny: no identity-based policy allows it; no session policy allows it"
    )


def test_policies_are_written_alike_only_word_for_word() -> None:
    """In the same layers; what can't be read, or names a principal by its unique ID, isn't known to be the same."""

    def identity(**changes: object) -> PolicySet:
        statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", **changes}
        return PolicySet(identity=(parse_policy({"Version": "2012-10-17", "Statement": statement}, Layer.IDENTITY),))

    def on_bucket(principal: str) -> PolicySet:
        statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": {"AWS": principal}}
        document = {"Version": "2012-10-17", "Statement": statement}
        return PolicySet(resource=read_policy(document, Layer.RESOURCE))

    assert identity().is_written_as(identity())
    assert not identity().is_written_as(identity(Action="s3:PutObject"))
    assert not identity().is_written_as(PolicySet(session=identity().identity))
    assert not identity().is_written_as(replace(identity(), session=()))
    assert not identity().is_written_as(replace(identity(), boundary=identity().identity[0]))
    assert on_bucket("111122223333").is_written_as(on_bucket("111122223333"))
    assert not on_bucket("AIDAEXAMPLEEXAMPLE123").is_written_as(on_bucket("AIDAEXAMPLEEXAMPLE123"))
    assert not on_bucket("who knows").is_written_as(on_bucket("who knows"))
