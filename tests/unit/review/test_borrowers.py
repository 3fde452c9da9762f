"""The review of grants with borrowers: templates that were edited, who can become administrator, map and matrix."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from temp_access.cli.main import main
from temp_access.review.access_map import Column
from temp_access.review.model import Direction
from temp_access.review.report import ReviewReport, make_report, review
from temp_access.review.snapshot import Snapshot, read_snapshot
from tests.unit.support.config_file import config_of
from tests.unit.support.review_edits import Edit, Templates, edit_output, edited_snapshot, unchanged
from tests.unit.support.review_sample import PAIRS, snapshot_arguments
from tests.unit.support.synthesis import synthesize

FOR_ANN = PAIRS / "edited-user" / "base"
SEVERAL = PAIRS / "several-borrowers" / "head"
ROOT = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
UNKNOWN_POLICY = "arn:aws:iam::444455556666:policy/Mine"


def own(templates: Templates, kind: str) -> dict[str, Any]:
    """Return the properties of the only resource of a type in the stacks of borrowers and grants."""
    stacks = [template for name, template in templates.items() if name not in ("TempAccess", "TempAccessStorage")]
    resources = [resource for template in stacks for resource in template["Resources"].values()]
    [found] = [resource["Properties"] for resource in resources if resource["Type"] == kind]
    assert isinstance(found, dict)
    return found


def trust(templates: Templates) -> list[dict[str, Any]]:
    """Return the statements of the trust policy of bob's role."""
    statements: list[dict[str, Any]] = own(templates, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
    return statements


def set_own(kind: str, **values: Any) -> Edit:
    """Return the edit that sets properties of that resource."""
    return lambda templates: own(templates, kind).update(values)


def set_trust(**elements: Any) -> Edit:
    """Return the edit that sets elements of the first statement of the trust policy of bob's role."""
    return lambda templates: trust(templates)[0].update(elements)


def add_trust(**statement: Any) -> Edit:
    """Return the edit that adds a statement to the trust policy of bob's role."""
    return lambda templates: trust(templates).append(statement)


def assumes_everything(templates: Templates) -> None:
    """Let ann's user assume every role."""
    own(templates, "AWS::IAM::ManagedPolicy")["PolicyDocument"]["Statement"][0]["Resource"] = "*"


def add_to_grants(kind: str, **values: Any) -> Edit:
    """Return the edit that adds a resource to the stack with bob's role."""

    def edit(templates: Templates) -> None:
        name = next(name for name in templates if name.startswith("TempAccessGrants"))
        templates[name]["Resources"]["More"] = {"Type": kind, "Properties": values}

    return edit


def add_bucket_statement(principal: str) -> Edit:
    """Return the edit that lets a principal read every object."""

    def edit(templates: Templates) -> None:
        resources = templates["TempAccessStorage"]["Resources"].values()
        [document] = [r["Properties"]["PolicyDocument"] for r in resources if r["Type"] == "AWS::S3::BucketPolicy"]
        arn = document["Statement"][0]["Resource"][0]
        statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": {"Fn::Join": ["", [arn, "/*"]]}}
        document["Statement"].append({**statement, "Principal": {"AWS": {"Fn::Sub": principal}}})

    return edit


def pair(folder: Path, head: Edit, source: Path = FOR_ANN) -> tuple[Snapshot, Snapshot]:
    """Return two copies of a prepared output, the second one edited."""
    return edited_snapshot(folder, "base", unchanged, source), edited_snapshot(folder, "head", head, source)


@pytest.mark.parametrize(
    ("edit", "direction", "descriptions"),
    [
        (set_trust(Principal="*"), Direction.BROADENED, {"temp-role-bob can now be assumed by any other account"}),
        (
            set_trust(Principal=ROOT),
            Direction.BROADENED,
            {"temp-role-bob can now be assumed by any other principal in this account"},
        ),
        (
            set_trust(Action=["sts:AssumeRole", "sts:TagSession"]),
            Direction.BROADENED,
            {"user/ann can now pass session tags to temp-role-bob"},
        ),
        (
            set_trust(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
            Direction.NARROWED,
            {"temp-role-bob can now be assumed by user/ann only with MFA"},
        ),
        (
            add_trust(Effect="Deny", Principal="*", Action="sts:AssumeRole"),
            Direction.NARROWED,
            {"temp-role-bob can no longer be assumed by user/ann"},
        ),
        (
            add_trust(Effect="Allow", Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole"),
            Direction.BROADENED,
            {"temp-role-bob can now be assumed by ec2.amazonaws.com"},
        ),
        (
            set_own("AWS::IAM::Role", ManagedPolicyArns=["arn:aws:iam::aws:policy/AmazonS3FullAccess"]),
            Direction.BROADENED,
            {"bob can now call s3-object-lambda:* and s3:* on everything"},
        ),
        (
            set_own("AWS::IAM::Role", MaxSessionDuration=3600),
            Direction.NARROWED,
            {"maximum session duration of bob: 12h → 1h"},
        ),
        (
            set_own("AWS::IAM::Role", PermissionsBoundary="arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess"),
            Direction.NARROWED,
            {"bob can no longer read objects in bob/"},
        ),
        (
            set_own("AWS::IAM::Role", ManagedPolicyArns=[UNKNOWN_POLICY]),
            Direction.UNKNOWN,
            {f"the document of {UNKNOWN_POLICY} isn't known; temp-role-bob now has this policy"},
        ),
        (
            add_to_grants("AWS::IAM::RolePolicy", RoleName="temp-role-bob", PolicyName="x", PolicyDocument=EVERYTHING),
            Direction.BROADENED,
            {"bob can now call s3:* on everything"},
        ),
        (
            add_to_grants("AWS::IAM::User", UserName="mallory"),
            Direction.BROADENED,
            {"new user: user/mallory (access.toml doesn't have it)"},
        ),
        (assumes_everything, Direction.BROADENED, {"user/ann can now call sts:AssumeRole on everything"}),
        (
            add_bucket_statement("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/temp-role-bob"),
            Direction.BROADENED,
            {"bob can now read objects in the whole bucket (previously only in bob/)"},
        ),
        (
            add_bucket_statement("arn:${AWS::Partition}:sts::${AWS::AccountId}:assumed-role/temp-role-bob/x1"),
            Direction.BROADENED,
            {"a session named x1 of bob can now read objects in the whole bucket, regardless of its session policy"},
        ),
        (
            add_bucket_statement("arn:${AWS::Partition}:iam::${AWS::AccountId}:user/ann"),
            Direction.BROADENED,
            {"user/ann can now read objects in the whole bucket"},
        ),
    ],
)
def test_finds_what_was_edited_in_a_template(
    tmp_path: Path, edit: Edit, direction: Direction, descriptions: set[str]
) -> None:
    """Access.toml is the same on both sides, and the roles and users of the other stacks aren't."""
    result = review(*pair(tmp_path, edit))
    assert result.headline is direction
    found = {change.description for change in result.changes} | {each.description for each in result.unknown}
    assert descriptions <= found


def test_a_copy_is_unchanged(tmp_path: Path) -> None:
    """Without a difference, nothing is said about users, roles and providers."""
    result = review(*pair(tmp_path, unchanged, SEVERAL))
    assert (result.changes, result.unknown, result.same_unread) == ((), (), ())


@pytest.mark.parametrize(("kind", "name"), [("AWS::IAM::Role", "temp-role-bob"), ("AWS::IAM::User", "ann")])
def test_names_who_can_become_administrator(tmp_path: Path, kind: str, name: str) -> None:
    """The role of a grant and a user for a person are among them."""
    report = make_report(*pair(tmp_path, set_own(kind, ManagedPolicyArns=[ADMINISTRATOR])), compare_only=True)
    assert [each.subject for each in report.administrators] == [name]
    assert report.administrators[0].is_new
    assert [(each.holder, each.status) for each in report.policies] == [(name, "new")]


def test_the_map_has_each_role_with_its_borrowers() -> None:
    """A grant's folder is reached by the grant's own role."""
    report = _report("several-borrowers")
    columns = {node.name: node.column for node in report.map.nodes}
    assert {name for name, column in columns.items() if column is Column.ROLE} == {
        "temp-role",
        "temp-role-bob",
        "temp-role-carol",
    }
    edges = {(edge.source, edge.target, edge.change) for edge in report.map.edges}
    assert edges >= {
        ("user/ann", "temp-role-bob", "new"),
        ("sso/DataTeam/eve@example.com", "temp-role-bob", "new"),
        ("service/lambda.amazonaws.com", "temp-role-carol", "new"),
        ("temp-role-bob", "bob/", "new"),
        ("temp-role", "bob/", "removed"),
    }
    assert columns["the identity provider github"] is Column.CALLER


def test_the_matrix_and_the_json_report_have_the_borrowers(capsys: pytest.CaptureFixture[str]) -> None:
    """Each borrower of a grant is new, removed or as before."""
    main(["review", *snapshot_arguments("borrower-removed"), "--compare-only", "--format=json"])
    [bob] = json.loads(capsys.readouterr().out)["grants"]
    assert bob["borrowers"] == [
        {"text": "role/build", "status": ""},
        {"text": "role/audit", "status": "removed"},
    ]
    assert bob["can"]["read"] == {"before": True, "after": True}


def test_the_page_names_borrowers_and_roles(capsys: pytest.CaptureFixture[str]) -> None:
    """The HTML page has the borrowers in its table, and the role by which a folder is reached."""
    main(["review", *snapshot_arguments("several-borrowers"), "--compare-only", "--format=html"])
    page = capsys.readouterr().out
    assert "borrowed by <code>user/ann</code> (new)" in page
    assert "bob: read, by <code>temp-role-bob</code>" in page


@pytest.mark.parametrize("name", ["tags", "provider-created"])
def test_a_setting_that_gives_nobody_access_fails_no_gate(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told, as a note, and --fail-on any accepts it."""
    assert main(["review", *snapshot_arguments(name), "--compare-only", "--format=sarif", "--fail-on=any"]) == 0
    results = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    assert [(each["ruleId"], each["level"]) for each in results] == [("AccessUnchanged", "note")]


@pytest.mark.parametrize(
    ("change", "source"),
    [
        (lambda report: None, "the access.toml of this change"),
        (lambda report: report.pop("grants_digest"), "another access.toml"),
    ],
)
def test_a_verification_belongs_to_a_file_with_the_same_grants(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], source: str
) -> None:
    """The digest of the one role is the same whatever the grants with borrowers are."""
    base, head = pair(tmp_path, unchanged)
    report = {
        "schema": 1,
        **dict.fromkeys(("account", "region", "bucket", "run"), "x"),
        "config_digest": head.config.digest,
        "grants_digest": head.config.grants_digest,
        "probes": [],
    }
    change(report)
    file = tmp_path / "verify.json"
    file.write_text(json.dumps(report), encoding="utf-8")
    verification = make_report(base, head, compare_only=True, verification_file=file).verification
    assert verification is not None
    assert verification.config_source == source


LIMITED = '[role]\npermissions_boundary = "arn:aws:iam::444455556666:policy/Limit"\n'
GRANTS = {id_: f'[grants.{id_}]\naccess = "read"\nborrowers = ["role/build"]\n' for id_ in ("bob", "carol")}


@pytest.mark.parametrize(
    ("base", "head", "direction"),
    [(("bob", "carol"), ("bob",), Direction.NARROWED), (("bob",), ("bob", "carol"), Direction.BROADENED)],
)
def test_an_unknown_boundary_hides_no_new_or_removed_grant(
    tmp_path: Path, base: tuple[str, ...], head: tuple[str, ...], direction: Direction
) -> None:
    """It is the same for all roles, and limits what a new one can do at most."""
    before, after = (
        synthesized(tmp_path / name, LIMITED + "".join(map(GRANTS.__getitem__, ids)))
        for name, ids in (("base", base), ("head", head))
    )
    result = review(before, after)
    assert (result.headline, result.unknown) == (direction, ())


def test_an_unknown_boundary_hides_no_edited_policy_of_a_new_grant(tmp_path: Path) -> None:
    """What the edited policy allows beyond the grant is told, although the boundary may stop it."""
    more = {"PolicyName": "more", "PolicyDocument": EVERYTHING}

    def edit(templates: Templates) -> None:
        own(templates, "AWS::IAM::Role")["Policies"].append(more)

    before = synthesized(tmp_path / "base", LIMITED + '[grants.alice]\naccess = "read"\n')
    after = synthesized(tmp_path / "head", LIMITED + '[grants.alice]\naccess = "read"\n' + GRANTS["bob"], edit)
    assert "bob can now call s3:* on everything" in {each.description for each in review(before, after).changes}


def test_a_user_sets_its_own_source_identity(tmp_path: Path) -> None:
    """A condition with `${aws:username}` has each user's own name."""
    ann = '[users.ann]\n[grants.bob]\naccess = "read"\nborrowers = ["user/ann"]\n'
    before = synthesized(tmp_path / "base", ann)
    after = synthesized(tmp_path / "head", '[role.conditions]\nsource_identity = "${aws:username}"\n' + ann)
    assert [each.description for each in review(before, after).changes if each.subject == "user/ann"] == [
        "temp-role-bob can now be assumed by user/ann only with a source identity",
        "user/ann can now set the source identity of sessions of temp-role-bob (source identity required)",
    ]


def synthesized(folder: Path, content: str, edit: Edit = unchanged) -> Snapshot:
    """Return the snapshot of an access.toml with edited templates; the folder's name is the snapshot's."""
    folder.mkdir()
    synthesize(config_of(folder, content), outdir=folder / "cdk.out")
    edit_output(folder / "cdk.out", edit)
    return read_snapshot(folder.name, folder / "cdk.out", None)


def _report(name: str) -> ReviewReport:
    base, head = (read_snapshot(each, PAIRS / name / each / "cdk.out", None) for each in ("base", "head"))
    return make_report(base, head, compare_only=True)
