"""Sample requests, the condition keys that they are sent with, and the decision about one."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

from temp_access.deployment.effective_policies import PolicyOwner
from temp_access.iam.decision import Decision
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.request import ContextValue, Request
from temp_access.iam.statements import PREFIX_ACTIONS, ConditionEntry, StatementView, examples
from temp_access.review.compare.actions import applies_to, sample_actions, service_of
from temp_access.review.compare.principals import ComparedPrincipal
from temp_access.review.compare.scopes import ResourceScope
from temp_access.review.snapshot import BUCKET, ROLE, Snapshot

# These keys follow from the caller, so that the sample requests don't vary them …
_DERIVED = ("aws:principal", "aws:username", "aws:userid", "aws:resourceaccount")
# … except for these, which its ARN doesn't show: a caller with credentials can have any value.
_UNKNOWN = ("aws:principalorg", "aws:principaltag/", "aws:userid")
_PREFIX = "s3:prefix"
_VALUES = 3
_DESCRIPTIONS = MappingProxyType(
    {
        ("aws:securetransport", "false"): "over plain HTTP",
        ("aws:multifactorauthpresent", "true"): "with MFA",
        ("aws:multifactorauthpresent", "false"): "without MFA",
    }
)
OTHER_VALUE = "another-value"


@dataclass(frozen=True)
class ConditionContext:
    """Condition keys of a request; `description` names those that aren't the usual ones, "" if all are."""

    description: str
    keys: Mapping[str, ContextValue] = field(hash=False)


def condition_contexts(
    statements: Iterable[StatementView], user_name: str, *, identified: bool = True
) -> list[ConditionContext]:
    """Return the usual keys, then with each key of the statements changed or absent, then with a statement's keys met.

    `identified` is whether the caller has an organization, tags and an id.
    """
    keys = _keys()
    contexts = [ConditionContext("", keys)]
    for statement in statements:
        entries = [entry for entry in statement.conditions if not _is_fixed(entry.key, identified)]
        for entry in entries:
            for value in sample_values(entry, user_name):
                contexts.append(ConditionContext(_describe(entry.key, value), _with(keys, {entry.key: value})))
        if len(entries) > 1:
            met = {entry.key: sample_values(entry, user_name)[0] for entry in entries}
            description = " and ".join(f"{key} is {value}" for key, value in met.items())
            contexts.append(ConditionContext(f"when {description}", _with(keys, met)))
    distinct: list[ConditionContext] = []
    for context in contexts:
        if all(context.keys != other.keys for other in distinct):
            distinct.append(context)
    return distinct


def default_context() -> ConditionContext:
    """Return the usual condition keys of a call."""
    return ConditionContext("", _keys())


def sample_values(entry: ConditionEntry, user_name: str) -> list[str | None]:
    """Return values to try for a key: those it is compared with, another value, and no value."""
    operator = entry.operator.lower()
    if "bool" in operator:
        return [*entry.values, *({"true", "false"} - set(entry.values)), None]
    if "ipaddress" in operator:
        return [*(cidr.partition("/")[0] for cidr in entry.values[:_VALUES]), "192.0.2.1", None]
    if operator == "null":
        return [OTHER_VALUE, None]
    if "like" in operator:
        named = [value for pattern in entry.values[:_VALUES] for value in examples(pattern, user_name=user_name)[:1]]
    else:
        named = list(entry.values[:_VALUES])
    return [*named, None] if "numeric" in operator or "date" in operator else [*named, OTHER_VALUE, None]


def _describe(key: str, value: str | None) -> str:
    if value is None:
        return f"without {key}"
    return _DESCRIPTIONS.get((key.lower(), value)) or f"when {key} is {value}"


def _keys() -> dict[str, ContextValue]:
    now = datetime.now(UTC)
    return {
        "aws:securetransport": "true",
        "aws:sourceip": "192.0.2.1",
        "aws:currenttime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:epochtime": str(int(now.timestamp())),
    }


def _with(usual: Mapping[str, ContextValue], keys: Mapping[str, str | None]) -> dict[str, ContextValue]:
    return {**usual, **{key.lower(): value for key, value in keys.items()}}


def _is_fixed(key: str, identified: bool) -> bool:
    key = key.lower()
    return key == _PREFIX or (key.startswith(_DERIVED) and not (identified and key.startswith(_UNKNOWN)))


@dataclass(frozen=True)
class SampleRequest:
    """One normalized request; `prefix` is the s3:prefix of a listing, None if it has none."""

    action: str
    resource: str
    prefix: str | None
    context: ConditionContext = field(repr=False)


def sample_requests(
    head: Snapshot, actions: Iterable[str], scopes: Iterable[ResourceScope], contexts: Iterable[ConditionContext]
) -> Iterator[SampleRequest]:
    """Yield every action on every resource that it applies to, with each prefix for a listing, in each context."""
    contexts = list(contexts)
    samples = dict.fromkeys(action for pattern in actions for action in sample_actions(pattern))
    resources = dict.fromkeys(arn for scope in scopes for arn in scope.resources)
    prefixes = dict.fromkeys(prefix for scope in scopes for prefix in scope.prefixes)
    for action in samples:
        for resource in resources:
            # The trust policy decides who may assume the role itself.
            on_trust = resource == ROLE and service_of(action) == "sts"
            if on_trust or not applies_to(action, head.names.localize(resource)):
                continue
            lists = action in PREFIX_ACTIONS and resource == BUCKET
            for prefix in (None, "", *prefixes) if lists else (None,):
                yield from (SampleRequest(action, resource, prefix, context) for context in contexts)


def decide(
    sample: SampleRequest,
    principal: ComparedPrincipal,
    snapshot: Snapshot,
    arn: str,
    policy_sets: Mapping[bool, PolicySet],
) -> Decision:
    """Return the decision in a snapshot; `policy_sets` are the principal's, by whether the call is on the bucket."""
    external, account = principal.external, snapshot.target.account
    caller_account = account if external is None or external.account is None else external.account
    role_arn = snapshot.target.role_arn if principal.owner is PolicyOwner.ROLE else None
    if external and external.role_arn:
        role_arn = snapshot.names.localize(external.role_arn)
    keys = dict(sample.context.keys)
    if sample.prefix is not None:
        keys["s3:prefix"] = sample.prefix
    request = Request(
        principal=arn,
        action=sample.action,
        resource=snapshot.names.localize(sample.resource),
        account=caller_account,
        resource_account=account,
        role_arn=role_arn,
        context=keys,
    )
    return evaluate(policy_sets[f"{sample.resource}/".startswith(f"{BUCKET}/")], request)
