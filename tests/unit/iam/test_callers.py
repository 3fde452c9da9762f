"""Principals in each spelling that AWS writes, as callers and in policies.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
"""

from typing import Any

import pytest

from temp_access.iam.callers import CallerKind, caller_account, caller_kind, is_caller
from temp_access.iam.cases import Case, run_case
from temp_access.iam.decision import Layer
from temp_access.iam.reader import read_policy
from tests.unit.support.principals import ACCOUNT, CANONICAL, PRINCIPALS, ROLE_ID, USER_ID, Spelling

EVERY = pytest.mark.parametrize("spelling", PRINCIPALS.values(), ids=PRINCIPALS)


def simulate(policies: dict[str, Any], **request: Any) -> tuple[str, str]:
    bucket = {"action": "s3:GetObject", "resource": "arn:aws:s3:::test/x", "resource_account": ACCOUNT}
    result = run_case(Case("a case", policies, bucket | request, expected="allow"))
    return result.actual, result.explanation


def bucket_policy(**elements: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"} | elements
    return {"Version": "2012-10-17", "Statement": [statement]}


@EVERY
def test_the_kind_and_the_account_are_known(spelling: Spelling) -> None:
    assert caller_kind(spelling.name) is spelling.kind
    assert is_caller(spelling.name)
    assert caller_account(spelling.name) == spelling.account


@pytest.mark.parametrize(
    "name",
    [
        "",
        "bob",
        "s3:GetObject",
        "arn:aws:iam::111122223333:user/",
        "arn:aws:iam::111122223333:user/*",
        "arn:aws:iam::111122223333:group/staff",
        "arn:aws:iam::1111:user/bob",
        "arn:aws:sts::111122223333:assumed-role/build",
        "arn:aws:s3:::bucket",
        "1111222233334",
        "AIDA",
        "AKIAIOSFODNN7EXAMPLE",
        ROLE_ID,
    ],
)
def test_other_texts_are_no_callers(name: str) -> None:
    """A role itself calls nothing, only its sessions; a group and a key aren't principals."""
    assert not is_caller(name)


@EVERY
def test_a_policy_that_names_it_is_read(spelling: Spelling) -> None:
    policy = read_policy(bucket_policy(Principal=spelling.element), Layer.RESOURCE)

    assert policy.unreadable == ()


@EVERY
def test_simulate_allows_whom_the_policy_names(spelling: Spelling) -> None:
    """Without an identity-based policy, wherever the policy names the caller and not its account."""
    expected = "deny" if spelling.is_account else "allow"
    caller = {"principal": spelling.caller or spelling.name, "account": spelling.account or ACCOUNT}

    assert simulate({"resource": bucket_policy(Principal=spelling.element)}, **caller)[0] == expected


@EVERY
def test_simulate_denies_whom_the_policy_does_not_name(spelling: Spelling) -> None:
    other = {"AWS": "arn:aws:iam::444455556666:user/another"}
    caller = {"principal": spelling.caller or spelling.name, "account": spelling.account or ACCOUNT}

    # The root user needs no policy in its own account.
    expected = "allow" if spelling.kind is CallerKind.ROOT and not spelling.caller else "deny"
    assert simulate({"resource": bucket_policy(Principal=other)}, **caller)[0] == expected
    everyone = bucket_policy(Effect="Deny", Principal="*")
    assert simulate({"resource": everyone, "identity": [bucket_policy()]}, **caller)[0] == "deny"


@pytest.mark.parametrize(
    ("caller", "named", "actual", "why"),
    [
        (USER_ID, f"arn:aws:iam::{ACCOUNT}:user/alice", "undecided", f"the ARN of {USER_ID}"),
        (USER_ID, f"arn:aws:iam::{ACCOUNT}:role/build", "deny", ""),
        (USER_ID, "arn:aws:iam::444455556666:user/alice", "deny", ""),
        (USER_ID, "AIDAANOTHERANOTHER123", "deny", ""),
        (f"{ROLE_ID}:bob", f"arn:aws:iam::{ACCOUNT}:role/build", "undecided", f"the ARN of {ROLE_ID}:bob"),
        (f"{ROLE_ID}:bob", f"arn:aws:sts::{ACCOUNT}:assumed-role/build/bob", "undecided", "the ARN of"),
        (f"{ROLE_ID}:bob", f"arn:aws:sts::{ACCOUNT}:assumed-role/build/amy", "deny", ""),
        (f"{ROLE_ID}:bob", ROLE_ID, "allow", ""),
        (f"{ROLE_ID}:bob", f"{ROLE_ID}:bob", "allow", ""),
        (f"{ROLE_ID}:bob", f"{ROLE_ID}:amy", "deny", ""),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/build/bob", f"{ROLE_ID}:bob", "undecided", ROLE_ID),
        (f"arn:aws:iam::{ACCOUNT}:user/alice", USER_ID, "undecided", USER_ID),
    ],
)
def test_an_id_and_an_arn_may_be_the_same_principal(caller: str, named: str, actual: str, why: str) -> None:
    """Which ARN an id belongs to isn't known; the decision names it."""
    decision, explanation = simulate(
        {"resource": bucket_policy(Principal={"AWS": named})}, principal=caller, account=ACCOUNT
    )

    assert decision == actual, explanation
    assert why in explanation


@pytest.mark.parametrize(
    ("spared", "actual"),
    [
        ([ACCOUNT, USER_ID], "allow"),
        ([ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/alice"], "undecided"),
        ([ACCOUNT, f"arn:aws:iam::{ACCOUNT}:role/build"], "deny"),
        ([USER_ID], "deny"),
    ],
)
def test_not_principal_may_spare_an_id(spared: list[str], actual: str) -> None:
    document = {"Effect": "Deny", "NotPrincipal": {"AWS": spared}, "Action": "*", "Resource": "*"}
    policies = {
        "identity": [bucket_policy()],
        "resource": {"Version": "2012-10-17", "Statement": [document]},
    }

    assert simulate(policies, principal=USER_ID, account=ACCOUNT)[0] == actual


@pytest.mark.parametrize(
    ("condition", "actual"),
    [
        ({"StringEquals": {"aws:userid": USER_ID}}, "allow"),
        ({"StringLike": {"aws:userid": "AROA*"}}, "deny"),
        ({"StringEquals": {"aws:PrincipalType": "User"}}, "allow"),
        ({"Null": {"aws:username": "false"}}, "allow"),
        ({"StringEquals": {"aws:username": "alice"}}, "undecided"),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/*"}}, "undecided"),
        ({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, "allow"),
    ],
)
def test_the_keys_of_a_user_whose_arn_is_not_known(condition: dict[str, Any], actual: str) -> None:
    identity = [bucket_policy(Condition=condition)]

    assert simulate({"identity": identity}, principal=USER_ID, account=ACCOUNT)[0] == actual


@pytest.mark.parametrize("caller", ["anonymous", "arn:aws:iam::111122223333:group/" + "x" * 200])
def test_a_caller_that_is_none_is_quoted_whole(caller: str, tmp_path: Any) -> None:
    from temp_access.errors import UserError
    from temp_access.iam.cases import read_cases

    file = tmp_path / "cases.json"
    request = f'{{"principal": "{caller}", "action": "s3:GetObject", "resource": "*", "account": "{ACCOUNT}"}}'
    case = f'{{"name": "x", "policies": {{}}, "expected": "deny", "request": {request}}}'
    file.write_text(f'{{"cases": [{case}]}}', encoding="utf-8")

    with pytest.raises(UserError, match=r"request\.principal: '[^']+' isn't a principal's ARN"):
        read_cases(file)


def test_an_origin_access_identity_has_a_canonical_id_too() -> None:
    """Bucket policies name it by either.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
    """
    identity = {
        "principal": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E127EXAMPLE51Z",
        "account": "cloudfront",
    }
    named = bucket_policy(Principal={"CanonicalUser": CANONICAL})
    decision, explanation = simulate({"resource": named}, **identity)

    assert (decision, CANONICAL in explanation) == ("undecided", True)
    assert simulate({"resource": bucket_policy(Principal={"AWS": ACCOUNT})}, **identity)[0] == "deny"
    assert simulate({"identity": [bucket_policy()]}, **identity)[0] == "deny"
