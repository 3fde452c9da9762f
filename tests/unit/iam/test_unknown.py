"""Decisions that depend on something that isn't known: keys that every request has, ids of principals, variables."""

from pathlib import Path
from typing import Any

import pytest

from temp_access.iam.callers import CallerKind, caller_kind
from temp_access.iam.condition_keys import CONDITION_KEYS
from temp_access.iam.decision import Decision, DecisionType, Layer
from temp_access.iam.document import Policy
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.parser import parse_policy
from temp_access.iam.request import Request, UnknownValue

HOME, AWAY = "111122223333", "444455556666"
USER = f"arn:aws:iam::{HOME}:user/team/alice"
ROLE = f"arn:aws:iam::{HOME}:role/path/temp-role"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/temp-role/bob"
FEDERATED = f"arn:aws:sts::{HOME}:federated-user/carla"
ROOT = f"arn:aws:iam::{HOME}:root"
SERVICE = "cloudtrail.amazonaws.com"
PRESENT, POSSIBLE = UnknownValue.PRESENT, UnknownValue.POSSIBLE
CALLERS = {
    CallerKind.USER: USER,
    CallerKind.ROLE: SESSION,
    CallerKind.FEDERATED: FEDERATED,
    CallerKind.ROOT: ROOT,
    CallerKind.SERVICE: SERVICE,
    CallerKind.PROVIDER: f"arn:aws:iam::{HOME}:oidc-provider/token.actions.githubusercontent.com",
    CallerKind.CLOUDFRONT: "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E127EXAMPLE51Z",
    CallerKind.ANONYMOUS: "*",
}


def request(principal: str = USER, **fields: Any) -> Request:
    account = HOME if principal.startswith("arn:") else ""
    given = {"action": "s3:GetObject", "resource": "arn:aws:s3:::test/bob/x", "account": account} | fields
    return Request(principal, resource_account=given.pop("resource_account", HOME), **given)


def policy(layer: Layer, effect: str = "Allow", **elements: Any) -> Policy:
    statement = {"Effect": effect, "Action": "*", "Resource": "*", **elements}
    return parse_policy({"Version": "2012-10-17", "Statement": statement}, layer)


ALLOW = policy(Layer.IDENTITY)


def decide_with_deny(condition: dict[str, Any], principal: str = USER, **fields: Any) -> Decision:
    """Decide a call that is allowed unless the condition holds."""
    bucket = policy(Layer.RESOURCE, "Deny", Principal="*", Condition=condition)
    return evaluate(PolicySet(identity=(ALLOW,), resource=bucket), request(principal, **fields))


@pytest.mark.parametrize("kind", CallerKind)
def test_the_kind_of_each_caller_is_known(kind: CallerKind) -> None:
    assert caller_kind(CALLERS[kind]) is kind


# One line for each key: its value for a user, a role session, a federated user, root, a service, a user of an identity
# provider, an origin access identity, and an anonymous caller.
VALUES: dict[str, tuple[Any, ...]] = {
    "aws:PrincipalArn": (USER, ROLE, FEDERATED, ROOT, POSSIBLE, None, POSSIBLE, None),
    "aws:PrincipalAccount": (HOME, HOME, HOME, HOME, PRESENT, HOME, PRESENT, "anonymous"),
    "aws:PrincipalType": ("User", "AssumedRole", "FederatedUser", "Account", PRESENT, PRESENT, PRESENT, "Anonymous"),
    "aws:PrincipalIsAWSService": ("false", "false", "false", "false", "true", None, PRESENT, None),
    "aws:PrincipalServiceName": (None, None, None, None, SERVICE, None, None, None),
    "aws:PrincipalServiceNamesList": (None, None, None, None, PRESENT, None, None, None),
    "aws:PrincipalOrgID": (POSSIBLE, POSSIBLE, POSSIBLE, POSSIBLE, None, None, None, None),
    "aws:PrincipalOrgPaths": (POSSIBLE, POSSIBLE, POSSIBLE, POSSIBLE, None, None, None, None),
    "aws:userid": (PRESENT, PRESENT, f"{HOME}:carla", HOME, PRESENT, PRESENT, PRESENT, "anonymous"),
    "aws:username": ("alice", None, None, None, None, None, None, None),
    "aws:MultiFactorAuthPresent": (None, PRESENT, PRESENT, None, None, None, None, None),
    "aws:MultiFactorAuthAge": (None, POSSIBLE, POSSIBLE, None, None, None, None, None),
    "aws:TokenIssueTime": (None, PRESENT, PRESENT, None, None, None, None, None),
    "aws:ViaAWSService": ("false",) * 8,
    "aws:CurrentTime": (PRESENT,) * 8,
    "aws:EpochTime": (PRESENT,) * 8,
    "aws:SecureTransport": (PRESENT,) * 8,
    "aws:RequestedRegion": (PRESENT,) * 8,
    "aws:UserAgent": (PRESENT,) * 8,
    "aws:SourceIp": (POSSIBLE,) * 8,
    "aws:SourceVpc": (POSSIBLE,) * 8,
    "aws:SourceVpcArn": (POSSIBLE,) * 8,
    "aws:SourceVpce": (POSSIBLE,) * 8,
    "aws:VpceAccount": (POSSIBLE,) * 8,
    "aws:VpceOrgID": (POSSIBLE,) * 8,
    "aws:VpceOrgPaths": (POSSIBLE,) * 8,
    "aws:VpcSourceIp": (POSSIBLE,) * 8,
    "aws:SourceAccount": (None, None, None, None, POSSIBLE, None, None, None),
    "aws:SourceArn": (None, None, None, None, POSSIBLE, None, None, None),
    "aws:SourceOrgID": (None, None, None, None, POSSIBLE, None, None, None),
    "aws:SourceOrgPaths": (None, None, None, None, POSSIBLE, None, None, None),
    "aws:ResourceAccount": (HOME,) * 8,
    "s3:ResourceAccount": (HOME,) * 8,
    "kms:CallerAccount": (None,) * 8,
    "aws:ResourceOrgID": (POSSIBLE,) * 8,
    "aws:ResourceOrgPaths": (POSSIBLE,) * 8,
}


def test_the_table_of_this_test_is_complete() -> None:
    assert {key.lower() for key in VALUES} == set(CONDITION_KEYS)


def test_the_documentation_has_each_key_with_its_page() -> None:
    documented = (Path(__file__).parents[3] / "docs" / "evaluator.md").read_text(encoding="utf-8")

    assert [key.name for key in CONDITION_KEYS.values() if f"| [`{key.name}`]({key.page}) |" not in documented] == []


@pytest.mark.parametrize(
    ("key", "kind", "value"),
    [
        pytest.param(key, kind, value, id=f"{key} of {kind.value}")
        for key, values in VALUES.items()
        for kind, value in zip(CallerKind, values, strict=True)
    ],
)
def test_each_key_of_each_caller(key: str, kind: CallerKind, value: object) -> None:
    """A request that says nothing has these values; a value that it gives wins, and None makes the key absent."""
    principal = CALLERS[kind]
    role_arn = ROLE if kind is CallerKind.ROLE else None

    assert request(principal, role_arn=role_arn).value(key) == value
    assert request(principal, context={key.upper(): "given"}).value(key) == "given"
    assert request(principal, context={key.lower(): None}).value(key) is None
    assert request(principal, context={key: ()}).value(key) is None
    # The value is one that the table's availability allows.
    availability = CONDITION_KEYS[key.lower()].availability(kind)
    assert value is None or availability is not None
    assert value is not None or availability is not PRESENT


def test_keys_of_one_service() -> None:
    """A call to KMS has the caller's account, and a call to another service not that of S3."""
    call = request(action="kms:Decrypt")

    assert (call.value("kms:CallerAccount"), call.value("s3:ResourceAccount")) == (HOME, None)


@pytest.mark.parametrize(
    ("given", "key", "value"),
    [
        ({"aws:TokenIssueTime": "2026-01-01T00:00:00Z"}, "aws:MultiFactorAuthPresent", PRESENT),
        ({"aws:MultiFactorAuthPresent": "true"}, "aws:MultiFactorAuthAge", PRESENT),
        ({"aws:MultiFactorAuthPresent": "false"}, "aws:MultiFactorAuthAge", None),
        ({"aws:MultiFactorAuthPresent": "true"}, "aws:TokenIssueTime", PRESENT),
        ({"aws:MultiFactorAuthAge": "60"}, "aws:MultiFactorAuthPresent", "true"),
        ({"aws:CalledVia": ["athena.amazonaws.com"]}, "aws:ViaAWSService", "true"),
        ({"aws:SourceVpce": "vpce-1"}, "aws:SourceIp", None),
        ({"aws:SourceIp": "192.0.2.1"}, "aws:SourceVpce", None),
        ({"aws:SourceIp": "192.0.2.1"}, "aws:VpceAccount", None),
        ({"aws:VpceOrgID": "o-exampleorgid"}, "aws:SourceIp", None),
        ({"aws:EpochTime": "1767225600"}, "aws:CurrentTime", "1767225600"),
        ({"aws:PrincipalOrgID": "o-exampleorgid"}, "aws:ResourceOrgID", "o-exampleorgid"),
    ],
)
def test_keys_that_follow_from_other_keys(given: dict[str, Any], key: str, value: object) -> None:
    assert request(context=given).value(key) == value


@pytest.mark.parametrize(
    ("condition", "kind"),
    [
        ({"Bool": {"aws:SecureTransport": "false"}}, DecisionType.UNDECIDED),
        ({"BoolIfExists": {"aws:SecureTransport": "false"}}, DecisionType.UNDECIDED),
        ({"StringNotEquals": {"aws:userid": "AIDAEXAMPLEEXAMPLE123"}}, DecisionType.UNDECIDED),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a/*"}}, DecisionType.UNDECIDED),
        ({"Null": {"aws:userid": "true"}}, DecisionType.ALLOWED),
        ({"Null": {"aws:userid": "false"}}, DecisionType.EXPLICIT_DENY),
        ({"Null": {"aws:PrincipalOrgID": "true"}}, DecisionType.UNDECIDED),
        ({"Null": {"aws:PrincipalOrgID": ["true", "false"]}}, DecisionType.EXPLICIT_DENY),
        # Any value matches; a test that is known to fail decides.
        ({"StringLike": {"aws:userid": "*"}}, DecisionType.EXPLICIT_DENY),
        ({"StringNotLike": {"aws:userid": "*"}}, DecisionType.ALLOWED),
        ({"StringLike": {"aws:PrincipalOrgID": "*"}}, DecisionType.UNDECIDED),
        ({"StringLikeIfExists": {"aws:PrincipalOrgID": "*"}}, DecisionType.EXPLICIT_DENY),
        ({"StringNotLike": {"aws:PrincipalOrgID": "*"}}, DecisionType.UNDECIDED),
        ({"StringLike": {"aws:userid": "A*", "aws:username": "bob"}}, DecisionType.ALLOWED),
        ({"Bool": {"aws:PrincipalIsAWSService": "false"}}, DecisionType.EXPLICIT_DENY),
        ({"Bool": {"aws:ViaAWSService": "false"}}, DecisionType.EXPLICIT_DENY),
        ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, DecisionType.ALLOWED),
    ],
)
def test_a_deny_with_a_key_that_every_request_has(condition: dict[str, Any], kind: DecisionType) -> None:
    assert decide_with_deny(condition).kind is kind


def test_a_decision_names_what_it_depends_on_and_nothing_else() -> None:
    """A test that makes no difference isn't named: here the Deny can't hit, because its other test fails."""
    policies = PolicySet(
        identity=(
            ALLOW,
            policy(Layer.IDENTITY, "Deny", Condition={"Bool": {"aws:SecureTransport": "false"}}),
            policy(Layer.IDENTITY, Condition={"StringEquals": {"aws:UserAgent": "curl"}}),
        )
    )

    decision = evaluate(policies, request())

    assert decision.unknown == ("aws:SecureTransport",)
    assert not decision.allowed
    assert str(decision) == "undecided: it depends on aws:SecureTransport"


def test_denied_either_way_is_denied() -> None:
    """Nothing allows the call, so the unknown Deny doesn't matter."""
    deny = policy(Layer.RESOURCE, "Deny", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})

    assert evaluate(PolicySet(resource=deny), request()).kind is DecisionType.IMPLICIT_DENY


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        ("arn:aws:s3:::test/${aws:userid}/*", DecisionType.UNDECIDED),
        ("arn:aws:s3:::other/${aws:userid}/*", DecisionType.IMPLICIT_DENY),
        ("arn:aws:s3:::test/bob/${aws:userid, 'x'}", DecisionType.UNDECIDED),
        ("arn:aws:s3:::test/${aws:username}/*", DecisionType.IMPLICIT_DENY),
    ],
)
def test_a_variable_without_a_known_value(resource: str, kind: DecisionType) -> None:
    """It is undecided only if some value of the variable matches."""
    assert evaluate(PolicySet(identity=(policy(Layer.IDENTITY, Resource=resource),)), request()).kind is kind


ID, ROLE_ID, CANONICAL = "AIDAEXAMPLEEXAMPLE123", "AROAEXAMPLEEXAMPLE123", "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("principal", "named", "user_id", "kind"),
    [
        (USER, ID, None, DecisionType.UNDECIDED),
        (USER, ID, ID, DecisionType.ALLOWED),
        (USER, ID, "AIDAANOTHERANOTHER123", DecisionType.IMPLICIT_DENY),
        (USER, ROLE_ID, None, DecisionType.IMPLICIT_DENY),
        (SESSION, ID, None, DecisionType.IMPLICIT_DENY),
        (SESSION, ROLE_ID, None, DecisionType.UNDECIDED),
        (SESSION, ROLE_ID, f"{ROLE_ID}:bob", DecisionType.ALLOWED),
        (SESSION, f"{ROLE_ID}:bob", None, DecisionType.UNDECIDED),
        (SESSION, f"{ROLE_ID}:bob", f"{ROLE_ID}:bob", DecisionType.ALLOWED),
        (SESSION, f"{ROLE_ID}:amy", None, DecisionType.IMPLICIT_DENY),
        (USER, f"{ROLE_ID}:alice", None, DecisionType.IMPLICIT_DENY),
        (USER, "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1", None, DecisionType.IMPLICIT_DENY),
    ],
)
def test_a_principal_that_an_id_names(principal: str, named: str, user_id: str | None, kind: DecisionType) -> None:
    bucket = policy(Layer.RESOURCE, Principal={"AWS": named})
    context = {"aws:userid": user_id} if user_id else {}

    assert evaluate(PolicySet(resource=bucket), request(principal, role_arn=None, context=context)).kind is kind


def test_a_canonical_user_is_an_account() -> None:
    """It may be the caller's account, which still needs an identity-based policy, or, across accounts, both."""
    bucket = policy(Layer.RESOURCE, Principal={"CanonicalUser": CANONICAL})
    own, other = request(), request(resource_account=AWAY)

    assert evaluate(PolicySet(resource=bucket), own).kind is DecisionType.IMPLICIT_DENY
    assert evaluate(PolicySet(resource=bucket, identity=(ALLOW,)), own).kind is DecisionType.ALLOWED
    assert evaluate(PolicySet(resource=bucket, identity=(ALLOW,)), other).kind is DecisionType.UNDECIDED


@pytest.mark.parametrize(
    ("spared", "kind"),
    [
        ([ROOT, USER], DecisionType.ALLOWED),
        ([ROOT, ID], DecisionType.UNDECIDED),
        ([ROOT, ROLE_ID], DecisionType.EXPLICIT_DENY),
    ],
)
def test_a_principal_that_an_id_spares(spared: list[str], kind: DecisionType) -> None:
    document = {"Effect": "Deny", "NotPrincipal": {"AWS": spared}, "Action": "*", "Resource": "*"}
    bucket = parse_policy({"Version": "2012-10-17", "Statement": document}, Layer.RESOURCE)

    assert evaluate(PolicySet(identity=(ALLOW,), resource=bucket), request()).kind is kind
