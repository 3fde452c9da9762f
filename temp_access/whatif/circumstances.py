"""The circumstances of a call that its caller chooses, and the conditions on them in plain words."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from ipaddress import ip_network
from itertools import product

from temp_access.iam.decision import Decision, DecisionType, Layer, Reason
from temp_access.iam.document import Policy
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.explanation import layer_breakdown
from temp_access.iam.request import ContextValue, Request
from temp_access.iam.statements import ConditionEntry, policy_statements

# These say who calls, when, and on what: a caller doesn't choose them.
_GIVEN = ("aws:principal", "aws:resource", "s3:resource")
_GIVEN_KEYS = frozenset(
    ["aws:currenttime", "aws:epochtime", "aws:tokenissuetime", "aws:userid", "aws:username", "s3:prefix"]
)
# By operator and key, both in lower case, without the form of the operator for absent keys.
# Without a default, which begins with a comma.
_VARIABLE = re.compile(r"\$\{([^},*?$]+)\}")
_FLAGS = frozenset(["aws:multifactorauthpresent", "aws:securetransport", "aws:viaawsservice"])
_FLAG_VALUES: tuple[ContextValue, ...] = ("true", "false", None)
_WORDS = {
    ("bool", "aws:multifactorauthpresent"): {"true": "with MFA", "false": "without MFA"},
    ("bool", "aws:securetransport"): {"true": "over TLS", "false": "without TLS"},
    ("bool", "aws:viaawsservice"): {"true": "through an AWS service", "false": "not through an AWS service"},
}
_PHRASES = {
    ("ipaddress", "aws:sourceip"): "from {}",
    ("notipaddress", "aws:sourceip"): "from elsewhere than {}",
    ("stringequals", "sts:externalid"): "with the external id {}",
    ("stringequals", "aws:sourceaccount"): "for resources of account {}",
    ("arnlike", "aws:sourcearn"): "for resources like {}",
    ("stringlike", "sts:rolesessionname"): "with a session name like {}",
    ("stringequals", "sts:rolesessionname"): "with the session name {}",
    ("stringlike", "sts:sourceidentity"): "with a source identity like {}",
    ("stringequals", "sts:sourceidentity"): "with the source identity {}",
    ("stringlike", "aws:userid"): "by a caller whose aws:userid is like {}",
    ("arnlike", "aws:principalarn"): "by a caller like {}",
    ("arnnotlike", "aws:principalarn"): "not by a caller like {}",
    ("stringequals", "aws:requestedregion"): "in {}",
}


def is_circumstance(key: str) -> bool:
    """Whether callers choose the value of a condition key (in lower case)."""
    return key not in _GIVEN_KEYS and not key.startswith(_GIVEN)


def in_words(entry: ConditionEntry) -> str:
    """Return a condition in plain words, as it continues "can do it"."""
    operator, key = entry.operator.lower().removesuffix("ifexists"), entry.lower_key
    values = " or ".join(entry.values)
    if words := _WORDS.get((operator, key), {}).get(values.lower()):
        return words
    if phrase := _PHRASES.get((operator, key)):
        return phrase.format(values)
    claim = key.rpartition(":")[2]
    if "." in key.partition(":")[0] and claim in ("sub", "aud"):
        what = {"sub": "subject", "aud": "audience"}[claim]
        if operator in ("stringequals", "stringlike"):
            article = "the" if operator == "stringequals" else "a" if claim == "sub" else "an"
            return f"with {article} {what} {'' if operator == 'stringequals' else 'like '}{values}"
    return f"if {entry.text}"


def is_feasible(policies: Iterable[PolicySet], request: Request, keys: Collection[str]) -> bool:
    """Whether some values of `keys` (in lower case) let one of the policies allow the request, or leave it open.

    By itself, an evaluation takes each test of an unknown key for passed, also two that exclude each other. So MFA,
    TLS and addresses get each value that makes a difference; other keys stay unknown.
    """
    several = tuple(policies)
    views = [view for each in several for view in policy_statements(each.all_policies)]
    written = {value for view in views for entry in view.conditions for value in entry.values}
    options: list[list[tuple[str, ContextValue]]] = [
        [(key, value) for value in _FLAG_VALUES] for key in sorted(_FLAGS & set(keys))
    ]
    if "aws:sourceip" in keys:
        options.append([("aws:SourceIp", address) for address in _addresses(written)])
    others = {key: value for key, value in request.context.items() if key.lower() not in {*_FLAGS, "aws:sourceip"}}
    hopeless = {entry.lower_key for view in views for entry in view.conditions if _matches_nothing(entry, request)}
    others |= {key: "" for key in others if key.lower() in hopeless & set(keys)}
    fixed = {key: value for key, value in request.context.items() if key not in others and key.lower() not in keys}
    tried = (request._replace(context={**others, **fixed, **dict(chosen)}) for chosen in product(*options))
    return any(
        evaluate(each, attempt).kind in (DecisionType.ALLOWED, DecisionType.UNDECIDED)
        for attempt in tried
        for each in several
    )


def _matches_nothing(entry: ConditionEntry, request: Request) -> bool:
    """Whether each value has a variable that the caller lacks, as sessions of roles lack aws:username."""
    variables = [_VARIABLE.findall(value) for value in entry.values]
    positive = entry.operator.lower() in ("stringequals", "stringlike")
    return positive and all(any(request.value(name.strip()) is None for name in names) for names in variables)


def _addresses(written: Iterable[str]) -> Iterator[ContextValue]:
    """Yield an address of each range in which all conditions on networks have the same outcome, then no address."""
    yield from ("0.0.0.0", "::", None)  # noqa: S104 (a caller has it)
    for text in sorted(written):
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            continue
        yield str(network.network_address)
        with suppress(ValueError):
            yield str(network.broadcast_address + 1)


def conditions_in_words(
    policies: PolicySet, request: Request, decision: Decision, keys: Collection[str], *, without: Collection[str] = ()
) -> Iterator[str]:
    """Yield what has to hold of `keys` (in lower case) for the call to be allowed: one text for each layer and Deny.

    Conditions on the keys `without` aren't told.
    """
    for result in layer_breakdown(policies, request, decision):
        open_allows = [reason for reason, _ in result.undecided if reason.effect == "Allow"]
        if not result.allows and open_allows:
            ways = [_conditions(policies, reason, keys, without) for reason in open_allows]
            # One way without a condition to tell is enough.
            if all(ways):
                yield ", or ".join(dict.fromkeys(" and ".join(way) for way in ways))
        for reason, _ in result.undecided:
            if reason.effect == "Deny" and (conditions := _conditions(policies, reason, keys, without)):
                yield f"unless {' and '.join(conditions)}"


def _conditions(
    policies: PolicySet, reason: Reason, keys: Collection[str], without: Collection[str]
) -> tuple[str, ...]:
    named = next((each for each in policies_of(policies, reason.layer) if each.name == reason.policy), None)
    views = [*policy_statements([named])]
    entries = views[reason.index].conditions if reason.index < len(views) else ()
    return tuple(in_words(each) for each in entries if each.lower_key in keys and each.lower_key not in without)


def policies_of(policies: PolicySet, layer: Layer) -> tuple[Policy, ...]:
    """Return the policies of one layer: identity, session, boundary or resource."""
    by_layer: Mapping[Layer, tuple[Policy | None, ...]] = {
        Layer.IDENTITY: policies.identity,
        Layer.SESSION: policies.session or (),
        Layer.BOUNDARY: (policies.boundary,),
        policies.resource_layer: (policies.resource,),
    }
    return tuple(filter(None, by_layer.get(layer, ())))
