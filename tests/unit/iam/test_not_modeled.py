"""What the evaluator doesn't model: each line of "What isn't modeled" in docs/evaluator.md, with what it answers."""

from typing import Any

import pytest

from temp_access.iam.decision import DecisionType, Layer
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.parser import parse_policy
from tests.unit.iam.test_unknown import AWAY, FEDERATED, HOME, ROOT, SESSION, USER, policy, request

ALLOWED, DENIED, HIT, OPEN = (
    DecisionType.ALLOWED,
    DecisionType.IMPLICIT_DENY,
    DecisionType.EXPLICIT_DENY,
    DecisionType.UNDECIDED,
)
KEY = f"arn:aws:kms:eu-west-1:{HOME}:key/1234"
EVERYTHING = policy(Layer.IDENTITY)
ALL = PolicySet(identity=(EVERYTHING,), session=(policy(Layer.SESSION),))
PUBLIC = PolicySet(resource=policy(Layer.RESOURCE, Principal="*"))
DENY_RCP = PolicySet(
    identity=(EVERYTHING,),
    resource=policy(Layer.RESOURCE, Principal={"AWS": HOME}),
    rcps=((policy(Layer.RCP, "Deny", Principal="*"),),),
)
IN_CONSOLE = {"aws:TokenIssueTime": "2026-01-01T00:00:00Z", "aws:MultiFactorAuthPresent": "false"}
SPARED = parse_policy(
    {"Statement": {"Effect": "Deny", "NotPrincipal": {"AWS": USER}, "Action": "*", "Resource": "*"}}, Layer.RESOURCE
)
BY_SESSION = policy(Layer.IDENTITY, Condition={"StringEqualsIgnoreCase": {"aws:userid": "AROAEXAMPLEEXAMPLE123:eve"}})


@pytest.mark.parametrize(
    ("policies", "principal", "fields", "kind"),
    [
        # The public access block would stop this call; an ACL or an access point could allow the next.
        pytest.param(PUBLIC, "*", {}, ALLOWED, id="public-access-block"),
        pytest.param(PolicySet(), "*", {}, DENIED, id="acl"),
        # A group's policy or the organization's policies that aren't given don't count.
        pytest.param(PolicySet(), USER, {}, DENIED, id="group"),
        pytest.param(ALL, USER, {}, ALLOWED, id="organization"),
        # AWS says that such a Deny might apply.
        pytest.param(PolicySet(identity=(EVERYTHING,), resource=SPARED), USER, {}, HIT, id="not-principal"),
        # A grant of the key could allow it; the key policy doesn't.
        pytest.param(
            PolicySet(identity=(EVERYTHING,), resource=policy(Layer.RESOURCE, Principal={"AWS": ROOT}, Action="s3:*")),
            USER,
            {"action": "kms:Decrypt", "resource": KEY},
            DENIED,
            id="grant-of-a-key",
        ),
        # The key policy could name this very session, which its session policy wouldn't limit.
        pytest.param(
            PolicySet(identity=(EVERYTHING,), session=(policy(Layer.SESSION, Action="s3:*"),)),
            SESSION,
            {"action": "kms:Decrypt", "resource": KEY},
            DENIED,
            id="key-policy-names-a-session",
        ),
        # Keys that AWS manages, and kms:RetireGrant, are beyond RCPs.
        pytest.param(DENY_RCP, USER, {"action": "kms:RetireGrant", "resource": KEY}, HIT, id="retire-grant"),
        # Credentials of GetSessionToken without MFA can't call IAM; a console session can.
        pytest.param(ALL, USER, {"action": "iam:GetUser", "context": IN_CONSOLE}, ALLOWED, id="session-token-iam"),
        pytest.param(ALL, FEDERATED, {"action": "iam:GetUser"}, ALLOWED, id="federation-token-iam"),
        # The end of a session's aws:userid is its name; without regard to case, or in a variable, it isn't used.
        pytest.param(PolicySet(identity=(BY_SESSION,)), SESSION, {}, OPEN, id="end-of-a-user-id"),
        # EC2 and a few other services don't have aws:ViaAWSService.
        pytest.param(
            PolicySet(identity=(policy(Layer.IDENTITY, Condition={"Bool": {"aws:ViaAWSService": "false"}}),)),
            USER,
            {"action": "ec2:RunInstances", "resource": "*"},
            ALLOWED,
            id="services-without-via-aws-service",
        ),
        # An object of another account in the bucket (object ownership) isn't told from the bucket's own.
        pytest.param(ALL, USER, {"resource_account": AWAY}, DENIED, id="object-owner"),
        # What else the service checks: here iam:PassRole.
        pytest.param(
            PolicySet(identity=(policy(Layer.IDENTITY, Action="lambda:*"),)),
            USER,
            {"action": "lambda:CreateFunction", "resource": "*"},
            ALLOWED,
            id="dependent-actions",
        ),
    ],
)
def test_the_answer_where_aws_may_differ(
    policies: PolicySet, principal: str, fields: dict[str, Any], kind: DecisionType
) -> None:
    """It is what the policies that are given say."""
    assert evaluate(policies, request(principal, **fields)).kind is kind
