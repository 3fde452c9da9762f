"""From nothing to a verified deployment, a changed one, and back to nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.deploy.assembly import templates
from tests.integration.deploy.project import ROLE, USER, Project, project

pytestmark = pytest.mark.integration
_ADDED = '\n[grants.carol]\naccess = "list"\n'


@pytest.fixture(scope="module")
def fresh(deployed_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """What `temp-access deploy` made of nothing; the tests of this file run in order, each on the last one's state."""
    with project(tmp_path_factory.mktemp("fresh"), like=deployed_once) as made:
        yield made


def test_a_deployment_verifies_with_every_probe_passed(fresh: Project) -> None:
    """The project's own access.toml is bootstrapped, deployed and verified: 60 probes or more, and all passed."""
    ended = fresh.verify()
    assert ended.code == 0, ended.said
    report = fresh.report()
    summary = report["summary"]
    assert summary["probes"] >= 60
    assert (summary["probes"], 0, 0) == (summary["passed"], summary["failed"], summary["inconclusive"])
    assert summary["probes"] == len({probe["id"] for probe in report["probes"]})
    assert {"state", "user", "assume", "role", "widened", "clean-up"} <= {_kind(probe) for probe in report["probes"]}
    assert (ROLE, USER, fresh.bucket) == (report["role"], report["user"], report["bucket"])
    assert report["warnings"] == []
    assert f"{summary['probes']} passed, 0 failed, 0 inconclusive" in ended.out
    fresh.assert_nothing_left()


def test_synthesizing_in_the_tests_process_gives_the_templates_of_the_cdk_cli(fresh: Project) -> None:
    """What `Project.update` deploys is what `temp-access deploy` would, to the byte."""
    by_the_cli = templates(fresh.folder / "cdk.out")
    fresh.synthesize(out="again.out")
    assert by_the_cli == templates(fresh.folder / "again.out")


def test_cdk_diff_after_a_deployment_shows_no_difference(fresh: Project) -> None:
    """What is deployed is what the file at hand synthesizes, by the CDK CLI's own account."""
    ended = fresh.cdk("diff", "--fail")
    assert (ended.code, "Number of stacks with differences: 0" in ended.said) == (0, True), ended.said


def test_a_changed_file_is_refused_until_it_is_synthesized(fresh: Project) -> None:
    """verify says that cdk.out is of another access.toml, exits 2, and makes nothing."""
    text = fresh.toml.read_text().replace('[grants.bobby]\naccess = "read"', '[grants.bobby]\naccess = "full"')
    assert text != fresh.toml.read_text()
    fresh.toml.write_text(text)
    called = len(fresh.actions())
    ended = fresh.verify()
    assert (ended.code, "was made from another access.toml" in ended.err) == (2, True), ended.said
    assert "run `make" in ended.err
    assert fresh.actions()[called:] == []


def test_a_changed_file_fails_until_it_is_deployed(fresh: Project) -> None:
    """With the new file synthesized but not deployed, the probes fail, and one says to deploy."""
    fresh.synthesize()
    ended = fresh.verify("--grant", "bobby")
    assert ended.code == 1, ended.said
    failed = fresh.failed()
    assert "another access.toml is deployed (run `cdk deploy`)" in failed["state/role.tags"]
    assert {"grants.bobby/inside/get-tagging"} <= failed.keys()


def test_a_changed_grant_changes_what_verify_expects_and_finds(fresh: Project) -> None:
    """After deploying bobby's full access (it was read), putting and deleting are expected to work, and do."""
    fresh.deploy()
    ended = fresh.verify()
    assert ended.code == 0, ended.said
    for operation in ("put", "delete", "multipart", "get-tagging"):
        probe = fresh.probe(f"grants.bobby/inside/{operation}")
        assert (probe["expected"], probe["verdict"], probe["observed"]) == ("allowed", "passed", "allowed")
    # bob, whose mode is as it was, still lacks it, though the role has it now.
    assert fresh.probe("grants.bob/inside/get-tagging")["expected"] == "denied"
    assert fresh.probe("grants.bob/inside/get-tagging")["control"]["caller"]["who"] == "role"


def test_an_added_grant_is_probed_and_adds_no_resource(fresh: Project) -> None:
    """A new grant deploys as an update of the role's tags alone, and its probes pass."""
    before = _resources(fresh)
    fresh.update(fresh.toml.read_text() + _ADDED)
    ended = fresh.verify("--grant", "carol")
    assert ended.code == 0, ended.said
    assert before == _resources(fresh)
    assert fresh.probe("grants.carol/inside/list-v2")["expected"] == "allowed"
    assert fresh.probe("grants.carol/inside/get")["expected"] == "denied"


def test_a_destroyed_deployment_leaves_nothing(fresh: Project) -> None:
    """No stack, user, role, policy or bucket of the project is left, though there were objects in it."""
    bucket = fresh.bucket
    fresh.s3.put_object(Bucket=bucket, Key="bob/own", Body=b"bob's")
    ended = fresh.local("destroy")
    assert ended.code == 0, ended.said
    assert bucket in ended.err
    stacks = fresh.stacks.describe_stacks()["Stacks"]
    assert [s["StackName"] for s in stacks if s["StackStatus"] != "DELETE_COMPLETE"] == ["CDKToolkit"]
    assert USER not in [user["UserName"] for user in fresh.iam.list_users()["Users"]]
    assert ROLE not in [role["RoleName"] for role in fresh.iam.list_roles()["Roles"]]
    policies = fresh.iam.list_policies(Scope="Local")["Policies"]
    assert not [policy["Arn"] for policy in policies if "TempAccess-" in policy["Arn"]]
    assert bucket not in [found["Name"] for found in fresh.s3.list_buckets()["Buckets"]]


def test_verify_after_a_destroy_says_how_to_deploy(fresh: Project) -> None:
    """Without stacks there is nothing to verify: exit 2, and the command that deploys."""
    ended = fresh.verify()
    assert ended.code == 2, ended.said
    assert "the stack TempAccessStorage isn't deployed" in ended.err
    assert "make demo" in ended.err


def _kind(probe: dict[str, str]) -> str:
    return probe["id"].partition("/")[0]


def _resources(project: Project) -> list[str]:
    stacks = ("TempAccess", "TempAccessStorage")
    found = [project.stacks.describe_stack_resources(StackName=stack)["StackResources"] for stack in stacks]
    return sorted(resource["LogicalResourceId"] for resources in found for resource in resources)
