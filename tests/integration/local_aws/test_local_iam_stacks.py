"""IAM's resources in stacks of the local AWS: OpenID providers, roles with paths and boundaries, profiles and users."""

from typing import Any

import pytest

from tests.integration.local_aws.conftest import LocalAccount, allow, document
from tests.integration.local_aws.stack import Stack

pytestmark = pytest.mark.integration
ACCOUNT = "123456789012"
TAGS = [{"Key": "team", "Value": "data"}, {"Key": "cost-center", "Value": "4711"}]


def provider(**properties: Any) -> dict[str, Any]:
    """Return the resource of a provider."""
    return {"Type": "AWS::IAM::OIDCProvider", "Properties": {"ClientIdList": ["sts.amazonaws.com"], **properties}}


def role(account: LocalAccount, **properties: Any) -> dict[str, Any]:
    """Return the resource of a role that a new user may assume."""
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}}]}
    trust["Statement"] = [{**trust["Statement"][0], "Action": "sts:AssumeRole"}]  # type: ignore[dict-item]
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust, **properties}}


def test_an_openid_provider_is_created_updated_and_deleted(account: LocalAccount) -> None:
    """Ref and Arn are its ARN, with the path of its URL; client ids and tags change in place."""
    stack = Stack(account, has_arn=True)
    host = f"{account.name('idp')}.example.com/realms/a"
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{host}"
    assert stack.create(provider(Url=f"https://{host}", Tags=TAGS)) == "CREATE_COMPLETE"
    assert stack.outputs() == {"Ref": arn, "Arn": arn}
    found = account.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert found["Url"] == host
    assert found["ClientIDList"] == ["sts.amazonaws.com"]
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]}.items() >= {"team": "data"}.items()
    created = found["CreateDate"]
    changed = provider(Url=f"https://{host}", ClientIdList=["a", "b"], ThumbprintList=["0" * 40])
    assert stack.update(changed) == "UPDATE_COMPLETE"
    found = account.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert found["ClientIDList"] == ["a", "b"]
    assert found["ThumbprintList"] == ["0" * 40]
    assert found["CreateDate"] == created
    assert all(tag["Key"] != "team" for tag in found["Tags"])
    stack.delete()
    assert account.outcome(account.iam.get_open_id_connect_provider, OpenIDConnectProviderArn=arn) == "NoSuchEntity"


def test_another_url_replaces_an_openid_provider(account: LocalAccount) -> None:
    """The former one is deleted."""
    stack = Stack(account, has_arn=True)
    first, second = f"{account.name('idp')}.example.com", f"{account.name('idp')}.example.com"
    stack.create(provider(Url=f"https://{first}"))
    assert stack.update(provider(Url=f"https://{second}")) == "UPDATE_COMPLETE"
    assert stack.outputs()["Ref"].endswith(second)
    arns = [item["Arn"] for item in account.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
    assert not any(arn.endswith(first) for arn in arns)
    stack.delete()


def test_a_stack_with_an_openid_provider_that_exists_fails(account: LocalAccount) -> None:
    """An account has one for each URL, and the one that exists stays."""
    host = f"{account.name('idp')}.example.com"
    arn = account.iam.create_open_id_connect_provider(Url=f"https://{host}")["OpenIDConnectProviderArn"]
    stack = Stack(account)
    assert stack.create(provider(Url=f"https://{host}")) == "ROLLBACK_COMPLETE"
    assert f"Provider with url https://{host} already exists." in stack.reasons()
    account.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)


def test_an_update_that_fails_restores_an_openid_provider(account: LocalAccount) -> None:
    """The stack is rolled back."""
    host, stack = f"{account.name('idp')}.example.com", Stack(account)
    stack.create(provider(Url=f"https://{host}"))
    changed = provider(Url=f"https://{host}", ClientIdList=["other"])
    missing = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/nobody"}
    wrong = role(account)
    wrong["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] = missing
    wrong["DependsOn"] = "Tested"
    assert stack.update(changed, Other=wrong) == "UPDATE_ROLLBACK_COMPLETE"
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{host}"
    found = account.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert found["ClientIDList"] == ["sts.amazonaws.com"]


def test_a_role_has_its_path_boundary_and_tags(account: LocalAccount) -> None:
    """The path belongs to the role's ARN and not to its session's."""
    boundary = account.iam.create_policy(
        PolicyName=account.name("boundary"), PolicyDocument=document(allow("s3:ListAllMyBuckets"))
    )["Policy"]["Arn"]
    name, stack = account.name("pathed"), Stack(account, has_arn=True)
    properties = {
        "RoleName": name,
        "Path": "/temp-access/deep/",
        "PermissionsBoundary": boundary,
        "MaxSessionDuration": 7200,
        "Tags": TAGS,
        "Policies": [
            {"PolicyName": "Folder", "PolicyDocument": {"Version": "2012-10-17", "Statement": [allow("s3:*")]}}
        ],
    }
    assert stack.create(role(account, **properties)) == "CREATE_COMPLETE"
    arn = f"arn:aws:iam::{ACCOUNT}:role/temp-access/deep/{name}"
    assert stack.outputs() == {"Ref": name, "Arn": arn}
    found = account.iam.get_role(RoleName=name)["Role"]
    assert (found["Arn"], found["Path"], found["MaxSessionDuration"]) == (arn, "/temp-access/deep/", 7200)
    assert found["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]}.items() >= {"team": "data"}.items()
    assert account.iam.get_role_policy(RoleName=name, PolicyName="Folder")["PolicyDocument"]["Statement"]
    listed = account.iam.list_roles(PathPrefix="/temp-access/deep/")["Roles"]
    assert [item["Arn"] for item in listed] == [arn]

    _, user = account.user(allow("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/temp-access/*"))
    session = account.assume(user, arn)
    assert session.client("sts").get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/bob"
    sts = account.client(user, "sts")
    without_path = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    assert account.outcome(sts.assume_role, RoleArn=without_path, RoleSessionName="bob") == "AccessDenied"

    # The boundary is enforced, changed and removed with the stack.
    s3, bucket = session.client("s3"), account.bucket("x")
    assert account.outcome(s3.list_buckets) == "allowed"
    assert account.outcome(s3.get_object, Bucket=bucket, Key="x") == "AccessDenied"
    without = {key: value for key, value in properties.items() if key != "PermissionsBoundary"}
    assert stack.update(role(account, **without)) == "UPDATE_COMPLETE"
    assert "PermissionsBoundary" not in account.iam.get_role(RoleName=name)["Role"]
    assert account.outcome(s3.get_object, Bucket=bucket, Key="x") == "allowed"
    assert stack.update(role(account, **properties)) == "UPDATE_COMPLETE"
    assert account.outcome(s3.get_object, Bucket=bucket, Key="x") == "AccessDenied"
    stack.delete()
    assert account.outcome(account.iam.get_role, RoleName=name) == "NoSuchEntity"


def test_a_named_role_can_not_get_another_path(account: LocalAccount) -> None:
    """It would have to be replaced by one of the same name."""
    name, stack = account.name("pathed"), Stack(account)
    stack.create(role(account, RoleName=name, Path="/a/"))
    assert stack.update(role(account, RoleName=name, Path="/b/")) == "UPDATE_ROLLBACK_COMPLETE"
    assert account.iam.get_role(RoleName=name)["Role"]["Path"] == "/a/"


def test_a_boundary_exists(account: LocalAccount) -> None:
    """Otherwise the stack is rolled back."""
    stack = Stack(account)
    missing = f"arn:aws:iam::{ACCOUNT}:policy/missing"
    assert stack.create(role(account, PermissionsBoundary=missing)) == "ROLLBACK_COMPLETE"
    assert missing in stack.reasons()


def test_a_role_of_a_taken_name_is_not_created(account: LocalAccount) -> None:
    """The existing role stays as it is, and names don't distinguish upper and lower case."""
    existing = account.role(account.user()[0]).rpartition("/")[2]
    for name in (existing, existing.upper()):
        stack = Stack(account)
        assert stack.create(role(account, RoleName=name)) == "ROLLBACK_COMPLETE"
        assert "EntityAlreadyExists" in stack.reasons()
    account.iam.get_role(RoleName=existing)


def test_an_instance_profile_is_created_updated_and_deleted(account: LocalAccount) -> None:
    """Ref is its name; its role can be exchanged."""
    stack = Stack(account, has_arn=True)
    name, first, second = account.name("profile"), account.role(ACCOUNT), account.role(ACCOUNT)

    def profile(role_arn: str) -> dict[str, Any]:
        properties = {"InstanceProfileName": name, "Path": "/temp-access/", "Roles": [role_arn.rpartition("/")[2]]}
        return {"Type": "AWS::IAM::InstanceProfile", "Properties": properties}

    assert stack.create(profile(first)) == "CREATE_COMPLETE"
    arn = f"arn:aws:iam::{ACCOUNT}:instance-profile/temp-access/{name}"
    assert stack.outputs() == {"Ref": name, "Arn": arn}
    assert stack.update(profile(second)) == "UPDATE_COMPLETE"
    found = account.iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    assert (found["Arn"], [item["Arn"] for item in found["Roles"]]) == (arn, [second])
    stack.delete()
    assert account.outcome(account.iam.get_instance_profile, InstanceProfileName=name) == "NoSuchEntity"


def test_a_user_has_its_path_boundary_and_tags(account: LocalAccount) -> None:
    """They change in place."""
    name, stack = account.name("person"), Stack(account, has_arn=True)
    boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"

    def user(**properties: Any) -> dict[str, Any]:
        return {"Type": "AWS::IAM::User", "Properties": {"UserName": name, "Path": "/people/", **properties}}

    assert stack.create(user(Tags=TAGS, PermissionsBoundary=boundary)) == "CREATE_COMPLETE"
    arn = f"arn:aws:iam::{ACCOUNT}:user/people/{name}"
    assert stack.outputs() == {"Ref": name, "Arn": arn}
    found = account.iam.get_user(UserName=name)["User"]
    assert found["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]}.items() >= {"cost-center": "4711"}.items()
    assert stack.update(user(Tags=[{"Key": "team", "Value": "ops"}])) == "UPDATE_COMPLETE"
    found = account.iam.get_user(UserName=name)["User"]
    assert "PermissionsBoundary" not in found
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]}["team"] == "ops"
    stack.delete()
    assert account.outcome(account.iam.get_user, UserName=name) == "NoSuchEntity"


def test_a_principal_that_a_stack_deletes_leaves_its_unique_id(account: LocalAccount) -> None:
    """A new user of the same name isn't trusted."""
    name, stack = account.name("person"), Stack(account, has_arn=True)
    stack.create({"Type": "AWS::IAM::User", "Properties": {"UserName": name}})
    user_id = account.iam.get_user(UserName=name)["User"]["UserId"]
    trusting = account.role(stack.outputs()["Arn"]).rpartition("/")[2]
    stack.delete()
    statement = account.iam.get_role(RoleName=trusting)["Role"]["AssumeRolePolicyDocument"]["Statement"][0]
    assert statement["Principal"] == {"AWS": user_id}


def test_two_hundred_roles_in_four_stacks_and_one_more(account: LocalAccount) -> None:
    """Adding a role to a stack changes that role and nothing else."""
    path = f"/{account.name('many')}/"
    templates: list[dict[str, Any]] = [
        {f"Role{number}": role(account, RoleName=account.name("many"), Path=path) for number in range(50)}
        for _ in range(4)
    ]
    stacks = []
    for resources in templates:
        stack = Stack(account)
        tested, *others = resources.values()
        assert stack.create(tested, **dict(zip(list(resources)[1:], others, strict=True))) == "CREATE_COMPLETE"
        stacks.append(stack)
    before = _roles(account, path)
    assert len(before) == 200
    tested, *others = templates[0].values()
    further = dict(zip(list(templates[0])[1:], others, strict=True))
    added = role(account, RoleName=account.name("many"), Path=path)
    assert stacks[0].update(tested, **further, Added=added) == "UPDATE_COMPLETE"
    after = _roles(account, path)
    assert len(after) == 201
    assert before.items() <= after.items()
    for stack in stacks:
        stack.delete()
    assert not _roles(account, path)


def _roles(account: LocalAccount, path: str) -> dict[str, Any]:
    pages = account.iam.get_paginator("list_roles").paginate(PathPrefix=path)
    return {found["RoleName"]: found for page in pages for found in page["Roles"]}
