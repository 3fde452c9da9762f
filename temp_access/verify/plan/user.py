"""Probes of the user without the role, and what its policies in access.toml allow."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from temp_access.config.model import Config
from temp_access.deployment.effective_policies import ManagedDocument, PrincipalPolicies, principal_policies
from temp_access.deployment.state import Permissions
from temp_access.deployment.target import Target
from temp_access.iam.arn import iam_arn
from temp_access.iam.decision import Decision, DecisionType, Layer
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.request import Request
from temp_access.policies.role_names import grant_role_resource
from temp_access.policies.user_policies import ROTATE_KEYS, assume_policy, rotate_keys_policy
from temp_access.verify import operations
from temp_access.verify.operations import OPERATIONS, Need, needs
from temp_access.verify.probes import Identity, Probe, ProbeCaller, ServiceCall

USER_OPERATIONS = (
    "list-v2",
    "get",
    "put",
    "delete",
    "get-bucket-policy",
    "list-versions",
    "list-buckets",
    "list-users",
    "get-role",
)
_ON_OBJECTS = ("list-v2", "get", "put", "delete")


def user_probes(
    target: Target,
    run: str,
    decide: Callable[[ServiceCall], Decision],
    *,
    has_boundary: bool,
    identity: Identity = Identity.USER,
) -> Iterator[Probe]:
    """Yield the probes of the user alone, with the credentials of `identity`.

    `decide` returns the decision of the user's policies and permissions boundary about a call. If it is undecided,
    the probe says what the expectation depends on.
    """
    root = operations.root_prefix(run)
    for name in USER_OPERATIONS:
        operation = OPERATIONS[name]
        call = ServiceCall(
            name,
            target.bucket,
            key=root.seed if name == "get" else root.key(f"{name}-by-user") if name in _ON_OBJECTS else "",
            prefix=root.prefix if name == "list-v2" else None,
        )
        decision = decide(call)
        allowed = decision.allowed
        cause = (
            f"{target.user_name} has fewer permissions than [user] declares: a policy is missing, or a permissions "
            "boundary or the organization denies the call"
            if allowed
            else f"{target.user_name} has more permissions than [user] declares: look for a policy or group that isn't "
            "in access.toml (the probes of the deployed state name it)"
        )
        yield Probe(
            id=f"user/{name}",
            group="user",
            title=operation.description + (" in the bucket, without the role" if name in _ON_OBJECTS else ""),
            caller=ProbeCaller(identity),
            call=call,
            allowed=allowed,
            cause=cause,
            # With a boundary, several layers can deny the call, and AWS names one of them.
            layer=None if allowed or has_boundary else Layer.IDENTITY,
            control=None if allowed else ProbeCaller(Identity.DEPLOYER),
            depends_on=tuple(f"{name}, which access.toml doesn't tell" for name in decision.unknown),
        )


def boundary_warning(probes: list[Probe], user_name: str) -> str | None:
    """Return a warning if the user can access objects without the role, so that the role doesn't limit it."""
    verbs = [probe.title.partition(" ")[0] for probe in probes if probe.allowed and _is_on_objects(probe)]
    if not verbs:
        return None
    return (
        f"the role doesn't limit {user_name}: its policies in [user] allow it to {', '.join(verbs)} objects of the "
        "bucket without the role"
    )


def _is_on_objects(probe: Probe) -> bool:
    return isinstance(probe.call, ServiceCall) and probe.call.operation in _ON_OBJECTS


def decide_for_user(
    config: Config, target: Target, documents: ManagedDocument, name: str | None = None
) -> Callable[[ServiceCall], Decision]:
    """Return a function that returns the decision of the user's policies in access.toml about a call.

    `name` is that of a user of `[users.<name>]`, None for the user of `[user]`. `documents` returns the managed
    policies that access.toml doesn't define.
    """
    own = _declared_policies(config, target, documents, name)
    user_arn = target.user_arn if name is None else target.arn(f"user/{name}")
    policies = PolicySet(identity=own.identity, boundary=own.boundary)

    def decide(call: ServiceCall) -> Decision:
        required = needs(call, partition=target.partition, account=target.account, role_arn=target.role_arn)
        # One denied need is enough.
        return min(
            (evaluate(policies, _request(need, target, user_arn)) for need in required), key=_certainty_of_refusal
        )

    return decide


def _certainty_of_refusal(decision: Decision) -> int:
    return 2 if decision.allowed else 1 if decision.kind is DecisionType.UNDECIDED else 0


def _declared_policies(
    config: Config, target: Target, documents: ManagedDocument, name: str | None
) -> PrincipalPolicies:
    if name is None:
        user, user_arn, roles = config.user, target.user_arn, [target.role_arn]
    else:
        user, user_arn = config.users[name], target.arn(f"user/{name}")
        grants = config.grants_by_user[name]
        roles = [target.arn(grant_role_resource(config.role, grant.id)) for grant in grants]
    permissions = Permissions(
        inline={
            **({"AssumeRole": assume_policy(*roles)} if roles else {}),
            ROTATE_KEYS: rotate_keys_policy(user_arn),
            **{policy.name: policy.document for policy in user.inline},
        },
        attached={
            **{
                iam_arn(target.partition, target.account, f"policy/{policy.name}"): policy.document
                for policy in user.customer_managed
            },
            **{iam_arn(target.partition, "aws", f"policy/{policy.name}"): None for policy in user.aws_managed},
        },
        boundary=user.permissions_boundary,
    )
    return principal_policies(permissions, documents)


def _request(need: Need, target: Target, user_arn: str) -> Request:
    context = {
        "aws:username": user_arn.rpartition("/")[2],
        "aws:SecureTransport": "true",
        "aws:RequestedRegion": target.region,
        "aws:CurrentTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if need.prefix is not None:
        context["s3:prefix"] = need.prefix
    return Request(
        principal=user_arn,
        action=need.action,
        resource=need.resource,
        account=target.account,
        resource_account=target.account,
        context=context,
    )
