"""Grants with borrowers: who can assume their roles, and what a session reaches; each defect has its witness."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from temp_access.cfn.assembly import Assembly
from temp_access.config.model import Config
from temp_access.iam.symbolic.queries import Deadline
from temp_access.proofs import Claim, ClaimStatus
from temp_access.proofs.run import claims_about
from tests.unit.support.proving import Change, config_from, unproved_claims
from tests.unit.support.synthesis import synthesize

HOME = "111122223333"
GITHUB = "token.actions.githubusercontent.com"
DATA: dict[str, Any] = {
    "role": {"path": "/temp-access/"},
    "users": {"ann": {}, "eve": {}},
    "identity_providers": {
        "github": {"issuer": f"https://{GITHUB}", "audience": "sts.amazonaws.com", "create": True},
    },
    "grants": {
        "carol": {"access": "read"},
        "bob": {
            "access": "read-write",
            "borrowers": [
                "user/ann",
                "role/build",
                "sso/DataTeam/ann@example.com",
                "oidc/github/repo:example/app:ref:refs/heads/*",
                "service/ecs-tasks.amazonaws.com",
                {"principal": "arn:aws:iam::222233334444:role/partner", "external_id": "the-partner-7f3a"},
            ],
        },
        "eve": {"access": "read", "borrowers": ["user/eve", "sso/Data", "service/lambda.amazonaws.com"]},
    },
}
ONLY = "borrowers: none but a grant's borrowers can assume its role"
EACH = "borrowers: each borrower can assume the role of its grant"
CHAIN = "no chain"
SHARED = "borrowers: none but the user and the principals of [role] can assume temp-role"
BUCKET = "no bypass: nobody else"
USERS = "no bypass: the users of [users]"
WHO = "who: "
BOB, EVE = "temp-role-bob", "temp-role-eve"
ISOLATION = "isolation: a session of a read-write grant's own role"
MODE = "mode: a session of a read-write grant's own role"
USEFUL = "usefulness: a session of a read-write grant's own role"


@cache
def templates() -> tuple[Config, Mapping[str, Any]]:
    """Return the configuration and its templates."""
    config = config_from(deepcopy(DATA))
    return config, synthesize(config)


def changed(**changes: Change) -> Assembly:
    """Return the templates with changed properties: of roles and users by name, `bucket_policy` or `temp_role`."""
    edited = deepcopy(dict(templates()[1]))
    names = {name.replace("_", "-"): change for name, change in changes.items()}
    for template in edited.values():
        for resource in template["Resources"].values():
            properties = resource.get("Properties", {})
            name = properties.get("RoleName") or properties.get("UserName")
            if resource["Type"] == "AWS::S3::BucketPolicy":
                name = "bucket-policy"
            if name in names:
                names.pop(name)(properties)
    assert not names
    return Assembly(Path("cdk.out"), edited, account=HOME)


def decide(*names: str, assembly: Assembly | None = None, base: Assembly | None = None) -> dict[str, Claim]:
    """Return the claims whose names begin with one of `names`."""
    both = [assembly or changed(), *([base] if base else [])]
    claims = claims_about(templates()[0], both)
    return {claim.name: claim.decide(Deadline(60)) for claim in claims if claim.name.startswith(names)}


def witness(claim: str, assembly: Assembly, base: Assembly | None = None) -> str:
    """Return the witness of a claim, which must be refuted."""
    (decided,) = decide(claim, assembly=assembly, base=base).values()
    assert decided.status is ClaimStatus.REFUTED, decided
    assert decided.witness
    return decided.witness.description


def trusting(*statements: dict[str, Any]) -> Change:
    """Return a change that adds statements to a trust policy."""
    return lambda properties: properties["AssumeRolePolicyDocument"]["Statement"].extend(statements)


def in_statement(number: int, change: Callable[[dict[str, Any]], object]) -> Change:
    """Return a change of one statement of a trust policy."""

    def change_one(properties: dict[str, Any]) -> None:
        change(properties["AssumeRolePolicyDocument"]["Statement"][number])

    return change_one


def allow(principal: Any, action: str = "sts:AssumeRole", **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return {**statement, "Condition": condition} if condition else statement


def test_all_claims_about_grants_with_borrowers_are_proved() -> None:
    """It holds for each kind of borrower, for a role with a path, and beside grants without borrowers."""
    claims = decide("")

    assert unproved_claims(claims) == {}
    assert len(claims) == 6 + 2 * 3 + 7
    (who,) = (claim for name, claim in claims.items() if name.startswith(WHO))
    assert who.note == "the sessions of temp-role can reach all folders, and temp-user may narrow them"


def test_a_file_without_borrowers_has_no_such_claims() -> None:
    config = config_from({"grants": {"bob": {"access": "read"}}})
    assembly = Assembly(Path("cdk.out"), synthesize(config), account=HOME)

    assert [claim.name for claim in claims_about(config, [assembly]) if "borrower" in claim.name] == []


USER_EVE = {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:user/eve"}}
ROOT_OF_ACCOUNT = {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}
TOKENS, PEOPLE, SERVICE, PARTNER = 3, 2, 4, 5
TOKEN = f"a token of {GITHUB} with the subject"


def without_audience(statement: dict[str, Any]) -> None:
    del statement["Condition"]["StringEquals"][f"{GITHUB}:aud"]


def any_subject(statement: dict[str, Any]) -> None:
    statement["Condition"]["StringLike"][f"{GITHUB}:sub"] = "*"


def other_repositories(statement: dict[str, Any]) -> None:
    statement["Condition"]["StringLike"][f"{GITHUB}:sub"] = "repo:example/*"


def without_subject(statement: dict[str, Any]) -> None:
    del statement["Condition"]["StringLike"]


def longer_permission_sets(statement: dict[str, Any]) -> None:
    del statement["Condition"]["ArnNotLike"]


def every_permission_set(statement: dict[str, Any]) -> None:
    pattern = f"arn:aws:iam::{HOME}:role/aws-reserved/sso.amazonaws.com/*"
    statement["Condition"]["ArnLike"]["aws:PrincipalArn"] = pattern


def everybody_of_the_set(statement: dict[str, Any]) -> None:
    del statement["Condition"]["StringLike"]


def without_condition(statement: dict[str, Any]) -> None:
    del statement["Condition"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (trusting(allow(USER_EVE)), "the user eve of this account can assume temp-role-bob"),
        (trusting(allow(ROOT_OF_ACCOUNT)), " of this account can assume temp-role-bob"),
        (trusting(allow("*")), "can assume temp-role-bob"),
        (trusting(allow({"Service": "ec2.amazonaws.com"})), "an AWS service (ec2.amazonaws.com)"),
        (trusting(allow({"AWS": "333344445555"})), "of the account 333344445555 can assume"),
        (
            trusting(allow({"Federated": f"arn:aws:iam::{HOME}:saml-provider/corp"}, "sts:AssumeRoleWithSAML")),
            "a user of an identity provider",
        ),
        (trusting(allow({"Service": "pods.eks.amazonaws.com"}, "sts:TagSession")), "can call sts:TagSession on"),
        (
            in_statement(TOKENS, without_audience),
            f"a token of {GITHUB} with the subject 'repo:example/app:ref:refs/heads/",
        ),
        (in_statement(TOKENS, any_subject), f"{TOKEN} '"),
        (in_statement(TOKENS, other_repositories), f"{TOKEN} 'repo:example/"),
        (in_statement(TOKENS, without_subject), f"{TOKEN} '"),
        (in_statement(PEOPLE, longer_permission_sets), "of the permission set DataTeam_"),
        (in_statement(PEOPLE, every_permission_set), "of the permission set "),
        (in_statement(PEOPLE, everybody_of_the_set), "of the permission set DataTeam can assume"),
        (in_statement(SERVICE, without_condition), "an AWS service (ecs-tasks.amazonaws.com), "),
        (in_statement(PARTNER, without_condition), "a session of the role partner of the account 222233334444"),
    ],
)
def test_who_is_no_borrower_has_a_witness(change: Change, expected: str) -> None:
    """It names the caller, or the token, and the role."""
    words = witness(ONLY, changed(temp_role_bob=change))

    assert expected in words
    assert "temp-role-bob, the role of the grant bob" in words


def remove(number: int) -> Change:
    return lambda properties: properties["AssumeRolePolicyDocument"]["Statement"].pop(number)


@pytest.mark.parametrize(
    ("change", "borrower"),
    [
        (remove(0), "user/ann"),
        (remove(1), "role/build"),
        (remove(PEOPLE), "sso/DataTeam/ann@example.com"),
        (remove(TOKENS), "oidc/github/repo:example/app:ref:refs/heads/*"),
        (in_statement(TOKENS, lambda each: each.update(Action="sts:AssumeRole")), "oidc/github/repo:example/app"),
        (remove(SERVICE), "service/ecs-tasks.amazonaws.com"),
        (remove(PARTNER), "arn:aws:iam::222233334444:role/partner"),
    ],
)
def test_a_borrower_who_is_left_out_has_a_witness(change: Change, borrower: str) -> None:
    words = witness(EACH, changed(temp_role_bob=change))

    assert words.startswith(borrower)
    assert words.endswith("can't assume temp-role-bob, the role of the grant bob")


def policy(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the document of a grant's role."""
    document: dict[str, Any] = properties["Policies"][0]["PolicyDocument"]
    return document


def without_slash(properties: dict[str, Any]) -> None:
    for statement in policy(properties)["Statement"]:
        resource = statement["Resource"]
        if "Fn::Join" in resource:
            resource["Fn::Join"][1][-1] = resource["Fn::Join"][1][-1].replace("bob/*", "bob*")


def prefix_without_slash(properties: dict[str, Any]) -> None:
    for statement in policy(properties)["Statement"]:
        if "Condition" in statement:
            statement["Condition"]["StringLike"]["s3:prefix"] = "bob*"


def more(statement: dict[str, Any]) -> Change:
    return lambda properties: policy(properties)["Statement"].append({"Effect": "Allow", **statement})


OBJECTS = {"Fn::Sub": "arn:aws:s3:::the-bucket-of-the-folders/bob/*"}


@pytest.mark.parametrize(
    ("claim", "change", "expected"),
    [
        (ISOLATION, without_slash, "a session of temp-role-bob for bob/ can call s3:"),
        (ISOLATION, prefix_without_slash, "a session of temp-role-bob for bob/ can call s3:ListBucket"),
        (ISOLATION, more({"Action": "sqs:*", "Resource": "*"}), "a session of temp-role-bob for bob/ can call sqs:"),
        (MODE, more({"Action": "s3:*", "Resource": "*"}), "a session of temp-role-bob for bob/ can call s3:"),
        (
            USEFUL,
            lambda properties: policy(properties)["Statement"].pop(1),
            "a session of temp-role-bob for bob/ can't",
        ),
    ],
)
def test_a_policy_that_is_wrong_has_a_witness(claim: str, change: Change, expected: str) -> None:
    """It is the policy of this one role; the others are still proved together."""
    assert witness(claim, changed(temp_role_bob=change)).startswith(expected)


def test_a_permissions_boundary_that_is_unknown_leaves_only_the_use_of_a_session_unknown() -> None:
    """It can't give a session anything."""

    def bounded(properties: dict[str, Any]) -> None:
        properties["PermissionsBoundary"] = f"arn:aws:iam::{HOME}:policy/boundary"

    claims = decide(ISOLATION, MODE, USEFUL, assembly=changed(temp_role_bob=bounded))

    assert [claim.status for claim in claims.values()] == [ClaimStatus.PROVED] * 2 + [ClaimStatus.UNKNOWN]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"temp_role_bob": trusting(allow({"AWS": f"arn:aws:iam::{HOME}:role/temp-access/{EVE}"}))}, EVE),
        ({"temp_role": trusting(allow({"AWS": f"arn:aws:iam::{HOME}:role/temp-access/{BOB}"}))}, BOB),
        ({"temp_role_eve": trusting(allow({"AWS": f"arn:aws:iam::{HOME}:role/temp-access/temp-role"}))}, "temp-role"),
        ({"temp_role_eve": trusting(allow({"AWS": f"arn:aws:sts::{HOME}:assumed-role/{BOB}/ann"}))}, BOB),
    ],
)
def test_a_session_that_assumes_another_role_has_a_witness(change: dict[str, Change], expected: str) -> None:
    assert witness(CHAIN, changed(**change)).startswith(f"a session of the role {expected} of this account can assume")


def test_a_role_that_trusts_its_account_is_no_chain() -> None:
    """The sessions' own policies don't allow AssumeRole."""
    assembly = changed(temp_role_bob=trusting(allow(ROOT_OF_ACCOUNT)))

    assert unproved_claims(decide(CHAIN, assembly=assembly)) == {}


def test_an_unknown_policy_of_a_role_may_let_its_sessions_assume_another_one() -> None:
    """A role that trusts its account leaves it to the caller's own policies."""

    def attach(properties: dict[str, Any]) -> None:
        properties["ManagedPolicyArns"] = [f"arn:aws:iam::{HOME}:policy/unknown"]

    assembly = changed(temp_role_bob=trusting(allow(ROOT_OF_ACCOUNT)), temp_role_eve=attach)
    (claim,) = decide(CHAIN, assembly=assembly).values()

    assert claim.status is ClaimStatus.UNKNOWN
    assert "policy/unknown" in claim.note


def test_who_can_assume_the_shared_role() -> None:
    """A user of `[users]` isn't trusted with sessions of its own choice."""
    words = witness(SHARED, changed(temp_role=trusting(allow(USER_EVE))))

    assert words == "the user eve of this account can assume temp-role, and isn't named for it"


def own_policy(**statement: Any) -> Change:
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", **statement}}
    added = {"PolicyName": "own", "PolicyDocument": document}
    return lambda properties: properties.setdefault("Policies", []).append(added)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (own_policy(Action="s3:*", Resource="*"), "the user ann can call s3:"),
        (own_policy(Action="iam:*", Resource="*"), "the user ann can call iam:"),
    ],
)
def test_a_users_own_policies_that_reach_the_bucket_have_a_witness(change: Change, expected: str) -> None:
    assert witness(USERS, changed(ann=change)).startswith(expected)


def test_other_policies_of_a_user_are_no_bypass() -> None:
    assembly = changed(ann=own_policy(Action="dynamodb:*", Resource="*"))

    assert unproved_claims(decide(USERS, assembly=assembly)) == {}


def test_a_bucket_policy_that_lets_somebody_in_has_a_witness() -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "333344445555"},
        "Action": "s3:GetObject",
        "Resource": {"Fn::Sub": "arn:aws:s3:::the-bucket-of-the-folders/*"},
    }
    assembly = changed(bucket_policy=lambda properties: properties["PolicyDocument"]["Statement"].append(statement))

    assert "of the account 333344445555" in witness(BUCKET, assembly)


def test_who_reaches_a_folder_follows_from_the_other_claims() -> None:
    assembly = changed(temp_role_bob=trusting(allow(USER_EVE)))
    (claim,) = decide(WHO, assembly=assembly).values()

    assert claim.status is ClaimStatus.REFUTED
    assert claim.witness
    assert claim.witness.description.startswith("the user eve of this account can assume temp-role-bob")
    assert ONLY in claim.note


@pytest.mark.parametrize(
    ("claim", "change", "expected"),
    [
        (
            "no new access: grants' own roles",
            {"temp_role_bob": trusting(allow(USER_EVE))},
            "the user eve of this account can",
        ),
        (
            "no new access: grants' own roles",
            {"temp_role_bob": without_slash},
            "a session of temp-role-bob can call s3:",
        ),
        (
            "no new access: users of",
            {"ann": own_policy(Action="dynamodb:*", Resource="*")},
            "the user ann can call dynamodb:",
        ),
    ],
)
def test_what_is_new_for_grants_has_a_witness(claim: str, change: dict[str, Change], expected: str) -> None:
    assert witness(claim, changed(**change), changed()).startswith(expected)
    assert unproved_claims(decide(claim, assembly=changed(), base=changed(**change))) == {}
    assert unproved_claims(decide(claim, assembly=changed(**change), base=changed(**change))) == {}
