"""Every form of user policy in access.toml is deployed as written and verified."""

import json

import pytest

from tests.integration.deploy.project import USER, Project

pytestmark = pytest.mark.integration
_PRICES = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::price-list/today.csv"}],
}
_IAM_FULL_ACCESS = """
[[user.aws_managed]]
name = "IAMFullAccess"
reason = "this user manages the other users"

[[user.customer_managed]]
name = "read-the-price-list"
file = "policies/price-list.json"

[[user.inline]]
name = "see-own-account"
document = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:GetAccountSummary","Resource":"*"}}'
reason = "iam:GetAccountSummary can't be narrowed to a resource"
"""
_S3_FULL_ACCESS = """
[[user.aws_managed]]
name = "AmazonS3FullAccess"
reason = "the nightly export needs every bucket"
"""


def _with(project: Project, tables: str = "", **keys: str) -> str:
    """Return the project's own access.toml with further keys and tables in [user]."""
    name = 'name = "temp-user"\n'
    content = (project.folder / "example.toml").read_text(encoding="utf-8")
    assert name in content
    return content.replace(name, name + "".join(f"{key} = {value}\n" for key, value in keys.items()) + tables, 1)


@pytest.fixture(autouse=True)
def _example(deployed: Project) -> None:
    example = deployed.folder / "example.toml"
    if not example.exists():
        example.write_text(deployed.toml.read_text(encoding="utf-8"), encoding="utf-8")


def test_iam_full_access_and_custom_policies_take_effect(deployed: Project) -> None:
    """With IAMFullAccess, a policy from a file and an inline one, the user can read IAM but no objects."""
    (deployed.folder / "policies").mkdir()
    (deployed.folder / "policies/price-list.json").write_text(json.dumps(_PRICES))
    deployed.update(_with(deployed, _IAM_FULL_ACCESS))
    ended = deployed.verify("--grant", "bob")
    assert ended.code == 0, ended.output
    assert _expected(deployed) == {"list-users": "allowed", "get-role": "allowed"} | _DENIED_BY_DEFAULT
    attached = deployed.iam.list_attached_user_policies(UserName=USER)["AttachedPolicies"]
    assert {"IAMFullAccess", "read-the-price-list"} <= {policy["PolicyName"] for policy in attached}
    inline = deployed.iam.get_user_policy(UserName=USER, PolicyName="see-own-account")["PolicyDocument"]
    assert "iam:GetAccountSummary" in json.dumps(inline)


def test_s3_full_access_takes_effect_and_causes_a_warning(deployed: Project) -> None:
    """With AmazonS3FullAccess, the user reaches objects without the role, and verify warns about it."""
    deployed.update(_with(deployed, _S3_FULL_ACCESS))
    ended = deployed.verify("--grant", "bob")
    assert ended.code == 0, ended.output
    assert _expected(deployed) == dict.fromkeys(_DENIED_BY_DEFAULT, "allowed") | {
        "list-users": "denied",
        "get-role": "allowed",
    }
    warning = (
        "the role doesn't limit temp-user: its policies in [user] allow it to list, get, put, delete objects of "
        "the bucket without the role"
    )
    assert [warning] == deployed.report()["warnings"]
    assert f"WARNING: {warning[:40]}" in ended.out
    # Its sessions are still limited to their folder.
    assert deployed.probe("grants.bob/neighbour/get")["verdict"] == "passed"


def test_a_permissions_boundary_limits_the_user_and_not_the_role(deployed: Project) -> None:
    """A boundary that allows reading S3 and assuming the role limits AmazonS3FullAccess to reading."""
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["s3:Get*", "s3:List*", "sts:*", "iam:GetRole"], "Resource": "*"}],
    }
    policy = deployed.iam.create_policy(PolicyName="reading", PolicyDocument=json.dumps(document))
    arn = policy["Policy"]["Arn"]
    deployed.update(_with(deployed, _S3_FULL_ACCESS, permissions_boundary=f'"{arn}"'))
    ended = deployed.verify("--grant", "bob")
    assert ended.code == 0, ended.output
    expected = _expected(deployed)
    assert tuple(expected[o] for o in ("list-v2", "get", "put", "delete")) == ("allowed", "allowed", "denied", "denied")
    assert deployed.iam.get_user(UserName=USER)["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
    assert deployed.probe("grants.bob/inside/put")["verdict"] == "passed"


_DENIED_BY_DEFAULT = dict.fromkeys(
    ("list-v2", "get", "put", "delete", "get-bucket-policy", "list-versions", "list-buckets"), "denied"
)


def _expected(project: Project) -> dict[str, str]:
    return {
        probe["id"].partition("/")[2]: probe["expected"]
        for probe in project.report()["probes"]
        if probe["group"] == "user"
    }
