"""Values that condition keys can have, in groups: a condition that holds for a whole group doesn't limit its key.

The values of a group have no letter in common where they can differ, so that only a pattern for all of them matches
them all.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_network

Group = tuple[str, ...]
Compared = Sequence[tuple[str, tuple[str, ...]]]

_TEXTS = ("a", "B", "0", "zz-9", "x_1/y", "Qu=rt:k")
_LONGER_TEXTS = ("ab", "ZX", "09", "zz-9", "x_1/y", "Qu=rt:k")
_NUMBERS = ("1", "42", "1000", "1000000000")
_ACCOUNTS = ("000000000001", "123456789012", "999988887777", "555566667778")
_ORGANIZATIONS = ("o-a1b2c3d4e5", "o-zyxwvutsrq", "o-0987654321fg")
_ORGANIZATION_PATHS = (
    "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/",
    "o-zyxwvutsrq/r-9z8y/",
    "o-0987654321fg/r-m3k4/ou-m3k4-x/",
)
_REGIONS = ("us-east-1", "eu-central-2", "ap-southeast-3", "us-gov-west-1")
_PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
_ROLES = ("a", "Zz-9", "path/x_1", "aws-reserved/sso.amazonaws.com/AWSReservedSSO_P_0123456789abcdef")
_USERS = ("b", "Qq.8", "path/y_2")
_SERVICES = ("ec2", "lambda", "glue", "cloudformation", "ecs-tasks", "sagemaker")
_ARNS = tuple(f"arn:aws:{each}" for each in ("s3:::a", "sns:eu-west-1:111122223333:b", "iam::444455556666:role/x/y"))
_ROLE_IDS = ("AROAEXAMPLE1:a", "AROAZYXW2:Bob", "AROA0987:i-0a1b")
_USER_IDS = ("AIDAEXAMPLE1", "AIDAZYXW2", "AIDA0987")
# Whoever has these policies, or is bounded by them only, is an administrator.
_POLICIES = ("AdministratorAccess", "IAMFullAccess")
_FAR = "2100-01-01T00:00:00Z"

# A key that is there only for some callers limits them, even if it may have any value.
PRESENCE_LIMITS = frozenset(["aws:multifactorauthage"])
_GROUPS: dict[str, tuple[Group, ...]] = {
    "aws:assumedroot": (("false",),),
    "aws:principalisawsservice": (("false",),),
    "aws:principaltype": (("User",), ("AssumedRole",)),
    "aws:requestedregion": (_REGIONS,),
    "aws:securetransport": (("true",),),
    "aws:sourcevpc": (("vpc-0a1b2c3d", "vpc-9f8e7d6c5b4a39281"),),
    "aws:sourcevpce": (("vpce-0a1b2c3d", "vpce-9f8e7d6c5b4a39281"),),
    "aws:userid": (_ROLE_IDS, _USER_IDS),
    "aws:viaawsservice": (("false",),),
    "iam:passedtoservice": (tuple(f"{each}.amazonaws.com" for each in _SERVICES),),
    "sts:externalid": (_LONGER_TEXTS,),
    "sts:rolesessionname": (("ab", "ZX", "09", "zz-9", "x_1"),),
}
_BY_END: dict[str, tuple[Group, ...]] = {
    "account": (_ACCOUNTS,),
    "sourceowner": (_ACCOUNTS,),
    "orgid": (_ORGANIZATIONS,),
    "orgpaths": (_ORGANIZATION_PATHS,),
}
_POLICY_KEYS = ("iam:policyarn", "iam:permissionsboundary")
_TIMES = ("aws:currenttime", "aws:epochtime", "aws:tokenissuetime")


def probe_groups(key: str, compared: Compared, accounts: Sequence[str] = ()) -> tuple[Group, ...]:
    """Return the groups for a key in lower case; `compared` are operators in lower case with their values."""
    operators = {operator for operator, _ in compared}
    if key == "aws:principalarn":
        return tuple(_principals(accounts or _ACCOUNTS))
    if key == "aws:principalaccount" and accounts:
        return (tuple(accounts),)
    if key in _POLICY_KEYS:
        return tuple((f"arn:{each}:iam::aws:policy/{name}",) for each in _PARTITIONS for name in _POLICIES)
    if key in _TIMES:
        now = datetime.now(UTC)
        numeric = any(operator.startswith("numeric") for operator in operators)
        return ((str(now.timestamp()), "4102444800"),) if numeric else ((now.isoformat(timespec="seconds"), _FAR),)
    if any("ipaddress" in operator for operator in operators):
        return _networks(value for _, values in compared for value in values)
    by_end = next((groups for end, groups in _BY_END.items() if key.endswith(end)), None)
    return _GROUPS.get(key) or by_end or (_by_operator(operators),)


def _principals(accounts: Sequence[str]) -> Iterator[Group]:
    for partition in _PARTITIONS:
        for type_, names in (("role", _ROLES), ("user", _USERS)):
            yield tuple(f"arn:{partition}:iam::{account}:{type_}/{each}" for account in accounts for each in names)


def _by_operator(operators: Iterable[str]) -> Group:
    for operator in operators:
        if operator.startswith("numeric"):
            return _NUMBERS
        if operator.startswith("date"):
            return ("1971-01-01T00:00:00Z", _FAR)
        if operator == "bool":
            return ("true", "false")
        if operator.startswith("binary"):
            return ("YQ==", "Yg==")
        if operator.startswith("arn"):
            return _ARNS
    return _TEXTS


def _networks(values: Iterable[str]) -> tuple[Group, ...]:
    """Return the first and the last address of each family, and those just outside of each network.

    Networks that contain all of these have no gap between them.
    """
    addresses: dict[int, set[int]] = {4: {0, 2**32 - 1}, 6: {0, 2**128 - 1}}
    for value in values:
        try:
            network = ip_network(value, strict=False)
        except ValueError:
            continue
        around = (int(network.network_address) - 1, int(network.broadcast_address) + 1)
        addresses[network.version] |= {each for each in around if 0 <= each <= max(addresses[network.version])}
    families = ((4, IPv4Address), (6, IPv6Address))
    return tuple(tuple(str(family(each)) for each in sorted(addresses[version])) for version, family in families)
