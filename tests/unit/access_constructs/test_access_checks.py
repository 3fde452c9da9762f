"""The validation plugin in a stack without access.toml, and the acknowledgments of the project's constructs."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from access_constructs import AccessChecks, TempUser, acknowledge
from temp_access.access_file import load
from temp_access.cli.main import main
from temp_access.lint.findings import folder_findings
from tests.unit.support.config_file import ROOT
from tests.unit.support.synthesis import synthesize

LIST = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b"}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    """Return a policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def checked_app(folder: Path) -> cdk.App:
    """Return an app with the plugin."""
    app = cdk.App(outdir=str(folder), context={"aws:cdk:enable-path-metadata": True})
    cdk.Validations.of(app).add_plugins(AccessChecks())
    return app


def list_bucket_policy(scope: cdk.Stack) -> iam.CfnManagedPolicy:
    """Define a policy that allows listing a whole bucket."""
    return iam.CfnManagedPolicy(scope, "Policy", policy_document=document(LIST))


def acknowledgments(folder: Path) -> list[tuple[str, str]]:
    """Return the id and the reason of each acknowledged finding in the CDK's report."""
    report = json.loads((folder / "validation-report.json").read_text(encoding="utf-8"))
    return [(v["acknowledgedId"], v["reason"]) for r in report["pluginReports"] for v in r["suppressedViolations"]]


def test_a_finding_fails_the_synthesis(tmp_path: Path) -> None:
    """The error names the construct and the id that acknowledges the finding."""
    app = checked_app(tmp_path)
    list_bucket_policy(cdk.Stack(app, "Theirs"))
    with pytest.raises(RuntimeError, match="ValidationFailed") as error:
        app.synth()
    assert "Theirs/Policy" in str(error.value)
    assert "AccessChecks::ListWithoutPrefix[s3:ListBucket]" in str(error.value)


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_finding_is_acknowledged_on_its_construct(tmp_path: Path, by_hand: bool) -> None:
    """The CDK's own acknowledgment works, and so does the function that builds the id."""
    app = checked_app(tmp_path)
    policy = list_bucket_policy(cdk.Stack(app, "Theirs"))
    id_ = "AccessChecks::ListWithoutPrefix[s3:ListBucket]"
    if by_hand:
        cdk.Validations.of(policy).acknowledge(cdk.Acknowledgment(id=id_, reason="a catalogue"))
    else:
        acknowledge(policy, "ListWithoutPrefix", "s3:ListBucket", reason="a catalogue")
    app.synth()
    assert acknowledgments(tmp_path) == [(id_, "a catalogue")]
    findings, acknowledged = folder_findings(tmp_path)
    assert (findings, [finding.id for finding in acknowledged]) == ([], [id_])


@pytest.mark.parametrize("around", ["app", "stage"])
def test_a_finding_is_acknowledged_on_an_app_or_a_stage(tmp_path: Path, around: str) -> None:
    """It then holds for all stacks in it; the command knows the acknowledgment because the plugin ran at synthesis."""
    app = checked_app(tmp_path)
    stage = cdk.Stage(app, "Prod")
    list_bucket_policy(cdk.Stack(stage, "Theirs"))
    acknowledge({"app": app, "stage": stage}[around], "ListWithoutPrefix", "s3:ListBucket", reason="catalogues")
    app.synth()
    findings, acknowledged = folder_findings(tmp_path)
    assert (findings, [finding.construct_path for finding in acknowledged]) == ([], ["Prod/Theirs/Policy"])


def test_a_warning_is_reported_without_failing_the_synthesis(tmp_path: Path) -> None:
    """AWS accepts this policy, although it has no effect."""
    app = checked_app(tmp_path)
    whole = document(LIST | {"Action": "s3:GetObject"})
    iam.CfnManagedPolicy(cdk.Stack(app, "Theirs"), "Policy", policy_document=whole)
    app.synth()
    report = json.loads((tmp_path / "validation-report.json").read_text(encoding="utf-8"))
    [violation] = [each for plugin in report["pluginReports"] for each in plugin["violations"]]
    assert (violation["severity"], violation["ruleName"]) == ("warning", "Grammar[resource_mismatch:s3:GetObject]")


def test_another_id_acknowledges_nothing(tmp_path: Path) -> None:
    """Each finding needs its own acknowledgment."""
    app = checked_app(tmp_path)
    acknowledge(list_bucket_policy(cdk.Stack(app, "Theirs")), "ListWithoutPrefix", "s3:List*", reason="another")
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()


def test_nested_stacks_and_stages_are_checked(tmp_path: Path) -> None:
    """The plugin and the command both check them."""
    app = checked_app(tmp_path)
    stage = cdk.Stage(app, "Prod")
    list_bucket_policy(cdk.NestedStack(cdk.Stack(stage, "Theirs"), "Inner"))
    with pytest.raises(RuntimeError, match="Prod/Theirs/Inner/Policy"):
        app.synth()
    findings, _ = folder_findings(tmp_path)
    assert [finding.construct_path for finding in findings] == ["Prod/Theirs/Inner/Policy"]


def test_grants_of_the_cdk_have_one_finding(tmp_path: Path) -> None:
    """The library's constructs break one rule only: they allow listing whole buckets."""
    app = checked_app(tmp_path)
    stack = cdk.Stack(app, "Theirs")
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    bucket = s3.Bucket(stack, "Bucket", enforce_ssl=True, encryption_key=kms.Key(stack, "Key"))
    bucket.grant_read_write(role)
    topic = sns.Topic(stack, "Topic", enforce_ssl=True)
    topic.grant_publish(role)
    sqs.Queue(stack, "Queue", enforce_ssl=True).grant_consume_messages(role)
    acknowledge(role, "ListWithoutPrefix", "s3:List*", reason="its own bucket")
    app.synth()


def test_the_reason_of_a_policy_acknowledges_its_findings(tmp_path: Path) -> None:
    """IAMFullAccess and broad custom policies pass the synthesis with a reason."""
    app = checked_app(tmp_path)
    stack = cdk.Stack(app, "Ours")
    everything = document({"Effect": "Allow", "Action": ["iam:*", "s3:*"], "Resource": "*"})
    user = TempUser(stack, "User", user_name="u")
    user.add_aws_managed_policy("IAMFullAccess", reason="manages the others")
    user.add_customer_managed_policy("a", everything, reason="as said")
    user.add_inline_policy("b", everything, reason="as well")
    app.synth()
    assert ("AccessChecks::EscalatingPolicy[IAMFullAccess]", "manages the others") in acknowledgments(tmp_path)
    assert {reason for _, reason in acknowledgments(tmp_path)} == {"manages the others", "as said", "as well"}


def test_the_example_has_no_finding(tmp_path: Path) -> None:
    """The permission that it grants on purpose is acknowledged on its construct."""
    synthesize(load(ROOT / "access.toml"), outdir=tmp_path)
    findings, acknowledged = folder_findings(tmp_path)
    assert (findings, [finding.rule for finding in acknowledged]) == ([], ["ListWithoutPrefix"])


def test_no_reason_acknowledges_a_mistake(tmp_path: Path) -> None:
    """A misspelt variable remains a finding, whatever reason the policy has."""
    app = checked_app(tmp_path)
    mistake = document({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:usernme}/*"})
    user = TempUser(cdk.Stack(app, "Ours"), "User", user_name="u")
    user.add_customer_managed_policy("a", mistake, reason="as said")
    with pytest.raises(RuntimeError, match="MisspeltVariable"):
        app.synth()


def test_the_exit_codes_of_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0 without findings, 1 with findings, 2 without synthesized output."""
    app = cdk.App(outdir=str(tmp_path / "out"), context={"aws:cdk:enable-path-metadata": True})
    policy = list_bucket_policy(cdk.Stack(app, "Theirs"))
    app.synth()
    assert main(["lint", "--template", str(tmp_path / "out")]) == 1
    assert "error: Theirs/Policy: s3:ListBucket lists" in capsys.readouterr().out
    assert main(["lint", "--template", str(tmp_path / "out"), "--json"]) == 1
    [finding] = json.loads(capsys.readouterr().out)
    assert (finding["rule"], finding["template"]) == ("ListWithoutPrefix", "Theirs")
    acknowledge(policy, "ListWithoutPrefix", "s3:ListBucket", reason="a catalogue")
    app.synth(force=True)
    assert main(["lint", "--template", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out == "0 findings, 1 acknowledged\n"
    assert main(["lint", "--template", str(tmp_path / "nowhere")]) == 2
    assert "there is no such file; run `make synth` (or `cdk synth`)" in capsys.readouterr().err


def app_with_unread_parts(folder: Path) -> tuple[cdk.App, cdk.Stack]:
    """Return an app whose stack has a transform, and a policy that another stack exports."""
    app = checked_app(folder)
    stack = cdk.Stack(app, "Theirs")
    stack.add_transform("AWS::Serverless-2016-10-31")
    iam.CfnManagedPolicy(stack, "Policy", policy_document=cdk.Fn.import_value("Elsewhere"))
    return app, stack


def test_unread_parts_make_lint_inconclusive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They don't fail a synthesis. The command says so in text and JSON, and its exit code is 3, or 1 with findings."""
    app, stack = app_with_unread_parts(tmp_path)
    app.synth()
    assert main(["lint", "--template", str(tmp_path)]) == 3
    out = capsys.readouterr().out
    assert "undecided: Theirs Transform: the transform AWS::Serverless-2016-10-31 changes the template" in out
    assert "undecided: Theirs/Policy: Properties.PolicyDocument is <Elsewhere>, which isn't known" in out
    assert out.endswith("0 findings, 2 undecided, 0 acknowledged\n")
    assert main(["lint", "--template", str(tmp_path), "--json"]) == 3
    assert {(each["rule"], each["severity"]) for each in json.loads(capsys.readouterr().out)} == {
        ("Unread", "undecided")
    }
    iam.CfnManagedPolicy(stack, "Listing", policy_document=document(LIST))
    with pytest.raises(RuntimeError, match="ListWithoutPrefix"):
        app.synth(force=True)
    assert main(["lint", "--template", str(tmp_path)]) == 1
    assert capsys.readouterr().out.endswith("1 findings, 2 undecided, 0 acknowledged\n")


def test_unread_parts_can_be_acknowledged(tmp_path: Path) -> None:
    """A part of a resource on its construct, and what concerns a whole template on the app."""
    app, stack = app_with_unread_parts(tmp_path)
    acknowledge(app, "Unread", "AWS::Serverless-2016-10-31", reason="its roles are checked elsewhere")
    acknowledge(stack, "Unread", "Properties.PolicyDocument", reason="the other stack's lint reads it")
    app.synth()
    assert main(["lint", "--template", str(tmp_path)]) == 0
    assert len(acknowledgments(tmp_path)) == 2


def test_a_reason_acknowledges_self_escalation_by_name(tmp_path: Path) -> None:
    """The policy lets a user change its own policies, and names the user in the resource."""
    app = checked_app(tmp_path)
    own = document({"Effect": "Allow", "Action": "iam:PutUserPolicy", "Resource": "arn:aws:iam::111122223333:user/u"})
    user = TempUser(cdk.Stack(app, "Ours"), "User", user_name="u")
    user.add_inline_policy("a", own, reason="as said")
    app.synth()
    assert acknowledgments(tmp_path) == [("AccessChecks::SelfEscalation[iam:PutUserPolicy]", "as said")]
