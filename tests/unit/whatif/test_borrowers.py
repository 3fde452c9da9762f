"""`temp-access can` on grants with borrowers: their roles, users for people, and each kind of borrower."""

import pytest

from tests.unit.support.what_if import Ask

TOML = """\
[users.ann]
[users.dan]

[role]
path = "/temp-access/"

[identity_providers.github]
issuer = "https://token.actions.githubusercontent.com"
audience = "sts.amazonaws.com"

[grants.bob]
access = "read-write"
borrowers = [
  "user/ann",
  "role/build",
  "sso/DataTeam/ann@example.com",
  "sso/Ops",
  "oidc/github/repo:example/app:ref:refs/heads/*",
  "service/ec2.amazonaws.com",
]
[grants.carol]
access = "read"
borrowers = ["user/ann", "user/dan", { principal = "arn:aws:iam::222233334444:role/partner", external_id = "the-7f3a" }]
[grants.shared]
access = "read"
"""
BOB, CAROL = "sts:AssumeRole role/temp-role-bob", "sts:AssumeRole role/temp-role-carol"
TOKEN = "sts:AssumeRoleWithWebIdentity role/temp-role-bob"
PARTNER = "arn:aws:iam::222233334444:role/partner"


@pytest.mark.parametrize(
    ("code", "question"),
    [
        (0, "bob s3:GetObject bob/x"),
        (0, "bob s3:ListBucket bob/"),
        (1, "bob s3:GetObject carol/x"),
        (1, "bob s3:GetObject shared/x"),
        (1, "carol s3:PutObject carol/x"),
        (0, "shared s3:GetObject shared/x"),
        (1, "shared s3:GetObject bob/x"),
        # The one role isn't for folders of grants with borrowers, but its policy is for the whole bucket.
        (0, "role s3:GetObject bob/x"),
        (0, "role/temp-role-bob s3:GetObject bob/x"),
        (0, "role/temp-access/temp-role-bob s3:GetObject bob/x"),
        (1, "role/temp-role-bob s3:GetObject carol/x"),
        (0, "arn:aws:iam::111122223333:role/temp-access/temp-role-bob s3:GetObject bob/x"),
        (0, "arn:aws:sts::111122223333:assumed-role/temp-role-bob/ann s3:GetObject bob/x"),
        (1, "arn:aws:sts::111122223333:assumed-role/temp-role-bob/ann s3:GetObject carol/x"),
        # Without its path, it is another role's ARN.
        (3, "arn:aws:iam::111122223333:role/temp-role-bob s3:GetObject bob/x"),
        (1, "user/ann s3:GetObject bob/x"),
        (0, f"user/ann {BOB}"),
        (0, f"user/ann {CAROL}"),
        (0, "user/ann sts:AssumeRole arn:aws:iam::111122223333:role/temp-access/temp-role-bob"),
        (1, "user/ann sts:AssumeRole role"),
        (1, f"user/dan {BOB}"),
        (0, f"user/dan {CAROL}"),
        (0, "user/dan iam:CreateAccessKey user/dan"),
        (1, "user/dan iam:CreateAccessKey user/ann"),
        (1, f"user {BOB}"),
        (0, "user sts:AssumeRole role"),
        (1, f"role {BOB}"),
        (1, f"carol {BOB}"),
        (1, f"shared {BOB}"),
        (3, f"role/build {BOB}"),
        (1, f"role/build {CAROL}"),
        (3, f"sso/DataTeam/ann@example.com {BOB}"),
        (1, f"sso/DataTeam/dan@example.com {BOB}"),
        (3, f"sso/DataTeam {BOB}"),
        (1, f"sso/DataTeam_Other/ann@example.com {BOB}"),
        (3, f"sso/Ops {BOB}"),
        (3, f"sso/Ops/dan@example.com {BOB}"),
        (1, f"sso/Ops {CAROL}"),
        (0, f"oidc/github/repo:example/app:ref:refs/heads/main {TOKEN}"),
        (1, f"oidc/github/repo:example/app:ref:refs/tags/1 {TOKEN}"),
        (1, f"oidc/github/repo:other/app:ref:refs/heads/main {TOKEN}"),
        (
            1,
            f"oidc/github/repo:example/app:ref:refs/heads/main {TOKEN} "
            "--context token.actions.githubusercontent.com:aud=another",
        ),
        (1, f"oidc/github/repo:example/app:ref:refs/heads/main {BOB}"),
        (1, "oidc/github/repo:example/app:ref:refs/heads/main s3:GetObject bob/x"),
        (0, f"service/ec2.amazonaws.com {BOB}"),
        (0, f"ec2.amazonaws.com {BOB}"),
        (1, f"service/lambda.amazonaws.com {BOB}"),
        (1, f"{PARTNER} {CAROL}"),
        (3, f"{PARTNER} {CAROL} --context sts:ExternalId=the-7f3a"),
        (1, f"{PARTNER} {BOB} --context sts:ExternalId=the-7f3a"),
    ],
)
def test_what_borrowers_and_their_roles_can(ask: Ask, question: str, code: int) -> None:
    exit_code, output = ask("can", *question.split())

    assert exit_code == code, output


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("role s3:GetObject bob/x --session bob", "bob has a role of its own"),
        ("user/ann s3:GetObject bob/x --session shared", "write role --session shared"),
        ("oidc/gitlab/x s3:GetObject bob/x", "has no identity provider 'gitlab'"),
        ("oidc/github/repo:example/app:* s3:GetObject bob/x", "the whole subject of one token, without wildcards"),
        ("oidc/github s3:GetObject bob/x", "the whole subject of one token"),
        ("sso/ s3:GetObject bob/x", "write sso/PERMISSION-SET"),
        ("sso/A/ s3:GetObject bob/x", "write sso/PERMISSION-SET"),
        ("service/lambda s3:GetObject bob/x", "write service/NAME.amazonaws.com"),
    ],
)
def test_who_is_no_borrower_is_bad_usage(ask: Ask, question: str, message: str) -> None:
    code, output = ask("can", *question.split())

    assert code == 2
    assert message in output


def test_an_answer_says_where_the_policies_of_a_grants_role_are(ask: Ask) -> None:
    """Each role has its policy Folder, and each user its policy AssumeRole."""
    output = ask("can", "bob", "s3:GetObject", "bob/x")[1]
    assert "session policy" not in output
    assert "temprolebob" in output
    assert "temprolecarol" not in output

    output = ask("can", "user/dan", *CAROL.split())[1]
    assert "temprolecarol" in output
    assert "UsersdanAssumeRole" in output


@pytest.mark.parametrize(
    ("who", "grants"),
    [
        ("user/ann", "bob, carol"),
        ("user/dan", "carol"),
        ("role/build", "bob"),
        ("sso/Ops/dan@example.com", "bob"),
        ("oidc/github/repo:example/app:ref:refs/heads/main", "bob"),
        ("service/ec2.amazonaws.com", "bob"),
        (PARTNER, "carol"),
    ],
)
def test_an_answer_about_a_borrower_names_its_grants(ask: Ask, who: str, grants: str) -> None:
    """The borrower itself can do nothing in the bucket; its sessions can."""
    assert f"it can borrow {grants}: ask" in ask("can", who, "s3:GetObject", "bob/x")[1]
    assert "it can borrow" not in ask("can", who, "sts:AssumeRole", "role")[1]


@pytest.mark.parametrize("who", ["user", "user/other", "sso/DataTeam/dan@example.com", "service/lambda.amazonaws.com"])
def test_an_answer_about_others_names_no_grants(ask: Ask, who: str) -> None:
    assert "it can borrow" not in ask("can", who, "s3:GetObject", "bob/x")[1]
