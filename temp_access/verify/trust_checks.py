"""Evaluates a trust policy alone, for callers whose credentials aren't available."""

from temp_access.deployment.target import Target
from temp_access.iam.arn import Arn, role_session_arn
from temp_access.iam.aws_managed import ALLOW_ALL
from temp_access.iam.decision import Layer
from temp_access.iam.document import Policy
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.parser import parse_policy
from temp_access.iam.request import Request
from temp_access.verify.probes import TrustCheck

# Another account's own policies aren't known here, so only the trust policy can deny the call.
_ALLOW_ALL = parse_policy(ALLOW_ALL, Layer.IDENTITY)


def trust_policy_set(trust: Policy) -> PolicySet:
    """Return a policy set in which only `trust` can deny a call."""
    return PolicySet(identity=(_ALLOW_ALL,), resource=trust, resource_is_trust_policy=True)


def trust_request(check: TrustCheck, target: Target) -> Request:
    """Return the sts:AssumeRole request of a check."""
    caller = Arn.parse(check.principal)
    is_role = caller.resource.startswith("role/")
    principal = check.principal
    if is_role:
        principal = role_session_arn(caller.partition, caller.account, caller.name, "verify")
    return Request(
        principal=principal,
        role_arn=check.principal if is_role else None,
        action="sts:AssumeRole",
        resource=target.role_arn,
        account=caller.account,
        resource_account=target.account,
        context={"aws:SecureTransport": "true"} | dict(check.context),
    )
