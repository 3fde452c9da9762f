"""Sample requests and their condition contexts."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

from temp_access.iam.decision import Decision
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.request import ContextValue, Request
from temp_access.iam.statements import ConditionEntry, StatementView, examples
from temp_access.review.compare.actions import LISTINGS, actions_of, fits, service_of
from temp_access.review.compare.principals import ComparedPrincipal, PolicyOwner
from temp_access.review.compare.scopes import ResourceScope
from temp_access.review.snapshot import BUCKET, ROLE, Snapshot, localize

# These follow from the caller, so that no call can have others …
_DERIVED = ("aws:principal", "aws:username", "aws:userid", "aws:resourceaccount")
# … but these aren't known from its ARN, and whoever has credentials may have any.
_UNKNOWN = ("aws:principalorg", "aws:principaltag/", "aws:userid")
_PREFIX = "s3:prefix"
_VALUES = 3
_PLAIN = MappingProxyType(
    {
        ("aws:securetransport", "false"): "over plain HTTP",
        ("aws:multifactorauthpresent", "true"): "with MFA",
        ("aws:multifactorauthpresent", "false"): "without MFA",
    }
)
OTHER = "another-value"


@dataclass(frozen=True)
class ConditionContext:
    """Condition keys and how to say what is special about them; the usual ones have no words."""

    words: str
    keys: Mapping[str, ContextValue] = field(hash=False)


def condition_contexts(
    statements: Iterable[StatementView], user_name: str, *, identified: bool = True
) -> list[ConditionContext]:
    """Return the usual keys, then each key of the statements with other values or absent, and all fulfilled.

    `identified` is whether the caller has an organization, tags and an id.
    """
    keys = _keys()
    found = [ConditionContext("", keys)]
    for statement in statements:
        asked = [each for each in statement.conditions if not _is_fixed(each.key, identified)]
        for each in asked:
            for value in values(each, user_name):
                found.append(ConditionContext(_words(each.key, value), _with(keys, {each.key: value})))
        if len(asked) > 1:
            met = {each.key: values(each, user_name)[0] for each in asked}
            words = " and ".join(f"{key} is {value}" for key, value in met.items())
            found.append(ConditionContext(f"when {words}", _with(keys, met)))
    kept: list[ConditionContext] = []
    for context in found:
        if all(context.keys != other.keys for other in kept):
            kept.append(context)
    return kept


def default_context() -> ConditionContext:
    """Return the condition keys of a call as usual."""
    return ConditionContext("", _keys())


def values(asked: ConditionEntry, user_name: str) -> list[str | None]:
    """Return values to try for a key: those it is compared with, another one, and none."""
    operator = asked.operator.lower()
    if "bool" in operator:
        return [*asked.values, *({"true", "false"} - set(asked.values)), None]
    if "ipaddress" in operator:
        return [*(text.partition("/")[0] for text in asked.values[:_VALUES]), "192.0.2.1", None]
    if operator == "null":
        return [OTHER, None]
    if "like" in operator:
        named = [text for pattern in asked.values[:_VALUES] for text in examples(pattern, user_name=user_name)[:1]]
    else:
        named = list(asked.values[:_VALUES])
    return [*named, None] if "numeric" in operator or "date" in operator else [*named, OTHER, None]


def _words(key: str, value: str | None) -> str:
    if value is None:
        return f"without {key}"
    return _PLAIN.get((key.lower(), value)) or f"when {key} is {value}"


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
    """One request in a form that both sides have; `prefix` is a listing's, None for none."""

    action: str
    resource: str
    prefix: str | None
    context: ConditionContext = field(repr=False)


def sample_requests(
    head: Snapshot, actions: Iterable[str], spots: Iterable[ResourceScope], contexts: Iterable[ConditionContext]
) -> Iterator[SampleRequest]:
    """Yield every action on every resource that it can be about, with each prefix if it is a listing."""
    contexts = list(contexts)
    named = dict.fromkeys(action for pattern in actions for action in actions_of(pattern))
    resources = dict.fromkeys(text for spot in spots for text in spot.resources)
    prefixes = dict.fromkeys(text for spot in spots for text in spot.prefixes)
    for action in named:
        for resource in resources:
            # Who may assume the role itself is a question of its trust policy.
            if not fits(action, localize(head, resource)) or (resource == ROLE and service_of(action) == "sts"):
                continue
            lists = action in LISTINGS and resource == BUCKET
            for prefix in (None, "", *prefixes) if lists else (None,):
                yield from (SampleRequest(action, resource, prefix, context) for context in contexts)


def decide(
    ask: SampleRequest, actor: ComparedPrincipal, side: Snapshot, principal: str, layers: Mapping[bool, PolicySet]
) -> Decision:
    """Return the answer on `side`; `layers` are the actor's there, by whether the call is on the bucket."""
    stranger, account = actor.stranger, side.target.account
    theirs = account if stranger is None or stranger.account is None else stranger.account
    role_arn = side.target.role_arn if actor.holds is PolicyOwner.ROLE else None
    if stranger and stranger.role_arn:
        role_arn = localize(side, stranger.role_arn)
    keys = dict(ask.context.keys)
    if ask.prefix is not None:
        keys["s3:prefix"] = ask.prefix
    request = Request(
        principal=principal,
        action=ask.action,
        resource=localize(side, ask.resource),
        account=theirs,
        resource_account=account,
        role_arn=role_arn,
        context=keys,
    )
    return evaluate(layers[f"{ask.resource}/".startswith(f"{BUCKET}/")], request)
