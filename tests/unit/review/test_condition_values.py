"""The values that are tried for a condition: they show a difference if and only if a dense grid of values shows one."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from temp_access.iam.patterns import Wildcard
from temp_access.iam.request import Request
from temp_access.iam.statements import ConditionEntry
from temp_access.review.compare.key_values import KeyValue, PolicyCondition, assigned, key_values
from temp_access.review.compare.ordered_values import address_values
from temp_access.review.compare.texts import TextPattern, distinguishing_texts

REQUEST = Request("*", "", "", "", "")
Conditions = list[PolicyCondition]


def condition(operator: str, key: str, *values: str) -> PolicyCondition:
    """Return a condition as a policy has it."""
    return PolicyCondition(ConditionEntry(operator, key, values))


def holds(conditions: Conditions, key: str, value: KeyValue) -> bool:
    """Whether all conditions hold for a request with the value."""
    request = REQUEST._replace(context=assigned(key, value))
    compiled = [each.compile() for each in conditions]
    return all(each is not None and each.holds(request) for each in compiled)


def differing(base: Conditions, head: Conditions, key: str, values: Iterable[KeyValue]) -> set[tuple[bool, bool]]:
    """Return the different outcomes of both sides for the values."""
    outcomes = {(holds(base, key, value), holds(head, key, value)) for value in values}
    return {(old, new) for old, new in outcomes if old is not new}


def tried(base: Conditions, head: Conditions, key: str) -> tuple[KeyValue, ...]:
    """Return the values that the review tries."""
    values = key_values(key, [*base, *head])
    assert values.complete
    return values.values


def conditions(operators: Sequence[str], key: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[Conditions]:
    """Return the strategy of one or two conditions on a key."""
    one = st.builds(
        lambda operator, listed: condition(operator, key, *listed),
        st.sampled_from(operators),
        st.lists(values, min_size=1, max_size=3, unique=True),
    )
    return st.lists(one, max_size=2)


def words(alphabet: str, longest: int) -> Iterator[str]:
    """Yield every text of an alphabet up to a length, except the empty one."""
    for length in range(1, longest + 1):
        yield from map("".join, product(alphabet, repeat=length))


KEY = "aws:requesttag/team"
IF_EXISTS = ("", "IfExists")
STRINGS = [
    f"String{name}{end}"
    for name in ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike")
    for end in IF_EXISTS
]
PATTERNS = st.text("aAb*?", min_size=1, max_size=3)
GRID: list[KeyValue] = [None, *words("aAb?z", 4)]


@settings(deadline=None, max_examples=120)
@given(conditions([*STRINGS, "Null"], KEY, PATTERNS), conditions(STRINGS, KEY, PATTERNS))
def test_texts_show_every_difference(base: Conditions, head: Conditions) -> None:
    """Texts that are made from the patterns of both sides show which patterns are wider."""
    base = [
        each if each.operator != "null" else condition("Null", KEY, "true" if len(each.entry.values) % 2 else "false")
        for each in base
    ]
    # A value that is tried is one that a request can have, so that more differences than the grid's are true as well.
    assert differing(base, head, KEY, tried(base, head, KEY)) >= differing(base, head, KEY, GRID)


SETS = [f"{quantifier}:{name}" for quantifier in ("ForAllValues", "ForAnyValue") for name in STRINGS]
SET_GRID: list[KeyValue] = [
    None,
    *words("abz", 2),
    *(each for size in (2, 3) for each in combinations(["a", "b", "z", "ab", "aa", "ba", "bz"], size)),
]


@settings(deadline=None, max_examples=120)
@given(
    conditions(SETS, "aws:tagkeys", st.text("ab*?", min_size=1, max_size=2)),
    conditions(SETS, "aws:tagkeys", st.text("ab*?", min_size=1, max_size=2)),
)
def test_sets_show_every_difference(base: Conditions, head: Conditions) -> None:
    """No value, one value and several values show what conditions on sets tell apart."""
    found = differing(base, head, "aws:tagkeys", tried(base, head, "aws:tagkeys"))
    # Sets of the grid are small, and so are not all that a condition could tell apart.
    assert found >= differing(base, head, "aws:tagkeys", SET_GRID)
    if not found:
        assert not differing(base, head, "aws:tagkeys", SET_GRID)


ADDRESSES = ["10.0.0.0/29", "10.0.0.0/30", "10.0.0.4/30", "10.0.0.8/29", "10.0.0.0/28", "10.0.0.7", "::/126", "::2/127"]
ADDRESS_GRID: list[KeyValue] = [
    None,
    *(f"10.0.0.{number}" for number in range(20)),
    "9.255.255.255",
    *(f"::{number:x}" for number in range(8)),
    "2001:db8::1",
]
IP = [f"{name}{end}" for name in ("IpAddress", "NotIpAddress") for end in IF_EXISTS]


@settings(deadline=None, max_examples=120)
@given(
    conditions(IP, "aws:sourceip", st.sampled_from(ADDRESSES)),
    conditions(IP, "aws:sourceip", st.sampled_from(ADDRESSES)),
)
def test_addresses_show_every_difference(base: Conditions, head: Conditions) -> None:
    """The ends of each network of either side, and the addresses just outside, show a changed mask."""
    assert differing(base, head, "aws:sourceip", tried(base, head, "aws:sourceip")) == differing(
        base, head, "aws:sourceip", ADDRESS_GRID
    )


def test_a_network_written_as_its_halves_is_the_same() -> None:
    """No value tells a network from its two halves."""
    whole = [condition("IpAddress", "aws:SourceIp", "203.0.113.0/24")]
    halves = [condition("IpAddress", "aws:SourceIp", "203.0.113.0/25", "203.0.113.128/25")]
    assert differing(whole, halves, "aws:sourceip", tried(whole, halves, "aws:sourceip")) == set()


@pytest.mark.parametrize(
    ("network", "addresses"),
    [
        ("10.0.0.0/30", {"10.0.0.0", "10.0.0.3", "9.255.255.255", "10.0.0.4"}),
        ("2001:db8:1::/48", {"2001:db8:1::", "2001:db8:1:ffff:ffff:ffff:ffff:ffff", "2001:db8:2::"}),
        ("0.0.0.0/0", {"255.255.255.255"}),
    ],
)
def test_tries_both_ends_of_a_network_and_their_neighbors(network: str, addresses: set[str]) -> None:
    """Addresses outside of all addresses don't exist."""
    assert addresses <= set(address_values([network]))


ORDERED = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
NUMBERS = [f"Numeric{name}{end}" for name in ORDERED for end in IF_EXISTS]
DATES = [f"Date{name}{end}" for name in ORDERED for end in IF_EXISTS]
NUMBER_GRID: list[KeyValue] = [None, *map(str, range(-5, 25))]
DAYS = [f"2030-01-{day:02}T00:00:00Z" for day in range(1, 10)]
DATE_GRID: list[KeyValue] = [
    f"20{year}-{month}-{day:02}T{hour}:00:00Z"
    for year, month, days in (("29", "12", (30, 31)), ("30", "01", range(1, 12)))
    for day in days
    for hour in ("00", "12")
]


@settings(deadline=None, max_examples=120)
@given(
    conditions(NUMBERS, "s3:max-keys", st.integers(0, 20).map(str)),
    conditions(NUMBERS, "s3:max-keys", st.integers(0, 20).map(str)),
)
def test_numbers_show_every_difference(base: Conditions, head: Conditions) -> None:
    """Each bound, and a number between every two bounds of both sides, show which bound is higher."""
    assert differing(base, head, "s3:max-keys", tried(base, head, "s3:max-keys")) == differing(
        base, head, "s3:max-keys", NUMBER_GRID
    )


@settings(deadline=None, max_examples=120)
@given(
    conditions(DATES, "aws:currenttime", st.sampled_from(DAYS)),
    conditions(DATES, "aws:currenttime", st.sampled_from(DAYS)),
)
def test_dates_show_every_difference(base: Conditions, head: Conditions) -> None:
    """Each date, and a time between every two dates of both sides, show which date is later."""
    found = key_values("aws:currenttime", [*base, *head], usual="2026-01-01T00:00:00Z", always_present=True)
    assert differing(base, head, "aws:currenttime", found.values) == differing(
        base, head, "aws:currenttime", ["2026-01-01T00:00:00Z", *DATE_GRID]
    )


def test_the_two_keys_of_the_time_are_one() -> None:
    """A bound that is written as epoch seconds is the same bound."""
    date = [condition("DateLessThan", "aws:CurrentTime", "2030-01-01T00:00:00Z")]
    epoch = [condition("NumericLessThan", "aws:EpochTime", "1893456000")]
    values = key_values("aws:currenttime", [*date, *epoch], usual="2026-01-01T00:00:00Z", always_present=True).values
    assert differing(date, epoch, "aws:currenttime", values) == set()


BOOLEANS = [f"Bool{end}" for end in IF_EXISTS]


@pytest.mark.parametrize("base", [*product(BOOLEANS, ["true", "false"]), ("Null", "true"), ("Null", "false")])
@pytest.mark.parametrize("head", [*product(BOOLEANS, ["true", "false"]), ("Null", "true"), ("Null", "false")])
def test_booleans_show_every_difference(base: tuple[str, str], head: tuple[str, str]) -> None:
    """True, false and absent are all there is."""
    key = "aws:multifactorauthpresent"
    old, new = [condition(base[0], key, base[1])], [condition(head[0], key, head[1])]
    assert differing(old, new, key, tried(old, new, key)) == differing(old, new, key, ["true", "false", None])


ARN_OPERATORS = [f"Arn{name}{end}" for name in ("Like", "NotLike", "Equals", "NotEquals") for end in IF_EXISTS]
ARN_GRID: list[KeyValue] = [
    None,
    *(f"arn:{':'.join(middle)}:{last}" for middle in product("az", repeat=2) for last in ("a", "az", "a:z", "z", "")),
]


@settings(deadline=None, max_examples=120)
@given(
    conditions(ARN_OPERATORS, "aws:sourcearn", st.sampled_from(["arn:a:*", "arn:*:*:a", "arn:a:?:a*", "arn:*", "*"])),
    conditions(ARN_OPERATORS, "aws:sourcearn", st.sampled_from(["arn:a:a:a", "arn:a:*:*", "arn:?:z:*:z", "*:*"])),
)
def test_arns_show_every_difference(base: Conditions, head: Conditions) -> None:
    """A wildcard before the fifth colon of an ARN matches no colon."""
    assert differing(base, head, "aws:sourcearn", tried(base, head, "aws:sourcearn")) >= differing(
        base, head, "aws:sourcearn", ARN_GRID
    )


def test_another_value_is_outside_of_every_pattern() -> None:
    """The invented value isn't one that a pattern happens to match."""
    base, head = [condition("StringLike", KEY, "a*")], [condition("Null", KEY, "false")]
    assert differing(base, head, KEY, tried(base, head, KEY)) == {(False, True)}


def test_a_variable_has_its_value_or_none() -> None:
    """A pattern with a policy variable is compared with the value that the variable has."""
    base = [condition("StringEquals", KEY, "${aws:PrincipalTag/team}")]
    request = REQUEST._replace(context={"aws:principaltag/team": "value"})
    values = key_values(KEY, base, request=request).values
    assert "value" in values


def test_says_when_not_all_values_can_be_tried() -> None:
    """Too many patterns with wildcards inside have more combinations than can be tried."""
    patterns = [f"*{left}*{right}*" for left, right in product("abcdef", repeat=2)]
    values = key_values(KEY, [condition("StringLike", KEY, pattern) for pattern in patterns])
    assert not values.complete


def test_texts_prefer_one_that_is_not_empty() -> None:
    """An empty text stands for patterns that match nothing else."""
    star = TextPattern((Wildcard.ANY,))
    assert "" not in distinguishing_texts((star,)).texts
