"""Borrowers, users for people, identity providers and tags in access.toml."""

from pathlib import Path

import pytest

from temp_access.config.borrower import Borrower, BorrowerKind
from tests.unit.support.config_file import BOB, config_of, findings_of

GITHUB = '[identity_providers.github]\nissuer = "https://token.actions.githubusercontent.com"\naudience = "sts.aws"\n'
OWN = '[identity_providers.own]\nissuer = "https://login.example.com/realm"\naudience = "temp-access"\n'
FORMS = (
    "user/NAME, role/NAME, the ARN of an IAM user or role, sso/PERMISSION-SET, sso/PERMISSION-SET/USERNAME, "
    "oidc/PROVIDER/SUBJECT or service/NAME.amazonaws.com"
)


def borrowed_by(*borrowers: str, more: str = "") -> str:
    """Return an access.toml with the grant bob and these borrowers, written as TOML values."""
    return f"{more}{BOB}borrowers = [{', '.join(borrowers)}]\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"user/ann"', Borrower("user/ann", BorrowerKind.USER, "ann")),
        ('"user/people/ann"', Borrower("user/people/ann", BorrowerKind.USER, "people/ann")),
        ('"role/build"', Borrower("role/build", BorrowerKind.ROLE, "build")),
        (
            '{ principal = "arn:aws:iam::222233334444:role/ci/build", external_id = "x-1" }',
            Borrower(
                "arn:aws:iam::222233334444:role/ci/build",
                BorrowerKind.ROLE,
                "ci/build",
                account="222233334444",
                external_id="x-1",
            ),
        ),
        ('"sso/DataTeam"', Borrower("sso/DataTeam", BorrowerKind.SSO, "DataTeam")),
        (
            '"sso/DataTeam/ann@example.com"',
            Borrower("sso/DataTeam/ann@example.com", BorrowerKind.SSO, "DataTeam", "ann@example.com"),
        ),
        (
            '"oidc/own/group/ann*"',
            Borrower("oidc/own/group/ann*", BorrowerKind.OIDC, "own", "group/ann*"),
        ),
        (
            '"service/ecs-tasks.amazonaws.com"',
            Borrower("service/ecs-tasks.amazonaws.com", BorrowerKind.SERVICE, "ecs-tasks.amazonaws.com"),
        ),
    ],
)
def test_each_form_of_a_borrower_is_read(tmp_path: Path, text: str, expected: Borrower) -> None:
    """The forms of the table in docs/borrowing.md."""
    config = config_of(tmp_path, borrowed_by(text, more=OWN))

    assert config.grants["bob"].borrowers == (expected,)


def test_the_own_accounts_arn_is_the_local_principal(tmp_path: Path) -> None:
    """The environment's account is the stack's own, so no external id is needed."""
    environment = '[environments.prod]\naccount = "111122223333"\nregion = "eu-central-1"\n'
    config = config_of(
        tmp_path, borrowed_by('"arn:aws:iam::111122223333:user/ann"', more=environment), environment="prod"
    )

    assert config.grants["bob"].borrowers[0].account is None


FINDINGS = [
    (borrowed_by(), "grants.bob.borrowers: is empty; write a value or remove the key"),
    (borrowed_by("5"), "grants.bob.borrowers[0]: 5 is neither a string nor a table; write one of them"),
    (borrowed_by('""'), "grants.bob.borrowers[0]: is empty; write a value or remove the key"),
    (borrowed_by("{ external_id = 'ab' }"), f"grants.bob.borrowers[0].principal: is missing; write {FORMS}"),
    (borrowed_by('"ann"'), f"grants.bob.borrowers[0]: 'ann' isn't a borrower; write {FORMS}"),
    (borrowed_by('"*"'), f"grants.bob.borrowers[0]: '*' isn't a borrower; write {FORMS}"),
    (borrowed_by('"user/*"'), f"grants.bob.borrowers[0]: 'user/*' isn't a borrower; write {FORMS}"),
    (
        borrowed_by('"222233334444"'),
        f"grants.bob.borrowers[0]: '222233334444' isn't a borrower; a whole account can't borrow a grant; write "
        f"{FORMS}",
    ),
    (
        borrowed_by('"user/temp-user"'),
        "grants.bob.borrowers[0]: 'user/temp-user' is the user of [user], which borrows through the role of [role]; "
        "remove `borrowers`, or name another user, such as one of [users.<name>]",
    ),
    (
        borrowed_by('"arn:aws:iam::222233334444:role/x"'),
        "grants.bob.borrowers[0]: is missing; without it, account 222233334444 could be tricked into using the role "
        "for someone else (confused deputy); write { principal = 'arn:aws:iam::222233334444:role/x', external_id = … } "
        "with the external id that this account passes to AssumeRole",
    ),
    (
        borrowed_by("{ principal = 'user/ann', external_id = 'ab' }"),
        "grants.bob.borrowers[0].external_id: is only for a principal of another account; remove it",
    ),
    (
        borrowed_by('"user/ann"', '"user/ann"'),
        "grants.bob.borrowers[1]: 'user/ann' is already there as 'user/ann'; remove one",
    ),
    (
        borrowed_by('"sso/Data Team"'),
        "grants.bob.borrowers[0]: 'sso/Data Team': 'Data Team' isn't the name of a permission set; use 1 to 32 "
        "letters, digits and +=,.@_-",
    ),
    (
        borrowed_by('"sso/Team/*"'),
        "grants.bob.borrowers[0]: 'sso/Team/*': '*' isn't a username of IAM Identity Center; use 2 to 64 letters, "
        "digits and +=,.@_-, or leave out the last / for everybody with the permission set",
    ),
    (
        borrowed_by('"service/lambda"'),
        "grants.bob.borrowers[0]: 'service/lambda': 'lambda' isn't a service principal; write one such as "
        "lambda.amazonaws.com",
    ),
    (
        borrowed_by('"oidc/githb/repo:a/b:x"', more=GITHUB),
        "grants.bob.borrowers[0]: 'oidc/githb/repo:a/b:x': there is no identity provider 'githb' (did you mean "
        "'github'?); use one of github",
    ),
    (
        borrowed_by('"oidc/own"', more=OWN),
        "grants.bob.borrowers[0]: 'oidc/own': there is no subject; write the `sub` of the tokens behind the provider's "
        "name",
    ),
    (
        borrowed_by('"oidc/own/*:ann"', more=OWN),
        "grants.bob.borrowers[0]: 'oidc/own/*:ann': the subject begins with a wildcard, so anybody's token could "
        "match; begin with literal text",
    ),
    (
        "[users.ann]\n[users.Ann]\n" + borrowed_by('"user/ann"', '"user/Ann"'),
        "users.Ann: is also users.ann, because IAM doesn't distinguish case; choose another name",
    ),
    (
        "[users.ann]\n" + borrowed_by('"user/Ann"', '"user/ann"'),
        "grants.bob.borrowers[0]: 'user/Ann' differs from users.ann by case; write user/ann",
    ),
    (
        "[users.Temp-User]\n" + borrowed_by('"user/x"'),
        "users.Temp-User: is also the user of [user], because IAM doesn't distinguish case; choose another name",
    ),
    (
        "[users.ann]\nname = 'x'\n" + borrowed_by('"user/ann"'),
        "users.ann.name: unknown key; use one of aws_managed, customer_managed, inline, permissions_boundary",
    ),
    (
        "[identity_providers.own]\naudience = 'x'\n" + BOB,
        "identity_providers.own.issuer: is missing; write the `iss` of its tokens, such as https://login.example.com",
    ),
    (
        "[identity_providers.own]\nissuer = 'http://x.example.com'\naudience = 'x'\n" + BOB,
        "identity_providers.own.issuer: 'http://x.example.com' isn't an issuer that IAM accepts; write an https URL "
        "without a port, a query or a fragment",
    ),
    (
        "[identity_providers.own]\nissuer = 'https://x.example.com'\naudience = 'x*'\n" + BOB,
        "identity_providers.own.audience: 'x*' has a wildcard or a variable; write the one audience that the tokens "
        "are made for",
    ),
    (
        OWN + OWN.replace("own", "twin") + BOB,
        "identity_providers.twin.issuer: 'https://login.example.com/realm' is also the issuer of "
        "identity_providers.own; merge them",
    ),
    (
        "[role.conditions]\nsession_name = '*-${aws:username}'\n" + borrowed_by('"user/ann"', '"sso/Team"'),
        "grants.bob.borrowers: 'sso/Team' could never borrow, because role.conditions.session_name has "
        "${aws:username}, and only IAM users have that name; remove one of them",
    ),
    (
        "[role]\npath = 'temp'\n" + BOB,
        "role.path: 'temp' isn't a path that IAM accepts; write one such as /temp-access/, with / at both ends",
    ),
    (
        "[tags]\n'aws:x' = 'y'\n" + BOB,
        "tags.\"aws:x\": 'aws:x' begins with a prefix that AWS or this project uses itself; choose another key",
    ),
    (
        "[tags]\nx = 5\n" + BOB,
        "tags.x: 5 isn't a tag's value; write a string of up to 256 letters, digits, blanks and .:/=+@_-",
    ),
    (
        borrowed_by(*(f'"role/number-{n:03}"' for n in range(20))),
        "grants.bob.borrowers: the trust policy has 2358 characters, and the maximum is 2048; name fewer borrowers, or "
        "one role or permission set instead of many people",
    ),
]


@pytest.mark.parametrize(("text", "message"), FINDINGS)
def test_a_mistake_has_one_finding(tmp_path: Path, text: str, message: str) -> None:
    """It has what was wrong, the value, and what to do next."""
    assert findings_of(tmp_path, text) == [f"access.toml: {message}"]


@pytest.mark.parametrize(
    "subject", ["*", "repo:*", "repo:example/*", "repo:example*/app:x", "repo:example/app*", "repo:example/app:"]
)
def test_a_subject_of_github_reaches_beyond_the_repository(tmp_path: Path, subject: str) -> None:
    """Every repository on GitHub has the same issuer."""
    findings = findings_of(tmp_path, borrowed_by(f'"oidc/github/{subject}"', more=GITHUB))

    assert len(findings) == 1
    assert "wildcard" in findings[0]


def test_a_subject_of_one_repository_is_accepted(tmp_path: Path) -> None:
    """The literal part names the owner and the repository."""
    for subject in ("repo:example/app:ref:refs/heads/main", "repo:example/app:environment:*"):
        assert not findings_of(tmp_path, borrowed_by(f'"oidc/github/{subject}"', more=GITHUB))


def test_what_no_grant_names_and_short_durations_have_warnings(tmp_path: Path) -> None:
    """A role's maximum is at least one hour."""
    config = config_of(tmp_path, "[users.ben]\n" + OWN + borrowed_by('"user/ann"') + "duration = '30m'\n")

    assert config.warnings == (
        "access.toml: grants.bob.duration: 30m is under 1h, the least maximum of a role, so its borrowers can have "
        "sessions of that length",
        "access.toml: users.ben: no grant names user/ben, so it can borrow nothing",
        "access.toml: identity_providers.own: no grant names it, so nobody can borrow by its tokens",
    )


def test_a_change_of_a_grant_with_borrowers_changes_its_own_digest_only(tmp_path: Path) -> None:
    """Adding one leaves the other roles, and temp-role, as they are."""
    first = borrowed_by('"user/ann"', more="[grants.all]\naccess = 'list'\n")
    second = '[grants.alice]\naccess = "read"\nborrowers = ["user/ann"]\n'
    before, after = config_of(tmp_path, first), config_of(tmp_path, first + second)

    assert before.digest == after.digest
    assert before.grant_digests["bob"] == after.grant_digests["bob"]
    assert after.grant_digests.keys() == {"bob", "alice"}
    assert (
        config_of(tmp_path, first + second.replace("read", "write")).grant_digests["alice"]
        != (after.grant_digests["alice"])
    )
