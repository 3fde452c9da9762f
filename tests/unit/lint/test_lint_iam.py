"""What the lint rules about variables and escalation take for a fault, and what not; and the ids of findings."""

import subprocess
import sys
from pathlib import Path

import pytest

from temp_access.iam.aws_managed import bundled_document
from temp_access.lint.model import finding_id
from tests.unit.support.linting import document, identity, lint, managed, resource, rules, under

READ = {"Action": "s3:GetObject"}
PASS = {"Action": "iam:PassRole", "Resource": "*"}
USER = "arn:aws:iam::111122223333:user/"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("${aws:usernme}", "${aws:username}"),
        ("${aws.username}", "${aws:username}"),
        ("${awz:username}", "${aws:username}"),
        ("$aws:username}", "${aws:username}"),
        ("{aws:username}", "${aws:username}"),
        ("${aws:username", "${aws:username}"),
        ("${username}", "${aws:username}"),
        ("${aws:PrincipleTag/team}", "${aws:PrincipalTag/team}"),
        ("${aws:SourceIdentiy}", "${aws:SourceIdentity}"),
    ],
)
def test_a_misspelt_variable_names_the_nearest(written: str, meant: str) -> None:
    """Whichever character was lost."""
    found = [f for f in lint(identity(READ | {"Resource": f"arn:aws:s3:::b/{written}/x"})) if f.rule != "Grammar"]
    assert [finding.rule for finding in found] == ["MisspeltVariable"]
    assert f"did you mean {meant}?" in found[0].message


@pytest.mark.parametrize(
    "variable",
    [
        "${aws:username}",
        "${AWS:UserName}",
        "${aws:username, 'nobody'}",
        "${aws:PrincipalTag/team}",
        "${saml:sub}",
        "${cognito-identity.amazonaws.com:sub}",
        "${transfer:HomeFolder}",
        "${iot:Connection.Thing.ThingName}",
        "${*}${?}${$}",
        "price-$5",
    ],
)
def test_what_is_a_variable_or_none_is_fine(variable: str) -> None:
    """Keys are compared without case; identity providers and services have keys of their own."""
    assert rules(identity(READ | {"Resource": f"arn:aws:s3:::b/{variable}/*"})) == []


@pytest.mark.parametrize("action", ["iam:PassRole", "iam:*", "*", "iam:Put*", "iam:CreatePolicyVersion"])
def test_escalation_is_found_behind_wildcards(action: str) -> None:
    """An action's pattern counts by what it names."""
    assert "SelfEscalation" in rules(identity(PASS | {"Action": action}))


def test_everything_but_some_actions_is_escalation() -> None:
    """NotAction leaves all others, unless it names iam:* as PowerUserAccess does."""
    assert "SelfEscalation" in rules(managed({"NotAction": "s3:*", "Resource": "*"}))
    assert "SelfEscalation" not in rules(managed({"NotAction": "iam:*", "Resource": "*"}))


def test_a_user_may_rotate_its_own_keys_and_not_its_policies() -> None:
    """With its own name as the resource."""
    own = {"Resource": USER + "${aws:username}"}
    assert rules(identity({"Action": "iam:CreateAccessKey"} | own)) == []
    assert rules(identity({"Action": "iam:PutUserPolicy"} | own)) == ["SelfEscalation"]


@pytest.mark.parametrize("role", ["*", "arn:aws:iam::111122223333:role/*", "arn:aws:iam::*:role/*"])
def test_whoever_may_assume_all_roles_may_become_any(role: str) -> None:
    """Where a role trusts the account, its users' own policies decide."""
    assert rules(identity({"Action": "sts:AssumeRole", "Resource": role})) == ["SelfEscalation"]
    assert rules(identity({"Action": "sts:AssumeRole", "Resource": "arn:aws:iam::111122223333:role/cdk-*"})) == []


def test_one_role_of_whatever_account_is_one_role() -> None:
    """IAM's actions reach this account alone, so its number may be left open."""
    assert rules(identity(PASS | {"Resource": "arn:aws:iam::*:role/r"})) == []
    assert rules(identity(PASS | {"Resource": "arn:aws:iam::*:role/r*"})) == ["SelfEscalation"]


@pytest.mark.parametrize("named", [{"Ref": "Role"}, "r"])
def test_nobody_may_change_its_own_policies(named: object) -> None:
    """However it is named: by the template's reference or by its name."""
    own = {"Fn::GetAtt": ["Role", "Arn"]} if isinstance(named, dict) else "arn:aws:iam::111122223333:role/r"
    for type_, name in (("AWS::IAM::Policy", "Roles"), ("AWS::IAM::RolePolicy", "RoleName")):
        for action, found in (("iam:PutRolePolicy", ["SelfEscalation"]), ("iam:PassRole", [])):
            held = {name: [named] if name == "Roles" else named}
            template = resource(type_, PolicyDocument=document({"Action": action, "Resource": own}), **held)
            assert rules(template) == found
    assert rules(identity({"Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::111122223333:role/other"})) == []


def test_a_permission_set_is_read() -> None:
    """Its policies are those of the roles that people sign in to."""
    inline = document({"Action": "iam:*", "Resource": "*"})
    managed = ["arn:aws:iam::aws:policy/IAMFullAccess"]
    found = lint(resource("AWS::SSO::PermissionSet", InlinePolicy=inline, ManagedPolicies=managed))
    assert [(finding.rule, finding.place) for finding in found] == [
        ("SelfEscalation", "Properties.InlinePolicy.Statement.0"),
        ("EscalatingPolicy", "Properties.ManagedPolicies.0"),
    ]


@pytest.mark.parametrize("action", ["*", "sts:*", "iam:*"])
def test_an_action_is_held_against_a_policy_once(action: str) -> None:
    """Though it leads to more in two ways."""
    assert rules(identity({"Action": action, "Resource": "*"})).count("SelfEscalation") == 1


@pytest.mark.parametrize("key", ["iam:PassedToService", "iam:PermissionsBoundary", "aws:ResourceTag/team"])
def test_a_limit_is_no_escalation(key: str) -> None:
    """Roles for one service, only with a boundary, and those with a tag; a wildcard for all is none."""
    assert "SelfEscalation" not in rules(identity(PASS | under("StringEquals", key, "x")))
    assert "SelfEscalation" in rules(identity(PASS | under("StringLike", key, "*")))


def test_the_policies_that_escalate_are_kept() -> None:
    """The rule reads AWS's documents, so the best known must be among them."""
    for name in ("IAMFullAccess", "AdministratorAccess"):
        assert bundled_document(f"arn:aws:iam::aws:policy/{name}")


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ("s3:List*", "AccessChecks::Rule[s3:List*]"),
        ("${aws:usernme}", "AccessChecks::Rule[${aws:usernme}]"),
        ("$aws:username}", "AccessChecks::Rule[$aws:username]"),
        ("a b", "AccessChecks::Rule[a-b]"),
        ("a[0)", "AccessChecks::Rule[a0]"),
    ],
)
def test_an_id_can_be_acknowledged(detail: str, expected: str) -> None:
    """The CDK takes no space and no bracket without its pair."""
    assert finding_id("Rule", detail) == expected


def test_no_rule_needs_the_cdk() -> None:
    """A review of templates shouldn't wait seconds for it."""
    folder = Path(__file__).parents[3] / "temp_access" / "lint"
    assert not [file for file in folder.rglob("*.py") if "aws_cdk" in file.read_text(encoding="utf-8")]


def test_the_library_waits_until_it_is_needed() -> None:
    """It takes half a second to import."""
    code = "import sys, temp_access.lint.findings; sys.exit('iam_validator' in sys.modules or 'boto3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
