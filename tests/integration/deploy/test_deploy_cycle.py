"""The life of a deployment: verify, change, update and destroy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.deploy.assembly import templates
from tests.integration.deploy.project import ROLE, USER, Project, run_project

pytestmark = pytest.mark.integration
_ADDED = '\n[grants.carol]\naccess = "list"\n'


@pytest.fixture(scope="module")
def fresh(deployed_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Return a new deployment. The tests of this file run in order, each on the state that the previous one left."""
    with run_project(tmp_path_factory.mktemp("fresh"), copy_of=deployed_once) as project:
        yield project


def test_a_deployment_verifies_with_every_probe_passed(fresh: Project) -> None:
    """The project's own access.toml is deployed and verified with at least 60 probes, and all pass."""
    ended = fresh.verify()
    assert ended.code == 0, ended.output
    report = fresh.report()
    summary = report["summary"]
    assert summary["probes"] >= 60
    assert (summary["probes"], 0, 0) == (summary["passed"], summary["failed"], summary["inconclusive"])
    assert summary["probes"] == len({probe["id"] for probe in report["probes"]})
    assert {"state", "user", "assume", "role", "widened", "clean-up"} <= {_kind(probe) for probe in report["probes"]}
    assert (ROLE, USER, fresh.bucket) == (report["role"], report["user"], report["bucket"])
    # Nobody handed in a token of the pipeline.
    [warning] = report["warnings"]
    assert warning.startswith("grants.releases: this run can be none of the borrowers")
    assert f"{summary['probes']} passed, 0 failed, 0 inconclusive" in ended.out
    fresh.assert_clean()


def test_synthesis_in_the_test_process_matches_the_cdk_cli(fresh: Project) -> None:
    """`Project.update` deploys the same templates as `temp-access deploy`, byte for byte."""
    by_the_cli = templates(fresh.folder / "cdk.out")
    fresh.synthesize(out="again.out")
    assert by_the_cli == templates(fresh.folder / "again.out")


def test_cdk_diff_shows_no_difference_after_a_deployment(fresh: Project) -> None:
    """The CDK CLI confirms that the deployed templates are the synthesized ones."""
    ended = fresh.cdk("diff", "--fail")
    assert (ended.code, "Number of stacks with differences: 0" in ended.output) == (0, True), ended.output


def test_a_changed_file_is_refused_until_it_is_synthesized(fresh: Project) -> None:
    """verify reports that cdk.out was made from another access.toml, exits with 2, and calls nothing."""
    content = fresh.toml.read_text().replace('[grants.bobby]\naccess = "read"', '[grants.bobby]\naccess = "full"')
    assert content != fresh.toml.read_text()
    fresh.toml.write_text(content)
    called = len(fresh.actions())
    ended = fresh.verify()
    assert (ended.code, "was made from another access.toml" in ended.err) == (2, True), ended.output
    assert "run `make" in ended.err
    assert fresh.actions()[called:] == []


def test_a_changed_file_fails_until_it_is_deployed(fresh: Project) -> None:
    """If the new file is synthesized but not deployed, probes fail, and one message says to deploy."""
    fresh.synthesize()
    ended = fresh.verify("--grant", "bobby")
    assert ended.code == 1, ended.output
    failed = fresh.failed()
    assert "another access.toml is deployed (run `cdk deploy`)" in failed["state/role.tags"]
    assert {"grants.bobby/inside/get-tagging"} <= failed.keys()


def test_a_changed_grant_changes_the_expected_and_the_observed_results(fresh: Project) -> None:
    """When bobby's access changes from read to full, put and delete are expected to work, and do."""
    fresh.deploy()
    ended = fresh.verify()
    assert ended.code == 0, ended.output
    for operation in ("put", "delete", "multipart", "get-tagging"):
        probe = fresh.probe(f"grants.bobby/inside/{operation}")
        assert (probe["expected"], probe["verdict"], probe["observed"]) == ("allowed", "passed", "allowed")
    # The role has the action now, but bob, whose mode is unchanged, doesn't.
    assert fresh.probe("grants.bob/inside/get-tagging")["expected"] == "denied"
    assert fresh.probe("grants.bob/inside/get-tagging")["control"]["caller"]["who"] == "role"


def test_an_added_grant_is_probed_and_adds_no_resource(fresh: Project) -> None:
    """A new grant only updates the role's tags, and its probes pass."""
    before = _resources(fresh)
    fresh.update(fresh.toml.read_text() + _ADDED)
    ended = fresh.verify("--grant", "carol")
    assert ended.code == 0, ended.output
    assert before == _resources(fresh)
    assert fresh.probe("grants.carol/inside/list-v2")["expected"] == "allowed"
    assert fresh.probe("grants.carol/inside/get")["expected"] == "denied"


def test_a_destroyed_deployment_leaves_nothing(fresh: Project) -> None:
    """No stack, user, role, policy or bucket of the project is left, although the bucket had objects."""
    bucket = fresh.bucket
    fresh.s3.put_object(Bucket=bucket, Key="bob/own", Body=b"bob's")
    ended = fresh.local("destroy")
    assert ended.code == 0, ended.output
    assert bucket in ended.err
    stacks = fresh.stacks.describe_stacks()["Stacks"]
    assert [s["StackName"] for s in stacks if s["StackStatus"] != "DELETE_COMPLETE"] == ["CDKToolkit"]
    assert USER not in [user["UserName"] for user in fresh.iam.list_users()["Users"]]
    assert ROLE not in [role["RoleName"] for role in fresh.iam.list_roles()["Roles"]]
    policies = fresh.iam.list_policies(Scope="Local")["Policies"]
    assert not [policy["Arn"] for policy in policies if "TempAccess-" in policy["Arn"]]
    assert bucket not in [bucket_["Name"] for bucket_ in fresh.s3.list_buckets()["Buckets"]]


def test_verify_without_stacks_names_the_command_that_deploys(fresh: Project) -> None:
    """Without stacks, verify exits with 2 and names the command that deploys."""
    ended = fresh.verify()
    assert ended.code == 2, ended.output
    assert "the stack TempAccessStorage isn't deployed" in ended.err
    assert "make demo" in ended.err


def _kind(probe: dict[str, str]) -> str:
    return probe["id"].partition("/")[0]


def _resources(project: Project) -> list[str]:
    stacks = ("TempAccess", "TempAccessStorage")
    resources_by_stack = [
        project.stacks.describe_stack_resources(StackName=stack)["StackResources"] for stack in stacks
    ]
    return sorted(resource["LogicalResourceId"] for resources in resources_by_stack for resource in resources)
