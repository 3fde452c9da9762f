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


def trust_requests(check: TrustCheck, target: Target) -> list[Request]:
    """Return the requests of a check that assume the role, one for each action; all must be allowed."""
    principal, role_arn, account = check.principal, None, ""
    if principal.startswith("arn:"):
        caller = Arn.parse(principal)
        account = caller.account
        if caller.resource.startswith("role/"):
            role_arn = principal
            name = dict(check.context).get("aws:userid", ":verify").partition(":")[2]
            principal = role_session_arn(caller.partition, account, caller.name, name)
    resource = target.role_arn if check.role is None else target.arn(check.role)
    context = {"aws:SecureTransport": "true"} | dict(check.context)
    return [
        Request(principal, action, resource, account, target.account, role_arn=role_arn, context=context)
        for action in check.actions
    ]
