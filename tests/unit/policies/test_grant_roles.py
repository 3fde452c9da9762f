"""The roles of grants with borrowers: their names, stacks, trust policies and longest sessions."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temp_access.config.validation import id_problem
from temp_access.policies.borrower_trust import caller_statement, grant_trust_policy
from temp_access.policies.grant_stacks import GRANT_STACKS, grant_stack
from temp_access.policies.role_names import grant_role_name, grant_session_maximum
from tests.unit.support.config_file import config_of

IDS = st.text(st.characters(max_codepoint=255), min_size=1, max_size=255).filter(lambda id_: id_problem(id_) is None)
ROLES = st.text("abcXYZ-=_", min_size=1, max_size=64)
ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
FILE = """
[role]
max_session_duration = "6h"
[role.conditions]
mfa = true
source_ip = ["203.0.113.0/24"]
[identity_providers.own]
issuer = "https://login.example.com/realm"
audience = "temp-access"
[grants.bob]
access = "read"
borrowers = [%s]
"""


@given(role=ROLES, ids=st.lists(IDS, min_size=2, max_size=5, unique=True))
def test_no_two_grants_have_roles_of_the_same_name(role: str, ids: list[str]) -> None:
    """IAM doesn't distinguish case, and a name has at most 64 characters."""
    names = [grant_role_name(role, id_) for id_ in ids]

    assert all(ROLE_NAME.fullmatch(name) for name in names)
    assert len({name.lower() for name in names}) == len(ids)


@pytest.mark.parametrize(
    ("id_", "name"),
    [
        ("bob", "temp-role-bob"),
        ("team_1.x+y@z,w", "temp-role-team_1.x+y@z,w"),
        ("Bob", "temp-role-Bob=cd9fb1e148ccd844"),
        ("a=b", "temp-role-a-b=5baffe9eed2bf3c5"),
        ("b ü", "temp-role-b--=dcc05efcac9b1b2b"),
        ("x" * 60, "temp-role-" + "x" * 37 + "=e3fbf6b1c8b5bd66"),
    ],
)
def test_a_name_is_readable(id_: str, name: str) -> None:
    """The rule in docs/borrowing.md."""
    assert re.sub("=.*", "", grant_role_name("temp-role", id_)) == re.sub("=.*", "", name)
    assert ("=" in name) == ("=" in grant_role_name("temp-role", id_))


def test_a_further_grant_moves_no_other_one() -> None:
    """A grant's stack depends on its id alone, and the stacks are about equally full."""
    counts = dict.fromkeys(GRANT_STACKS, 0)
    for number in range(999):
        counts[grant_stack(f"grant-{number}")] += 1

    assert all(200 < count < 300 for count in counts.values())
    assert grant_stack("bob") == grant_stack("bob")


ROOT, CONDITION = "arn:aws:iam::111122223333:root", {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}
SSO = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com"
STATEMENTS: list[tuple[str, dict[str, Any]]] = [
    (
        '"user/ann"',
        {
            "Principal": {"AWS": "arn:aws:iam::111122223333:user/ann"},
            "Action": "sts:AssumeRole",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}, **CONDITION},
        },
    ),
    (
        '"role/build"',
        {
            "Principal": {"AWS": "arn:aws:iam::111122223333:role/build"},
            "Action": "sts:AssumeRole",
            "Condition": CONDITION,
        },
    ),
    (
        '{ principal = "arn:aws:iam::222233334444:role/x", external_id = "the-id" }',
        {
            "Principal": {"AWS": "arn:aws:iam::222233334444:role/x"},
            "Action": "sts:AssumeRole",
            "Condition": {**CONDITION, "StringEquals": {"sts:ExternalId": "the-id"}},
        },
    ),
    (
        '"sso/Data_Team/ann@example.com"',
        {
            "Principal": {"AWS": ROOT},
            "Action": "sts:AssumeRole",
            "Condition": {
                **CONDITION,
                "ArnLike": {
                    "aws:PrincipalArn": [
                        f"{SSO}/AWSReservedSSO_Data_Team_*",
                        f"{SSO}/*/AWSReservedSSO_Data_Team_*",
                    ]
                },
                "ArnNotLike": {
                    "aws:PrincipalArn": "arn:aws:iam::111122223333:role/aws-reserved/*/AWSReservedSSO_Data_Team_*_*"
                },
                "StringLike": {"aws:userid": "*:ann@example.com"},
            },
        },
    ),
    (
        '"oidc/own/group:a$?b"',
        {
            "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/login.example.com/realm"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    "login.example.com/realm:aud": "temp-access",
                    "login.example.com/realm:sub": "group:a${$}?b",
                }
            },
        },
    ),
    (
        '"oidc/own/group:a$?b:*"',
        {
            "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/login.example.com/realm"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {"login.example.com/realm:aud": "temp-access"},
                "StringLike": {"login.example.com/realm:sub": "group:a${$}${?}b:*"},
            },
        },
    ),
    (
        '"service/pods.eks.amazonaws.com"',
        {
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        },
    ),
    (
        '"service/ecs-tasks.amazonaws.com"',
        {
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}},
        },
    ),
    (
        '"service/logs.amazonaws.com"',
        {
            "Principal": {"Service": "logs.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:*:*:111122223333:*"}},
        },
    ),
    (
        '"service/ec2.amazonaws.com"',
        {"Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ),
]


@pytest.mark.parametrize(("borrower", "statement"), STATEMENTS)
def test_each_kind_of_borrower_has_its_statement(tmp_path: Path, borrower: str, statement: dict[str, Any]) -> None:
    """The table of borrowers in docs/borrowing.md."""
    config = config_of(tmp_path, FILE % borrower)
    policy = grant_trust_policy(config.grants["bob"], config, account="111122223333", partition="aws")

    assert policy["Statement"] == [{"Effect": "Allow", **statement}]
    json.dumps(policy)


def test_the_callers_statement_is_needed_where_the_trust_names_an_account(tmp_path: Path) -> None:
    """Elsewhere the trust policy alone is enough."""
    borrowers = ", ".join(borrower for borrower, _ in STATEMENTS if "a$?b:" not in borrower)
    config = config_of(tmp_path, FILE % borrowers)
    role = "arn:aws:iam::111122223333:role/temp-role-bob"
    needed = [each.text for each in config.grants["bob"].borrowers if caller_statement(each, config, role)]

    assert needed == ["arn:aws:iam::222233334444:role/x", "sso/Data_Team/ann@example.com"]


@pytest.mark.parametrize(("duration", "seconds"), [("", 21600), ("2h", 7200), ("30m", 3600)])
def test_the_longest_session_is_the_grants(tmp_path: Path, duration: str, seconds: int) -> None:
    """A role's maximum is at least one hour."""
    text = FILE % '"user/ann"' + (f'duration = "{duration}"\n' if duration else "")
    config = config_of(tmp_path, text)

    assert grant_session_maximum(config.grants["bob"], config.role) == seconds
