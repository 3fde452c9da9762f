"""What the lint rules about variables and escalation report and accept; and the ids of findings."""

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
def test_a_misspelt_variable_has_a_suggestion(written: str, meant: str) -> None:
    """Any character can be missing."""
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
def test_accepts_valid_variables_and_plain_text(variable: str) -> None:
    """Keys aren't case-sensitive; identity providers and services have keys of their own."""
    assert rules(identity(READ | {"Resource": f"arn:aws:s3:::b/{variable}/*"})) == []


@pytest.mark.parametrize("action", ["iam:PassRole", "iam:*", "*", "iam:Put*", "iam:CreatePolicyVersion"])
def test_finds_escalation_in_action_patterns(action: str) -> None:
    """A pattern counts by the actions that it matches."""
    assert "SelfEscalation" in rules(identity(PASS | {"Action": action}))


def test_finds_escalation_in_not_action() -> None:
    """NotAction allows all other actions, unless it excludes iam:* as PowerUserAccess does."""
    assert "SelfEscalation" in rules(managed({"NotAction": "s3:*", "Resource": "*"}))
    assert "SelfEscalation" not in rules(managed({"NotAction": "iam:*", "Resource": "*"}))


def test_a_user_can_rotate_its_keys_but_not_change_its_policies() -> None:
    """The resource has the user's own name."""
    own = {"Resource": USER + "${aws:username}"}
    assert rules(identity({"Action": "iam:CreateAccessKey"} | own)) == []
    assert rules(identity({"Action": "iam:PutUserPolicy"} | own)) == ["SelfEscalation"]


@pytest.mark.parametrize("role", ["*", "arn:aws:iam::111122223333:role/*", "arn:aws:iam::*:role/*"])
def test_finds_a_principal_that_can_assume_all_roles(role: str) -> None:
    """If a role trusts the account, the policies of the account's principals decide."""
    assert rules(identity({"Action": "sts:AssumeRole", "Resource": role})) == ["SelfEscalation"]
    assert rules(identity({"Action": "sts:AssumeRole", "Resource": "arn:aws:iam::111122223333:role/cdk-*"})) == []


def test_a_wildcard_for_the_account_is_still_one_role() -> None:
    """IAM actions apply to this account only, so its number can be a wildcard."""
    assert rules(identity(PASS | {"Resource": "arn:aws:iam::*:role/r"})) == []
    assert rules(identity(PASS | {"Resource": "arn:aws:iam::*:role/r*"})) == ["SelfEscalation"]


@pytest.mark.parametrize("named", [{"Ref": "Role"}, "r"])
def test_finds_a_principal_that_can_change_its_own_policies(named: object) -> None:
    """The resource is named by a reference or by its name."""
    own = {"Fn::GetAtt": ["Role", "Arn"]} if isinstance(named, dict) else "arn:aws:iam::111122223333:role/r"
    for type_, name in (("AWS::IAM::Policy", "Roles"), ("AWS::IAM::RolePolicy", "RoleName")):
        for action, found in (("iam:PutRolePolicy", ["SelfEscalation"]), ("iam:PassRole", [])):
            held = {name: [named] if name == "Roles" else named}
            template = resource(type_, PolicyDocument=document({"Action": action, "Resource": own}), **held)
            assert rules(template) == found
    assert rules(identity({"Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::111122223333:role/other"})) == []


def test_reads_a_permission_set() -> None:
    """Its policies become those of the roles that people sign in to."""
    inline = document({"Action": "iam:*", "Resource": "*"})
    managed = ["arn:aws:iam::aws:policy/IAMFullAccess"]
    found = lint(resource("AWS::SSO::PermissionSet", InlinePolicy=inline, ManagedPolicies=managed))
    assert [(finding.rule, finding.place) for finding in found] == [
        ("SelfEscalation", "Properties.InlinePolicy.Statement.0"),
        ("EscalatingPolicy", "Properties.ManagedPolicies.0"),
    ]


@pytest.mark.parametrize("action", ["*", "sts:*", "iam:*"])
def test_reports_an_action_once(action: str) -> None:
    """It leads to more access in two ways."""
    assert rules(identity({"Action": action, "Resource": "*"})).count("SelfEscalation") == 1


@pytest.mark.parametrize("key", ["iam:PassedToService", "iam:PermissionsBoundary", "aws:ResourceTag/team"])
def test_accepts_a_limited_action(key: str) -> None:
    """The limit is a service, a boundary or a tag; a wildcard for everything isn't a limit."""
    assert "SelfEscalation" not in rules(identity(PASS | under("StringEquals", key, "x")))
    assert "SelfEscalation" in rules(identity(PASS | under("StringLike", key, "*")))


def test_the_best_known_escalating_policies_are_bundled() -> None:
    """The rule reads AWS's documents."""
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
def test_an_id_is_valid_for_the_cdk(detail: str, expected: str) -> None:
    """The CDK accepts neither spaces nor unbalanced brackets."""
    assert finding_id("Rule", detail) == expected


def test_the_rules_dont_import_the_cdk() -> None:
    """A review of templates doesn't wait seconds for it."""
    folder = Path(__file__).parents[3] / "temp_access" / "lint"
    assert not [file for file in folder.rglob("*.py") if "aws_cdk" in file.read_text(encoding="utf-8")]


def test_the_library_is_imported_only_for_policies() -> None:
    """Neither `can` nor a template without policies waits half a second for it."""
    code = (
        "import sys, temp_access.lint.findings, temp_access.whatif.question\n"
        "temp_access.lint.findings.template_findings('S', {'Resources': {'B': {'Type': 'AWS::S3::Bucket'}}})\n"
        "sys.exit('iam_validator' in sys.modules or 'boto3' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
