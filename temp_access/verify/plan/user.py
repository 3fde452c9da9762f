"""Probes of the user alone, and what they expect."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from temp_access.config.model import Config
from temp_access.deployment.target import Target
from temp_access.errors import UserError
from temp_access.iam.decision import Layer
from temp_access.iam.document import MalformedPolicy, Policy
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.parser import parse_policy
from temp_access.iam.request import Request
from temp_access.policies.user_policies import ROTATE_KEYS, assume_policy, rotate_keys_policy
from temp_access.verify import operations
from temp_access.verify.operations import OPERATIONS, Need, needs
from temp_access.verify.probes import Identity, Probe, ProbeCaller, ServiceCall

OPERATIONS_TRIED = (
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
    allows: Callable[[ServiceCall], bool],
    *,
    has_boundary: bool,
    identity: Identity = Identity.USER,
) -> Iterator[Probe]:
    """Yield the probes of the user alone, called as `who`; `allows` says what policies and boundary allow it."""
    place = operations.root_prefix(run)
    for name in OPERATIONS_TRIED:
        operation = OPERATIONS[name]
        call = ServiceCall(
            name,
            target.bucket,
            key=place.seed if name == "get" else place.key(f"{name}-by-user") if name in _ON_OBJECTS else "",
            prefix=place.prefix if name == "list-v2" else None,
        )
        allowed = allows(call)
        where = " in the bucket, without the role" if name in _ON_OBJECTS else ""
        cause = (
            f"{target.user_name} has less than [user] says: a policy is missing, or a permissions boundary or "
            "the organization denies it"
            if allowed
            else f"{target.user_name} has more than [user] says: look for a policy or group that isn't in "
            "access.toml (the probes of the deployed state name it)"
        )
        yield Probe(
            id=f"user/{name}",
            group="user",
            title=operation.description + where,
            caller=ProbeCaller(identity),
            call=call,
            allowed=allowed,
            cause=cause,
            # With a boundary several layers may refuse, and AWS names one.
            layer=None if allowed or has_boundary else Layer.IDENTITY,
            control=None if allowed else ProbeCaller(Identity.DEPLOYER),
        )


def boundary_warning(probes: list[Probe], user_name: str) -> str | None:
    """Return a warning if the user reaches objects by itself, so that the role doesn't limit it."""
    reached = [probe.title.partition(" ")[0] for probe in probes if probe.allowed and _reaches_objects(probe)]
    if not reached:
        return None
    return (
        f"the role is no boundary for {user_name}: by [user]'s policies it may {', '.join(reached)} "
        "objects of the bucket without the role"
    )


def _reaches_objects(probe: Probe) -> bool:
    return isinstance(probe.call, ServiceCall) and probe.call.operation in _ON_OBJECTS


Managed = Callable[[str], Mapping[str, Any]]


def user_allows(config: Config, target: Target, managed: Managed) -> Callable[[ServiceCall], bool]:
    """Return a function that says whether the user's policies, as access.toml has them, allow a call.

    `managed` gives the documents of managed policies that aren't written in access.toml.
    """
    layers = _layers(config, target, managed)

    def allows(call: ServiceCall) -> bool:
        wanted = needs(call, partition=target.partition, account=target.account, role_arn=target.role_arn)
        return all(evaluate(layers, _request(need, target)).allowed for need in wanted)

    return allows


def _layers(config: Config, target: Target, managed: Managed) -> PolicySet:
    user = config.user
    # A managed policy may be called like an inline one.
    documents: list[tuple[str, Mapping[str, Any]]] = [
        ("AssumeRole", assume_policy(target.role_arn)),
        (ROTATE_KEYS, rotate_keys_policy(target.user_arn)),
        *((policy.name, policy.document) for policy in (*user.inline, *user.customer_managed)),
        *((p.name, managed(f"arn:{target.partition}:iam::aws:policy/{p.name}")) for p in user.aws_managed),
    ]
    boundary = user.permissions_boundary
    return PolicySet(
        identity=tuple(_parsed(document, Layer.IDENTITY, name) for name, document in documents),
        boundary=_parsed(managed(boundary), Layer.BOUNDARY, boundary) if boundary else None,
    )


def _parsed(document: Mapping[str, Any], layer: Layer, name: str) -> Policy:
    try:
        return parse_policy(document, layer, name)
    except MalformedPolicy as error:
        raise UserError(f"access.toml: user: the policy {name} is malformed: {error}") from None


def _request(need: Need, target: Target) -> Request:
    context: dict[str, str] = {"aws:username": target.user_name, "aws:SecureTransport": "true"}
    if need.prefix is not None:
        context["s3:prefix"] = need.prefix
    return Request(
        principal=target.user_arn,
        action=need.action,
        resource=need.resource,
        account=target.account,
        resource_account=target.account,
        context=context,
    )
