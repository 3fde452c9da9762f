"""Cases on which an earlier review was wrong, by the number and name of each; and others of the same kind."""

import json
from pathlib import Path
from typing import Any

import pytest

from temp_access.review.model import Direction
from tests.unit.support.review_edits import (
    Edit,
    Templates,
    add_bucket_statement,
    add_inline_policy,
    add_role_statement,
    add_trust_statement,
    descriptions,
    properties,
    review_edits,
    unchanged,
)

CASES = sorted((Path(__file__).parents[2] / "data" / "cases" / "engine").glob("*/review.json"))
OWN = "arn:aws:iam::111122223333"
ROOT = {"AWS": f"{OWN}:root"}
DATE = "aws:CurrentTime"
NEW_YEAR, NEXT_YEAR = "2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z"


def statement_in(place: str, statement: dict[str, Any] | None) -> Edit:
    """Return the edit that adds a statement to a policy; `condition` is one of the user's statement of the trust."""
    if statement is None:
        return unchanged
    if place == "condition":
        return requiring(**statement)
    if place == "trust":
        return add_trust_statement(**statement)
    if place == "user":
        return add_inline_policy(statement)
    if place == "bucket":
        return add_bucket_statement(statement["Key"], **{key: each for key, each in statement.items() if key != "Key"})
    return add_role_statement("Resource", "*", **statement)


def requiring(**condition: Any) -> Edit:
    """Return the edit that gives the user's statement in the trust policy conditions."""

    def edit(templates: Templates) -> None:
        properties(templates, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"][0]["Condition"] = condition

    return edit


def trusting(principal: Any, **condition: Any) -> Edit:
    """Return the edit that adds a statement on a condition to the trust policy."""
    return add_trust_statement(Effect="Allow", Action="sts:AssumeRole", Principal=principal, Condition=condition)


def denying(**condition: Any) -> Edit:
    """Return the edit that denies the user every call of STS on a condition, in its own policy."""
    return add_inline_policy({"Effect": "Deny", "Action": "sts:*", "Resource": "*", "Condition": condition})


def reading(effect: str = "Allow", principal: Any = "*", **condition: Any) -> Edit:
    """Return the edit that adds a statement on reading in bob's folder to the bucket policy."""
    return add_bucket_statement("bob/*", Effect=effect, Principal=principal, Action="s3:GetObject", Condition=condition)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.parent.name)
def test_describes_what_changed(case: Path, tmp_path: Path) -> None:
    """Each case says what the review must say, and what if base and head are exchanged."""
    data = json.loads(case.read_text(encoding="utf-8"))
    base, head = (statement_in(data["place"], data[side]) for side in ("base", "head"))
    assert set(data["changes"]) <= set(descriptions(tmp_path / "forward", head, base))
    if reverse := data.get("reverse"):
        assert set(reverse) <= set(descriptions(tmp_path / "backward", base, head))


USER = "temp-role can now be assumed by temp-user"


@pytest.mark.parametrize(
    ("base", "head", "change"),
    [
        (
            requiring(NumericLessThan={"aws:MultiFactorAuthAge": "3600"}),
            requiring(NumericLessThan={"aws:MultiFactorAuthAge": "7200"}),
            f"{USER} for aws:MultiFactorAuthAge up to 7200 instead of only for aws:MultiFactorAuthAge up to 3600",
        ),
        (unchanged, requiring(DateLessThan={DATE: NEW_YEAR}), f"{USER} only until {NEW_YEAR}"),
        (requiring(DateLessThan={DATE: NEW_YEAR}), unchanged, f"{USER} not only until {NEW_YEAR}"),
        (
            requiring(DateGreaterThan={DATE: NEW_YEAR}),
            requiring(DateGreaterThan={DATE: NEXT_YEAR}),
            f"{USER} only after {NEXT_YEAR} instead of after {NEW_YEAR}",
        ),
        (
            requiring(DateLessThan={DATE: NEW_YEAR}),
            requiring(DateLessThanEquals={DATE: NEW_YEAR}),
            f"{USER} until and including {NEW_YEAR} instead of only until {NEW_YEAR}",
        ),
        (
            requiring(NumericGreaterThanEquals={"aws:MultiFactorAuthAge": "60"}),
            requiring(NumericGreaterThan={"aws:MultiFactorAuthAge": "60"}),
            f"{USER} only for aws:MultiFactorAuthAge above 60 instead of for aws:MultiFactorAuthAge from 60",
        ),
        (
            requiring(NumericLessThan={"aws:MultiFactorAuthAge": "9007199254740993"}),
            requiring(NumericLessThan={"aws:MultiFactorAuthAge": "9007199254740994"}),
            f"{USER} for aws:MultiFactorAuthAge up to and including 9007199254740993 "
            "instead of only for aws:MultiFactorAuthAge up to 9007199254740993",
        ),
        (unchanged, denying(Bool={"aws:MultiFactorAuthPresent": "true"}), f"{USER} only without MFA"),
        (
            denying(Bool={"aws:MultiFactorAuthPresent": "false"}),
            unchanged,
            f"{USER} also with temporary credentials without MFA",
        ),
        (
            trusting(ROOT, ArnEquals={"aws:PrincipalArn": f"{OWN}:user/zoe"}),
            trusting(ROOT, ArnEquals={"aws:PrincipalArn": f"{OWN}:user/eve"}),
            "temp-role can now be assumed by user/eve",
        ),
        (
            trusting(ROOT, StringEquals={"aws:username": "temp-user"}),
            trusting(ROOT, StringEquals={"aws:username": "eve"}),
            "temp-role can now be assumed by user/eve",
        ),
        (
            trusting(ROOT, ArnLike={"aws:PrincipalArn": f"{OWN}:role/ab*"}),
            trusting(ROOT, ArnLike={"aws:PrincipalArn": f"{OWN}:role/a*"}),
            "temp-role can now be assumed by principals with an ARN like arn:aws:iam::ACCOUNT:role/a* "
            "but not like arn:aws:iam::ACCOUNT:role/ab*",
        ),
        (
            unchanged,
            trusting("*", StringEquals={"aws:PrincipalOrgID": "o-abc"}),
            "temp-role can now be assumed by any other account (only when its aws:PrincipalOrgID is o-abc)",
        ),
        (
            unchanged,
            trusting("*", StringEqualsIfExists={"aws:username": "temp-user"}),
            "temp-role can now be assumed by any other account (roles)",
        ),
    ],
)
def test_describes_who_may_assume_the_role(tmp_path: Path, base: Edit, head: Edit, change: str) -> None:
    """What a caller is decides its keys, and a condition on time is one on a span."""
    assert change in descriptions(tmp_path, head, base)


@pytest.mark.parametrize(
    "head",
    [
        trusting(ROOT, ArnEquals={"aws:PrincipalArn": "arn:aws:iam::999988887777:user/eve"}),
        trusting("*", StringEquals={"aws:PrincipalAccount": "111122223333", "aws:PrincipalType": "Account"}),
        requiring(Bool={"aws:PrincipalIsAWSService": "false"}),
        requiring(StringEquals={"aws:PrincipalAccount": "111122223333"}),
        requiring(IpAddress={"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1", "::/0"]}, Null={"aws:SourceIp": "false"}),
    ],
)
def test_nobody_gains_what_no_caller_can_have(tmp_path: Path, head: Edit) -> None:
    """A condition that no other caller fulfills, or that the user always fulfills, broadens nothing."""
    review = review_edits(tmp_path, head)
    assert review.headline in (Direction.UNCHANGED, Direction.NARROWED)


@pytest.mark.parametrize(
    ("base", "head", "change"),
    [
        (
            reading(StringLike={"aws:PrincipalTag/team": "a*"}),
            reading(Null={"aws:PrincipalTag/team": "false"}),
            "any other account can now read objects in bob/, for instance with another value of its "
            "aws:PrincipalTag/team (previously only with certain values of aws:PrincipalTag/team, for instance "
            "aexample), if its own policies allow it",
        ),
        (
            reading("Deny", IpAddress={"aws:SourceIp": "10.0.0.0/8"}),
            unchanged,
            "bob can now read objects in bob/, for instance from 10.0.0.0 (previously only without aws:SourceIp or "
            "from certain addresses, for instance 192.0.2.1)",
        ),
        (
            unchanged,
            reading("Deny", DateGreaterThan={DATE: NEW_YEAR}),
            f"bob can no longer read objects in bob/, after {NEW_YEAR}",
        ),
        (
            reading(DateLessThan={DATE: "2030-01-01T00:00:00Z"}),
            reading(DateLessThan={DATE: "2030-01-01T00:00:01Z"}),
            f"any other account can now read objects in bob/, at {NEW_YEAR}",
        ),
    ],
)
def test_calls_a_sample_an_example(tmp_path: Path, base: Edit, head: Edit, change: str) -> None:
    """A value that was made up, or is one of many, isn't told as the condition."""
    assert any(each.startswith(change) for each in descriptions(tmp_path, head, base))


def test_the_identity_of_cloudfront_has_no_policies_of_its_own(tmp_path: Path) -> None:
    """It is no user of an account.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
    """
    identity = {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}
    head = add_bucket_statement("bob/*", Effect="Allow", Principal=identity, Action="s3:GetObject")

    assert descriptions(tmp_path, head) == ["CloudFront Origin Access Identity E1 can now read objects in bob/"]


def test_finds_what_only_several_keys_together_allow(tmp_path: Path) -> None:
    """A Deny on one key hides a change of another one, unless both are tried together."""
    tagged: dict[str, Any] = {
        "StringEquals": {"aws:PrincipalTag/team": "red"},
        "IpAddress": {"aws:SourceIp": "10.0.0.0/8"},
    }
    old_office = reading("Deny", Null={"aws:PrincipalTag/floor": "true"})

    def both(templates: Templates) -> None:
        old_office(templates)
        reading(**tagged)(templates)

    changes = descriptions(tmp_path, both, old_office)
    assert any("with its aws:PrincipalTag/floor" in change for change in changes)


def test_says_when_combinations_are_too_many(tmp_path: Path) -> None:
    """Where not all combinations of keys can be tried, the review can't tell; it doesn't say unchanged."""
    keys = {f"aws:RequestTag/key{index}": ["a", "b", "c"] for index in range(8)}
    more = {**keys, "aws:RequestTag/key0": ["a", "b"]}
    base, head = (
        reading("Deny", StringEquals=dict(each), StringLike=dict.fromkeys(keys, "a*")) for each in (keys, more)
    )
    review = review_edits(tmp_path, head, base)
    assert any("too many to compare" in unknown.description for unknown in review.unknown)


def test_an_undecided_decision_is_no_change(tmp_path: Path) -> None:
    """A condition on a key that the caller has, whatever its value is, can't be told; the same on both sides can."""
    provider = f"{OWN}:oidc-provider/token.example.com"
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"aws:PrincipalType": "Somebody"}},
    }
    review = review_edits(tmp_path / "new", add_trust_statement(**statement))
    assert any("aws:PrincipalType" in unknown.description for unknown in review.unknown)
    same = add_trust_statement(**statement)
    assert review_edits(tmp_path / "same", same, same).unknown == ()


@pytest.mark.parametrize(
    ("base", "head"),
    [
        (
            requiring(NumericLessThan={"aws:MultiFactorAuthAge": "4"}),
            requiring(NumericLessThanEquals={"aws:MultiFactorAuthAge": "3"}),
        ),
        (
            unchanged,
            reading(IpAddress={"aws:SourceIp": "10.0.0.0/8"}, StringEquals={"aws:SourceVpce": "vpce-1"}),
        ),
        (
            unchanged,
            requiring(BoolIfExists={"aws:MultiFactorAuthPresent": ["true", "false"]}),
        ),
        (
            unchanged,
            trusting({"AWS": f"{OWN}:user/temp-user"}),
        ),
        (
            reading(IpAddress={"aws:SourceIp": "203.0.113.0/24"}),
            reading(IpAddress={"aws:SourceIp": ["203.0.113.0/25", "203.0.113.128/25"]}),
        ),
        (
            reading(StringLike={"aws:PrincipalTag/team": ["a*", "ab*"]}),
            reading(StringLike={"aws:PrincipalTag/team": "a*"}),
        ),
    ],
)
def test_what_no_request_shows_is_no_change(tmp_path: Path, base: Edit, head: Edit) -> None:
    """Whole numbers, keys that exclude each other, and another way to write the same; a limit has its case here."""
    review = review_edits(tmp_path, head, base)
    assert (review.headline, review.unknown) == (Direction.UNCHANGED, ())
