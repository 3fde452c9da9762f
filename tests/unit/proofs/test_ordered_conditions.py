"""Networks, numbers and dates are intervals: a narrowed one is proved, a widened one has a witness in the gap."""

from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from temp_access.proofs import Claim, ClaimStatus
from tests.unit.support.proving import change_templates, decide_claims

ROLE = "no new access: the role, without a session policy"
IP = "aws:SourceIp"


def compared(base: dict[str, Any], head: dict[str, Any]) -> Claim:
    """Return the claim about the role, which may send messages under one condition before, and under another now."""

    def role(condition: dict[str, Any]) -> Any:
        statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*", "Condition": condition}
        return change_templates(
            role=lambda properties: properties["Policies"][0]["PolicyDocument"]["Statement"].append(statement)
        )

    return decide_claims(ROLE, assembly=role(head), base=role(base))[ROLE]


def address(*networks: str) -> dict[str, Any]:
    """Return a condition on the caller's address."""
    return {"IpAddress": {IP: list(networks)}}


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (address("203.0.113.0/24"), address("203.0.113.128/25")),
        (address("0.0.0.0/0", "::/0"), address("203.0.113.0/24", "2001:db8::/32")),
        (address("2001:db8::/32"), address("2001:db8:1::/48")),
        (address("203.0.113.0/24"), {**address("203.0.113.0/24"), "NotIpAddress": {IP: "203.0.113.7/32"}}),
        ({"NumericLessThan": {"s3:max-keys": "100"}}, {"NumericLessThanEquals": {"s3:max-keys": "98"}}),
        ({"NumericGreaterThan": {"s3:TlsVersion": "1.1"}}, {"NumericGreaterThanEquals": {"s3:TlsVersion": "1.2"}}),
        ({"NumericNotEquals": {"s3:max-keys": "5"}}, {"NumericGreaterThan": {"s3:max-keys": "5"}}),
        (
            {"NumericLessThanEquals": {"s3:signatureAge": "9007199254740993"}},
            {"NumericLessThanEquals": {"s3:signatureAge": "9007199254740992"}},
        ),
        ({"DateLessThan": {"aws:CurrentTime": "2027-01-01"}}, {"DateLessThan": {"aws:CurrentTime": "2026-12-31"}}),
        (
            {"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}},
            {"NumericLessThan": {"aws:EpochTime": "1767139200"}},
        ),
    ],
)
def test_a_narrowed_interval_is_proved_and_a_widened_one_refuted(wide: dict[str, Any], narrow: dict[str, Any]) -> None:
    """All conditions on a key are about one value, in the base and in the head."""
    narrowed, widened = compared(wide, narrow), compared(narrow, wide)

    assert (narrowed.status, widened.status) == (ClaimStatus.PROVED, ClaimStatus.REFUTED)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (address("203.0.113.0/24"), address("203.0.113.0/25", "203.0.113.128/25")),
        (address("0.0.0.0/0"), address("0.0.0.0/1", "128.0.0.0/1")),
        (address("203.0.113.7"), address("203.0.113.7/32")),
        ({"DateLessThan": {"aws:CurrentTime": "2026-01-01"}}, {"DateLessThan": {"aws:CurrentTime": "1767225600"}}),
        (
            {"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T01:00:00+01:00"}},
            {"DateGreaterThan": {"aws:EpochTime": "2026-01-01T00:00:00Z"}},
        ),
        ({"NumericLessThan": {"s3:max-keys": "10"}}, {"NumericLessThanEquals": {"s3:max-keys": "9"}}),
        ({"NumericEquals": {"s3:TlsVersion": "1.20"}}, {"NumericEquals": {"s3:TlsVersion": "1.2"}}),
    ],
)
def test_the_same_interval_in_other_words_is_proved_both_ways(one: dict[str, Any], other: dict[str, Any]) -> None:
    """A network is its halves, an instant is the same in each time zone, and a count is whole."""
    assert [compared(one, other).status, compared(other, one).status] == [ClaimStatus.PROVED] * 2


def test_a_witness_is_an_address_in_the_gap() -> None:
    """It is in the head's network and not in the base's."""
    witness = compared(address("203.0.113.0/25"), address("203.0.113.0/24")).witness

    assert witness
    assert ip_address(str(witness.context["aws:sourceip"])) in ip_network("203.0.113.128/25")


def test_a_witness_is_a_date_in_the_gap() -> None:
    """It is written as AWS writes dates."""
    before, after = ({"DateLessThan": {"aws:CurrentTime": date}} for date in ("2026-01-01", "2026-03-01"))

    witness = compared(before, after).witness

    assert witness
    shown = str(witness.context["aws:currenttime"])
    assert shown.endswith("Z")
    assert (2026, 1) <= datetime.fromisoformat(shown).timetuple()[:2] <= (2026, 2)


def test_disjoint_networks_cannot_both_be_fulfilled() -> None:
    """No address is in both, so nothing is allowed."""
    impossible = {**address("203.0.113.0/24"), "NotIpAddress": {IP: "203.0.0.0/16"}}

    assert compared(address("198.51.100.0/24"), impossible).status is ClaimStatus.PROVED


def test_a_key_that_is_compared_as_text_too() -> None:
    """The two readings aren't tied to each other, so the claim is never wrongly proved."""
    text = {"StringLike": {IP: "203.*"}}
    both = {**text, **address("203.0.113.0/24")}

    assert compared(text, both).status is ClaimStatus.PROVED
    assert compared(both, text).status is not ClaimStatus.PROVED
    assert compared(address("203.0.113.0/24"), text).status is not ClaimStatus.PROVED
