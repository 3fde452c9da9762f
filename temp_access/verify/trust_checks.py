"""Asking the evaluator about a trust policy alone, for callers whose credentials aren't at hand."""

from temp_access.deployment.target import Target
from temp_access.iam.decision import Layer
from temp_access.iam.document import Policy
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.parser import parse_policy
from temp_access.iam.request import Request
from temp_access.verify.probes import TrustCheck

# Whether an account's own administrators may delegate is theirs; here the trust policy alone is asked.
_DELEGATED = parse_policy(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:*", "Resource": "*"}]},
    Layer.IDENTITY,
)


def trust_layers(trust: Policy) -> PolicySet:
    """Return the layers in which nothing but `trust` can refuse."""
    return PolicySet(identity=(_DELEGATED,), resource=trust, resource_is_trust_policy=True)


def trust_request(check: TrustCheck, target: Target) -> Request:
    """Return the sts:AssumeRole request that `check` is about."""
    principal, role_arn, account = check.principal, None, check.principal.split(":")[4]
    if ":role/" in principal:
        role_arn = principal
        name = principal.rpartition("/")[2]
        principal = f"arn:{target.partition}:sts::{account}:assumed-role/{name}/verify"
    return Request(
        principal=principal,
        role_arn=role_arn,
        action="sts:AssumeRole",
        resource=target.role_arn,
        account=account,
        resource_account=target.account,
        context=dict(check.context),
    )
