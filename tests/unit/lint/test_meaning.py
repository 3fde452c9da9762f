"""What patterns and conditions mean to the rules, against the evaluator's matching and against plain arithmetic."""

import ipaddress
import itertools
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from temp_access.iam.conditions import OPERATORS, compile_condition
from temp_access.iam.request import Request
from temp_access.iam.statements import ConditionEntry
from temp_access.lint.meaning.conditions import limits, limits_listing
from temp_access.lint.meaning.patterns import is_catch_all
from temp_access.lint.meaning.public import limits_callers
from temp_access.lint.s3_resources import may_be_bucket, s3_path
from tests.unit.support.linting import bucket, identity, rules, trust, under

PROBING_TEXTS = ("a", "b", "*", "?", "-", "ab", "ba", "a/b:c", "xyz" * 20)
NOBODY = Request(principal="*", action="", resource="", account="", resource_account="")
LIST = {"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b"}
EVERYONE = {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Principal": "*"}
ACCOUNT = {"Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}
ATTACH = {"Action": "iam:AttachRolePolicy", "Resource": "*"}


def _holds(operator: str, key: str, values: tuple[str, ...], value: str | None) -> bool:
    condition = compile_condition(operator, key, values, variables=True)
    return condition.holds(NOBODY._replace(context={key: value}))


def _any_case(text: str) -> st.SearchStrategy[str]:
    flips = st.lists(st.booleans(), min_size=len(text), max_size=len(text))
    return flips.map(lambda up: "".join(c.upper() if each else c.lower() for c, each in zip(text, up, strict=True)))


def _is_matched(pattern: str) -> bool:
    return all(_holds("StringLike", "k:k", (pattern,), text) for text in PROBING_TEXTS)


def test_a_catch_all_matches_every_text() -> None:
    """A pattern is called a catch-all if, and only if, the evaluator matches all of the probing texts with it."""
    patterns = ["".join(each) for length in range(5) for each in itertools.product("*?a-", repeat=length)]
    assert [pattern for pattern in patterns if is_catch_all(pattern) is not _is_matched(pattern)] == []


@given(st.text(alphabet="*?ab-$", max_size=9), st.sampled_from(["", "${aws:username}", "${*}", "${?}"]))
def test_a_longer_catch_all_matches_every_text(pattern: str, variable: str) -> None:
    """So do longer patterns, and those with variables and escapes."""
    assert is_catch_all(pattern + variable) is _is_matched(pattern + variable)


@given(st.lists(st.text(alphabet="*?ab-", max_size=4), min_size=1, max_size=3))
def test_patterns_without_a_catch_all_limit_a_key(patterns: list[str]) -> None:
    """Patterns of few letters can't match all texts together, unless one of them does alone."""
    entry = ConditionEntry("StringLike", "aws:PrincipalTag/team", tuple(patterns))
    matched = all(_holds(entry.operator, entry.key, entry.values, text) for text in ("q", "Q", "9", "Q9", "/", "qqq"))
    assert limits([entry], entry.lower_key) is not matched


@given(st.sampled_from([each.name for each in OPERATORS.values()]).flatmap(_any_case), st.data())
def test_an_operator_counts_in_any_case(operator: str, data: st.DataObject) -> None:
    """A condition that holds without its key never limits, whatever its operator's case."""
    value = _sample(operator)
    prefix = data.draw(st.sampled_from(["", "ForAnyValue:", "ForAllValues:"]).flatmap(_any_case))
    suffix = data.draw(st.sampled_from(["", "IfExists"]).flatmap(_any_case))
    entry = ConditionEntry(prefix + operator + suffix, "aws:PrincipalTag/team", (value,))
    same = ConditionEntry(entry.operator.lower(), entry.key, entry.values)
    assert limits([entry], entry.lower_key) is limits([same], entry.lower_key)
    if _holds(entry.operator, entry.key, entry.values, None):
        assert not limits([entry], entry.lower_key)


def _sample(operator: str) -> str:
    samples = {"numeric": "5", "date": "2030-01-01", "bool": "true", "ip": "10.0.0.0/8", "notip": "10.0.0.0/8"}
    return next((value for start, value in samples.items() if operator.lower().startswith(start)), "YWJj")


NETWORKS = st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 4)), min_size=1, max_size=12)


@given(NETWORKS, st.booleans())
@settings(max_examples=200)
def test_networks_are_everything_only_together(drawn: list[tuple[int, int]], sixth: bool) -> None:
    """They limit a caller if, and only if, they leave an address out; S3's sizes are stricter."""
    # The first four bits of an address decide.
    covered = {bits for address, length in drawn for bits in range(16) if (bits ^ (address >> 28)) >> (4 - length) == 0}
    family = ipaddress.IPv6Address if sixth else ipaddress.IPv4Address
    values = [f"{family(address << (96 if sixth else 0))}/{length}" for address, length in drawn]
    entry = ConditionEntry("IpAddress", "aws:SourceIp", tuple(values))
    assert limits([entry], "aws:sourceip") is (len(covered) < 16)
    # All of these are wider than /8, and than /32.
    assert not limits_callers([entry])


EVERYBODY: list[tuple[str, str, list[str]]] = [
    ("StringLike", "aws:PrincipalOrgID", ["**"]),
    ("StringLike", "aws:PrincipalOrgID", ["o-1", "o-?*"]),
    ("StringLike", "AWS:principalORGid", ["o*"]),
    ("stringlike", "aws:SourceAccount", ["1111*"]),
    ("StringEquals", "aws:SourceAccount", ["${aws:PrincipalAccount}"]),
    ("StringLike", "aws:SourceVpce", ["vpce-*"]),
    ("StringLike", "aws:userid", ["*:bob"]),
    # S3's page names this pattern as public.
    ("StringLike", "aws:userid", ["AROAEXAMPLEID:*"]),
    ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", ["o-*/r-ab12/*"]),
    ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", ["*/r-ab12/*"]),
    ("ForAllValues:StringLike", "aws:PrincipalOrgPaths", ["o-1/r-ab12/*"]),
    ("ArnLike", "aws:PrincipalArn", ["arn:aws:iam::*:role/admin"]),
    ("ArnLike", "aws:PrincipalArn", ["arn:aws:iam::1111????3333:role/x"]),
    ("StringLike", "aws:PrincipalArn", ["arn:*"]),
    ("ArnLike", "aws:SourceArn", ["arn:aws:s3:::*"]),
    ("ArnLike", "aws:SourceArn", ["arn:aws:s3:*:*:logs-*"]),
    ("ArnLike", "aws:SourceArn", ["arn:aws:sns:*:*:topic"]),
    ("ArnNotLike", "aws:PrincipalArn", ["arn:aws:iam::111122223333:role/x"]),
    ("ArnLikeIfExists", "aws:PrincipalArn", ["arn:aws:iam::111122223333:role/x"]),
    ("IpAddress", "aws:SourceIp", ["0.0.0.0/1"]),
    ("IpAddress", "aws:SourceIp", ["10.0.0.0/7"]),
    ("StringLike", "aws:SourceIp", ["*"]),
    ("IpAddress", "aws:SourceIp", ["192.0.2.0/24", "2001:db8::/31"]),
    ("IpAddress", "aws:SourceIp", [f"{each}.0.0.0/8" for each in range(256)]),
    ("NotIpAddress", "aws:SourceIp", ["192.0.2.0/24"]),
    ("Null", "aws:PrincipalOrgID", ["false"]),
    ("null", "aws:SourceVpce", ["FALSE"]),
    ("Bool", "aws:SecureTransport", ["true"]),
    ("Bool", "aws:PrincipalIsAWSService", ["false"]),
    ("StringLike", "aws:Referer", ["https://example.com/*"]),
    ("StringEquals", "aws:PrincipalTag/team", ["red"]),
    ("StringEquals", "aws:username", ["bob"]),
    ("NumericGreaterThan", "aws:EpochTime", ["0"]),
    ("DateGreaterThan", "aws:CurrentTime", ["2020-01-01T00:00:00Z"]),
]
SOMEBODY: list[tuple[str, str, list[str]]] = [
    ("StringEquals", "aws:PrincipalOrgID", ["o-a1b2c3d4e5"]),
    ("stringEQUALSignoreCASE", "AWS:PRINCIPALORGID", ["o-a1b2c3d4e5"]),
    ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", ["o-a1b2c3d4e5/r-ab12/*"]),
    ("ForAnyValue:StringEquals", "aws:SourceOrgPaths", ["o-a1b2c3d4e5/r-ab12/"]),
    ("StringEquals", "aws:PrincipalOrgID", ["${aws:ResourceOrgID}"]),
    ("StringEquals", "aws:SourceAccount", ["${aws:ResourceAccount}"]),
    ("StringEquals", "AWS:SourceOwner", ["111122223333"]),
    ("StringEquals", "kms:CallerAccount", ["111122223333"]),
    ("ArnLike", "aws:PrincipalArn", ["arn:aws:iam::111122223333:role/*"]),
    ("ArnEquals", "aws:SourceArn", ["arn:aws:s3:::bucket"]),
    ("ArnLike", "aws:SourceArn", ["arn:aws:s3:*:*:bucket"]),
    ("ArnLike", "aws:SourceArn", ["arn:aws:events:*:111122223333:rule/*"]),
    ("ArnLike", "s3:DataAccessPointArn", ["arn:aws:s3:us-west-2:111122223333:accesspoint/*"]),
    ("StringLike", "aws:SourceVpce", ["vpce-0a1b2c3d"]),
    ("IpAddress", "aws:SourceIp", ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"]),
    ("StringEquals", "s3:x-amz-server-side-encryption-aws-kms-key-id", ["arn:aws:kms:eu-west-1:111122223333:key/k"]),
]


@pytest.mark.parametrize(("operator", "key", "values"), EVERYBODY)
def test_finds_a_condition_that_leaves_everybody(operator: str, key: str, values: list[str]) -> None:
    """Only fixed values limit callers: that is how S3 decides whether a policy is public."""
    assert "Everyone" in rules(bucket(EVERYONE | under(operator, key, *values)))


@pytest.mark.parametrize(("operator", "key", "values"), SOMEBODY)
def test_accepts_a_condition_with_fixed_values(operator: str, key: str, values: list[str]) -> None:
    """An organization, an account, a bucket, an endpoint or networks of S3's size are fixed."""
    assert "Everyone" not in rules(bucket(EVERYONE | under(operator, key, *values)))


@pytest.mark.parametrize("operator", ["StringEqualsIfExists", "ForAllValues:StringEquals"])
def test_a_loose_operator_counts_if_null_requires_the_key(operator: str) -> None:
    """AWS recommends Null beside ForAllValues."""
    loose = {operator: {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    assert "Everyone" in rules(bucket(EVERYONE | {"Condition": loose}))
    required = loose | {"Null": {"aws:principalorgid": "false"}}
    assert "Everyone" not in rules(bucket(EVERYONE | {"Condition": required}))


@pytest.mark.parametrize(
    ("operator", "key", "values"),
    [
        ("ArnLike", "aws:PrincipalArn", ["arn:aws:iam::111122223333:role/*"]),
        ("ArnLike", "aws:PrincipalArn", ["arn:*:iam::*:user/*"]),
        ("StringEquals", "aws:PrincipalAccount", ["111122223333"]),
        ("StringEquals", "aws:PrincipalType", ["User", "AssumedRole"]),
        ("StringLike", "sts:ExternalId", ["??*"]),
        ("StringLike", "aws:userid", ["AROA*"]),
        ("StringLike", "aws:userid", ["*:*"]),
        ("StringLike", "sts:RoleSessionName", ["*?"]),
        ("StringNotEquals", "sts:ExternalId", ["x"]),
        ("Null", "sts:ExternalId", ["false"]),
        ("Bool", "aws:SecureTransport", ["true"]),
        ("BOOL", "aws:PrincipalIsAWSService", ["false"]),
        ("BoolIfExists", "aws:MultiFactorAuthPresent", ["true"]),
        ("Bool", "aws:ViaAWSService", ["false"]),
        ("Null", "aws:PrincipalArn", ["false"]),
        ("NumericGreaterThan", "aws:EpochTime", ["0"]),
        ("DateGreaterThan", "aws:CurrentTime", ["2020-01-01T00:00:00Z"]),
        ("IpAddress", "aws:SourceIp", ["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/2"]),
        ("IpAddress", "aws:SourceIp", ["::/1", "8000::/1"]),
        ("StringLike", "aws:RequestedRegion", ["*-*-?"]),
    ],
)
def test_finds_a_trust_that_a_condition_doesnt_limit(operator: str, key: str, values: list[str]) -> None:
    """Every principal of the account meets these conditions, or can meet them at will."""
    assert "AccountTrust" in rules(trust(ACCOUNT | under(operator, key, *values)))


EVERYONE = {"Action": "sts:AssumeRole", "Principal": "*"}


@pytest.mark.parametrize(
    ("operator", "key", "value", "alarms"),
    [
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::444455556666:role/*", True),
        ("StringLike", "AWS:principalarn", "arn:aws:iam::444455556666:*", True),
        ("StringEquals", "aws:PrincipalAccount", "444455556666", True),
        ("StringEquals", "aws:PrincipalAccount", {"Ref": "AWS::AccountId"}, True),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::444455556666:role/build", False),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::444455556666:role/AWSReservedSSO_admin_*", False),
    ],
)
def test_finds_a_whole_account_that_a_condition_names(operator: str, key: str, value: Any, *, alarms: bool) -> None:
    """Everyone of one account is the whole account, unless one more condition limits it."""
    assert ("AccountTrust" in rules(trust(EVERYONE | under(operator, key, value)))) is alarms
    both = {"Condition": {operator: {key: value}, "Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    assert "AccountTrust" not in rules(trust(EVERYONE | both))


@pytest.mark.parametrize(
    ("operator", "key", "values"),
    [
        ("stringequals", "STS:externalid", ["x-1"]),
        ("Bool", "aws:MultiFactorAuthPresent", ["true"]),
        ("Null", "aws:MultiFactorAuthAge", ["false"]),
        ("NumericLessThan", "aws:MultiFactorAuthAge", ["3600"]),
        ("ArnLike", "aws:PrincipalArn", ["arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*/S_*"]),
        ("StringEquals", "aws:PrincipalTag/team", ["red"]),
        ("StringEquals", "aws:PrincipalOrgID", ["o-a1b2c3d4e5"]),
        ("IpAddress", "aws:SourceIp", ["0.0.0.0/1", "128.0.0.0/2"]),
        ("DateLessThan", "aws:CurrentTime", ["2040-01-01T00:00:00Z"]),
        ("StringEquals", "sts:ExternalId", [{"Ref": "Id"}]),
    ],
)
def test_accepts_a_trust_that_a_condition_limits(operator: str, key: str, values: list[Any]) -> None:
    """Some principals of the account don't meet these conditions."""
    assert "AccountTrust" not in rules(trust(ACCOUNT | under(operator, key, *values)))


@pytest.mark.parametrize(
    ("condition", "limited"),
    [
        ({"StringLike": {"s3:prefix": ["bob/*"]}}, True),
        ({"stringlike": {"S3:PREFIX": ["bob/*", "?*"]}}, False),
        ({"StringLike": {"s3:prefix": ["*", "bob/*"]}}, False),
        ({"StringEquals": {"s3:prefix": ["", "bob/"]}}, False),
        ({"StringEquals": {"s3:prefix": ["", "bob/"], "s3:delimiter": "/"}}, True),
        ({"StringEquals": {"s3:prefix": ["", "bob/"], "s3:delimiter": ["/", ""]}}, False),
        ({"StringEquals": {"s3:delimiter": "/"}}, False),
        ({"StringLike": {"s3:prefix": "*"}, "StringEquals": {"s3:delimiter": "/"}}, False),
        ({"StringEqualsIfExists": {"s3:prefix": "bob/"}}, False),
        ({"StringEqualsIfExists": {"s3:prefix": "bob/"}, "Null": {"s3:prefix": "false"}}, True),
        ({"StringNotLike": {"s3:prefix": "bob/*"}, "Null": {"s3:prefix": "false"}}, False),
        ({"ForAllValues:StringEquals": {"s3:prefix": "bob/"}}, False),
        ({"Null": {"s3:prefix": "true"}}, False),
        ({"StringLike": {"s3:prefix": "*/"}}, True),
        ({"StringEquals": {"s3:prefix": "<Folder>"}}, True),
        ({"NumericLessThan": {"s3:max-keys": "10"}}, False),
    ],
)
def test_a_listing_is_limited_by_what_its_condition_means(condition: dict[str, Any], limited: bool) -> None:
    """An empty or absent prefix lists everything, unless a delimiter stops at the first folder."""
    entries = [
        ConditionEntry(operator, key, tuple(values) if isinstance(values, list) else (values,))
        for operator, keys in condition.items()
        for key, values in keys.items()
    ]
    assert limits_listing(entries) is limited
    assert ("ListWithoutPrefix" in rules(identity(LIST | {"Condition": condition}))) is not limited


@pytest.mark.parametrize(
    ("operator", "key", "value", "limited"),
    [
        ("ArnEquals", "iam:PolicyARN", "arn:aws:iam::aws:policy/ReadOnlyAccess", True),
        ("ArnLike", "iam:PolicyARN", "arn:aws:iam::111122223333:policy/team/*", True),
        ("ArnLike", "iam:PolicyARN", "arn:aws:iam::aws:policy/*", False),
        ("ArnLike", "iam:PolicyARN", "arn:aws*:iam::*:policy/Admin*", False),
        ("ArnEquals", "iam:PolicyARN", "arn:aws-cn:iam::aws:policy/IAMFullAccess", False),
        ("StringLike", "iam:PermissionsBoundary", "arn:*", False),
        ("StringEquals", "iam:PermissionsBoundary", "arn:aws:iam::aws:policy/AdministratorAccess", False),
        ("ArnNotEquals", "iam:PolicyARN", "arn:aws:iam::aws:policy/AdministratorAccess", False),
        ("StringLike", "iam:PassedToService", "*.amazonaws.com", False),
        ("StringLike", "iam:PassedToService", "ec2.*", True),
        ("StringLike", "aws:ResourceTag/team", "?*", False),
        ("Null", "iam:PermissionsBoundary", "false", False),
    ],
)
def test_a_limit_on_escalation_excludes_an_administrators_policy(
    operator: str, key: str, value: str, limited: bool
) -> None:
    """A policy that makes its holder administrator isn't excluded by its name or by a wildcard."""
    assert ("SelfEscalation" in rules(identity(ATTACH | under(operator, key, value)))) is not limited


AP = "arn:aws:s3:eu-west-1:111122223333:accesspoint"


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        ("arn:aws:s3:::b", ("b", None)),
        ("arn:aws:s3:::b/k/x", ("b", "k/x")),
        ("arn:aws:s3:::accesspoint/ap", ("accesspoint", "ap")),
        (f"{AP}/ap", ("ap", None)),
        (f"{AP}/ap/object/k/x", ("ap", "k/x")),
        (f"{AP}/ap/*", ("ap", "*")),
        ("arn:aws:s3::111122223333:accesspoint/m1.mrap/object/k", ("m1.mrap", "k")),
        ("arn:<AWS.Partition>:s3:<AWS.Region>:<AWS.AccountId>:accesspoint/ap", ("ap", None)),
        ("arn:aws:s3-object-lambda:eu-west-1:111122223333:accesspoint/ap", ("ap", None)),
        ("arn:aws:s3-outposts:eu-west-1:111122223333:outpost/op-1/accesspoint/ap/object/k", ("ap", "k")),
        ("arn:aws:s3-outposts:eu-west-1:111122223333:outpost/op-1/bucket/b", ("b", None)),
        ("arn:aws:s3express:eu-west-1:111122223333:bucket/b--x-s3", ("b--x-s3", None)),
        ("<Bucket.Arn>", ("<Bucket.Arn>", None)),
        ("<Bucket.Arn>/k", ("<Bucket.Arn>", "k")),
        ("arn:aws:sqs:eu-west-1:111122223333:q", None),
        ("*", None),
    ],
)
def test_reads_the_bucket_and_the_key(resource: str, path: tuple[str, str | None] | None) -> None:
    """An access point takes the place of its bucket; the slashes before its name aren't a key's."""
    assert s3_path(resource) == path


@pytest.mark.parametrize("resource", ["*", "**", "?*", "arn:*", "arn:aws:*", "arn:aws:s3:*", "arn:aws-cn:s3:::b*"])
def test_a_short_arn_may_be_a_bucket(resource: str) -> None:
    """The parts that an ARN lacks are completed with `*`."""
    assert may_be_bucket(resource)
    assert not may_be_bucket("arn:aws:sqs:*")


@pytest.mark.parametrize(
    "point", [f"{AP}/*", "arn:aws:s3:*:*:access*/ap", "arn:aws:s3::111122223333:accesspoint/m.mrap"]
)
def test_finds_listing_through_an_access_point(point: str) -> None:
    """It lists the bucket that it belongs to; its objects can't be listed."""
    assert "ListWithoutPrefix" in rules(identity(LIST | {"Resource": point}))
    assert "ListWithoutPrefix" not in rules(identity({"Action": "s3:*", "Resource": f"{point}/object/*"}))


def test_finds_an_open_prefix_of_an_access_points_objects() -> None:
    """The key begins behind `object/`."""
    read = {"Action": "s3:GetObject"}
    assert rules(identity(read | {"Resource": f"{AP}/ap/object/bob*"})) == ["PrefixWithoutSlash"]
    assert rules(identity(read | {"Resource": f"{AP}/ap/object/bob/*"})) == []


@pytest.mark.parametrize("resource", ["user/*/${aws:username}", "role/*/app", "user/x/*/bob"])
def test_a_name_is_unique_whatever_its_path(resource: str) -> None:
    """A wildcard for the path is still one user or role; one within the name isn't."""
    arn, action = f"arn:aws:iam::*:{resource}", "PutRolePolicy" if resource.startswith("role") else "CreateAccessKey"
    assert rules(identity({"Action": f"iam:{action}", "Resource": arn})) == []
    for wider in (re.sub(r"\*/([^/]*)$", r"*\1", arn), arn + "?", arn.replace(resource, "*/" + resource)):
        assert "SelfEscalation" in rules(identity({"Action": f"iam:{action}", "Resource": wider}))


@pytest.mark.parametrize(
    "role", ["**", "arn:*", "arn:aws:iam:*", "arn:aws:iam::*:role/?*", "arn:aws:iam::111122223333:*"]
)
def test_finds_every_role_in_other_words(role: str) -> None:
    """The pattern matches roles with any name and path."""
    assert "SelfEscalation" in rules(identity({"Action": "sts:AssumeRole", "Resource": role}))


OUTSIDERS: list[dict[str, str | tuple[str, ...] | None]] = [
    {
        "aws:principalorgid": f"o-{name * 10}",
        "aws:principalorgpaths": (f"o-{name * 10}/r-ab12/ou-ab12-11111111/",),
        "aws:principalaccount": digit * 12,
        "aws:principalarn": f"arn:aws:iam::{digit * 12}:role/{name}",
        "aws:sourceaccount": digit * 12,
        "aws:sourcearn": f"arn:aws:sns:eu-west-1:{digit * 12}:{name}",
        "aws:sourceip": address,
        "aws:sourcevpce": f"vpce-0{digit * 7}",
    }
    for name, digit, address in (("a", "7", "8.8.8.8"), ("z", "8", "203.0.113.9"), ("q", "9", "2600::1"))
]
OUTSIDERS.append(dict.fromkeys(OUTSIDERS[0]))
OURS = {
    "aws:PrincipalOrgID": ["o-ourown1234", "o-*", "*", "o-our*"],
    "aws:PrincipalOrgPaths": ["o-ourown1234/r-ab12/*", "*/r-ab12/*", "o-*/*"],
    "aws:PrincipalAccount": ["111122223333", "*", "????????????", "1*"],
    "AWS:PrincipalArn": ["arn:aws:iam::111122223333:role/*", "arn:aws:iam::*:role/*", "arn:*", "*"],
    "aws:SourceAccount": ["111122223333", "?*", "${aws:PrincipalAccount}"],
    "aws:SourceArn": ["arn:aws:sns:*:111122223333:*", "arn:aws:sns:*:*:*", "arn:aws:s3:::ours"],
    "aws:SourceIp": ["192.0.2.0/24", "0.0.0.0/1", "128.0.0.0/1", "::/0", "2001:db8::/32"],
    "aws:SourceVpce": ["vpce-0a1b2c3d", "vpce-*", "*"],
}
NAMES = ["StringLike", "StringEquals", "ArnLike", "StringNotLike", "ArnNotLike", "IpAddress", "NotIpAddress"]


@st.composite
def _entries(draw: st.DrawFn) -> ConditionEntry:
    key = draw(st.sampled_from(list(OURS)))
    names = [each for each in NAMES if each.endswith("IpAddress") is (key == "aws:SourceIp")]
    operator = draw(st.sampled_from(["", "ForAnyValue:", "ForAllValues:"])) + draw(st.sampled_from(names))
    operator += draw(st.sampled_from(["", "IfExists"]))
    if draw(st.integers(0, 5)) == 0:
        return ConditionEntry("Null", key, ("false",))
    return ConditionEntry(operator, key, tuple(draw(st.lists(st.sampled_from(OURS[key]), min_size=1, max_size=3))))


@given(st.lists(_entries(), min_size=1, max_size=3))
@settings(max_examples=400)
def test_no_outsider_meets_conditions_that_limit_callers(entries: list[ConditionEntry]) -> None:
    """Where a block is said to limit callers, the evaluator lets none in from elsewhere, with the keys or without."""
    if limits_callers(entries):
        compiled = [compile_condition(each.operator, each.key, each.values, variables=True) for each in entries]
        for outsider in OUTSIDERS:
            request = NOBODY._replace(context=outsider)
            assert not all(condition.holds(request) for condition in compiled)
