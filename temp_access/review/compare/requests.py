"""Sample requests of a caller, and the decision about one."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from temp_access.iam.decision import Decision
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.request import ContextValue, Request
from temp_access.iam.statements import PREFIX_ACTIONS
from temp_access.review.compare.actions import applies_to, sample_actions, service_of
from temp_access.review.compare.contexts import PREFIX, usual_keys
from temp_access.review.compare.principals import ComparedPrincipal
from temp_access.review.compare.scopes import ResourceScope
from temp_access.review.names import BUCKET, GRANT_TOKEN, ROLE
from temp_access.review.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """One normalized request; `prefix` is the s3:prefix of a listing, None if it has none."""

    action: str
    resource: str
    prefix: str | None

    @property
    def on_bucket(self) -> bool:
        """Whether it is a call on the bucket or an object in it."""
        return f"{self.resource}/".startswith(f"{BUCKET}/")


def sample_requests(head: Snapshot, actions: Iterable[str], scopes: Iterable[ResourceScope]) -> Iterator[SampleRequest]:
    """Yield every action on every resource that it applies to, with each prefix for a listing."""
    samples = dict.fromkeys(action for pattern in actions for action in sample_actions(pattern))
    resources = dict.fromkeys(arn for scope in scopes for arn in scope.resources)
    prefixes: dict[str, dict[str, None]] = {}
    for scope in scopes:
        for arn in scope.resources if scope.prefixes else ():
            prefixes.setdefault(arn, {}).update(dict.fromkeys(scope.prefixes))
    for action in samples:
        for resource in resources:
            # The trust policy decides who may assume the role itself.
            on_trust = (resource == ROLE or GRANT_TOKEN.fullmatch(resource)) and service_of(action) == "sts"
            if on_trust or not applies_to(action, head.names.localize(resource)):
                continue
            tried = prefixes.get(resource) if action in PREFIX_ACTIONS else None
            for prefix in dict.fromkeys((None, "", *tried)) if tried else (None,):
                yield SampleRequest(action, resource, prefix)


def make_request(
    sample: SampleRequest,
    principal: ComparedPrincipal,
    snapshot: Snapshot,
    arn: str,
    context: Mapping[str, ContextValue],
) -> Request:
    """Return the request of the caller `arn` in a snapshot."""
    external, account = principal.external, snapshot.target.account
    caller_account = account if external is None or external.account is None else external.account
    return Request(
        principal=arn,
        action=sample.action,
        resource=snapshot.names.localize(sample.resource),
        account=caller_account,
        resource_account=account,
        role_arn=principal.role_arn(snapshot),
        context=context if sample.prefix is None else {**context, PREFIX: sample.prefix},
    )


def decide(
    sample: SampleRequest,
    principal: ComparedPrincipal,
    snapshot: Snapshot,
    arn: str,
    policy_sets: Mapping[bool, PolicySet],
) -> Decision:
    """Return the decision about a usual request; `policy_sets` are those of calls on the bucket, and of others."""
    context = {key: value for key, value in usual_keys(snapshot.target.region).items() if value is not None}
    return evaluate(policy_sets[sample.on_bucket], make_request(sample, principal, snapshot, arn, context))
