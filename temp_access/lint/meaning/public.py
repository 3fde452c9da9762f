"""Whether conditions limit the callers of an Allow for everybody, as S3 decides whether a policy is public.

Only fixed values count: no wildcards, no variables. An ARN is fixed by its account or its bucket, a path of an
organization by the organization, and networks by their size.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
"""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

from temp_access.iam.statements import ConditionEntry
from temp_access.lint.meaning.conditions import has_pattern_values, is_negated, operator_name, requires_key
from temp_access.lint.meaning.patterns import has_wildcard, variables

# Those of S3's page; and those that AWS added for organizations, for VPC endpoints, for KMS and for services.
_NAMES = """
aws:principalaccount aws:principalarn aws:principalorgid aws:principalorgpaths aws:principalservicename
aws:principalservicenameslist aws:sourceaccount aws:sourcearn aws:sourceip aws:sourceorgid aws:sourceorgpaths
aws:sourceowner aws:sourcevpc aws:sourcevpcarn aws:sourcevpce aws:userid aws:vpceaccount aws:vpceorgid
aws:vpceorgpaths kms:calleraccount s3:dataaccesspointaccount s3:dataaccesspointarn
s3:x-amz-server-side-encryption-aws-kms-key-id
"""
CALLER_KEYS = frozenset(_NAMES.split())
_EQUALITIES = frozenset(
    ["stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress", "binaryequals"]
)
# The owner of the resource doesn't change with the caller.
_OWNER_VARIABLES = frozenset(["aws:resourceaccount", "aws:resourceorgid", "s3:resourceaccount"])
_ACCOUNT = re.compile(r"\d{12}|<[^<>]*>")
_REFERENCE = re.compile(r"<[^<>]*>")
# Wider networks than these are everybody to S3.
_MINIMUM_LENGTHS = {4: 8, 6: 32}
_FIELDS = 6


def limits_callers(conditions: Sequence[ConditionEntry]) -> bool:
    """Whether one of the conditions holds only for callers with fixed values of a key."""
    return any(
        each.lower_key in CALLER_KEYS and _is_fixed(each) and requires_key(conditions, each.lower_key)
        for each in conditions
    )


def loose_conditions(conditions: Iterable[ConditionEntry]) -> list[str]:
    """Return the conditions on such keys as text, to name them in a message where they don't limit callers."""
    return [each.text for each in conditions if each.lower_key in CALLER_KEYS]


def _is_fixed(condition: ConditionEntry) -> bool:
    if is_negated(condition) or operator_name(condition) not in _EQUALITIES:
        return False
    if condition.lower_key == "aws:sourceip":
        return _are_narrow(condition.values)
    patterns = has_pattern_values(condition)
    return all(_is_fixed_value(condition.lower_key, value, patterns=patterns) for value in condition.values)


def _is_fixed_value(key: str, value: str, *, patterns: bool) -> bool:
    if not {each.lower() for each in variables(value)} <= _OWNER_VARIABLES:
        return False
    if not patterns or not has_wildcard(value):
        return True
    if key.endswith("orgpaths"):
        organization, slash, _ = value.partition("/")
        return bool(slash) and not has_wildcard(organization)
    return key.endswith("arn") and _has_fixed_owner(value)


def _has_fixed_owner(arn: str) -> bool:
    if _REFERENCE.match(arn):
        return True
    fields = arn.split(":", _FIELDS - 1)
    if len(fields) < _FIELDS:
        return False
    # Names of buckets are unique in the world; other names, such as those of roles, only in an account.
    bucket, _, _ = fields[5].partition("/")
    return _ACCOUNT.fullmatch(fields[4]) is not None or (fields[2] == "s3" and not has_wildcard(bucket))


def _are_narrow(values: Iterable[str]) -> bool:
    fourth: list[IPv4Network] = []
    sixth: list[IPv6Network] = []
    for value in values:
        try:
            network = ip_network(value, strict=False)
        except ValueError:
            if _REFERENCE.match(value):
                continue
            return False
        fourth += [network] if isinstance(network, IPv4Network) else []
        sixth += [network] if isinstance(network, IPv6Network) else []
    joined: list[IPv4Network | IPv6Network] = [*collapse_addresses(fourth), *collapse_addresses(sixth)]
    return all(each.prefixlen >= _MINIMUM_LENGTHS[each.version] for each in joined)
