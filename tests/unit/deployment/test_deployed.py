"""The deployed state read from AWS's responses: a missing resource is None, an unreadable one an error."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

from temp_access.deployment.deployed import physical_ids, read_deployed
from temp_access.deployment.state import BucketState, DeployedState, Permissions, RoleState, UserState
from temp_access.deployment.target import Target
from temp_access.errors import UserError

ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
CODED = quote(json.dumps(ALLOW))
OWN_ARN = "arn:aws:iam::123456789012:policy/own"
S3_FULL_ARN = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
ALL_ON = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
TARGET = Target(
    account="123456789012",
    region="us-east-1",
    partition="aws",
    bucket="temp-bucket",
    role_name="temp-role",
    role_arn="arn:aws:iam::123456789012:role/temp-role",
    user_name="temp-user",
    user_arn="arn:aws:iam::123456789012:user/temp-user",
    digest="d1gest",
)
TAGS = [{"Key": "temp-access:config", "Value": "d1gest"}, {"Key": "project", "Value": "x"}]
BOUNDARY = {"PermissionsBoundary": {"PermissionsBoundaryArn": OWN_ARN}}
ENCRYPTION = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
IAM: dict[str, Any] = {
    "GetUser": {"User": {"UserName": "temp-user", **BOUNDARY}},
    "ListUserPolicies": {"PolicyNames": ["mine"]},
    "GetUserPolicy": {"PolicyDocument": CODED},
    "ListAttachedUserPolicies": {"AttachedPolicies": [{"PolicyArn": OWN_ARN}, {"PolicyArn": S3_FULL_ARN}]},
    "ListGroupsForUser": {"Groups": [{"GroupName": "b"}, {"GroupName": "a"}]},
    "GetRole": {"Role": {"AssumeRolePolicyDocument": CODED, "MaxSessionDuration": 43200, "Tags": TAGS}},
    "ListRolePolicies": {"PolicyNames": ["Folders"]},
    "GetRolePolicy": {"PolicyDocument": CODED},
    "ListAttachedRolePolicies": {"AttachedPolicies": []},
    "GetPolicy": {"Policy": {"DefaultVersionId": "v2"}},
    "GetPolicyVersion": {"PolicyVersion": {"Document": CODED}},
}
S3: dict[str, Any] = {
    "GetBucketVersioning": {"Status": "Enabled"},
    "GetBucketPolicy": {"Policy": json.dumps(ALLOW)},
    "GetPublicAccessBlock": {"PublicAccessBlockConfiguration": ALL_ON},
    "GetBucketOwnershipControls": {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
    "GetBucketEncryption": {"ServerSideEncryptionConfiguration": {"Rules": [ENCRYPTION]}},
}


def refusing(code: str, message: str = "") -> dict[str, Any]:
    return {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {}}


def answering(service: Any, answers: Mapping[str, Any]) -> Any:
    """Return a real client of boto3 that gets `answers` by operation (a list: one for each call) from no network."""
    client: Any = boto3.client(service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")

    def answer(model: Any, **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        answer = answers[model.name]
        parsed = answer.pop(0) if isinstance(answer, list) else answer
        status = 400 if "Error" in parsed else 200
        return AWSResponse("https://aws.test", status, HTTPHeaders(), None), json.loads(json.dumps(parsed))

    client.meta.events.register("before-call", answer)
    return client


def deployed(**answers: Any) -> DeployedState:
    iam, s3 = answering("iam", {**IAM, **answers}), answering("s3", {**S3, **answers})
    return read_deployed(iam, s3, TARGET)


def test_reads_the_user_with_its_policies_boundary_and_groups() -> None:
    """Documents are decoded; AWS managed policies have none."""
    attached = {OWN_ARN: ALLOW, S3_FULL_ARN: None}

    assert deployed().user == UserState("temp-user", Permissions({"mine": ALLOW}, attached, OWN_ARN), ("a", "b"))


def test_reads_the_role_with_its_trust_policy_duration_and_tags() -> None:
    """The tags with the prefix temp-access: apart from the others."""
    assert deployed().role == RoleState(
        name="temp-role",
        permissions=Permissions({"Folders": ALLOW}),
        trust=ALLOW,
        max_session_duration=43200,
        tags={"temp-access:config": "d1gest"},
        file_tags={"project": "x"},
    )


def test_reads_the_bucket_s_configuration() -> None:
    """Policy, public access, ownership, encryption and versioning."""
    assert deployed().bucket == BucketState(
        name="temp-bucket",
        policy=ALLOW,
        public_access_block=ALL_ON,
        ownership="BucketOwnerEnforced",
        encryption={"SSEAlgorithm": "AES256"},
        versioning="Enabled",
    )


def test_reads_every_page_of_a_list() -> None:
    """An attached policy may be on the second page."""
    pages = [
        {"AttachedPolicies": [{"PolicyArn": S3_FULL_ARN}], "IsTruncated": True, "Marker": "2"},
        {"AttachedPolicies": [{"PolicyArn": f"{S3_FULL_ARN}2"}]},
    ]

    user = deployed(ListAttachedUserPolicies=pages).user

    assert user is not None
    assert list(user.permissions.attached) == [S3_FULL_ARN, f"{S3_FULL_ARN}2"]


@pytest.mark.parametrize(
    ("operation", "code", "missing"),
    [
        ("GetUser", "NoSuchEntity", "user"),
        ("GetRole", "NoSuchEntity", "role"),
        ("GetBucketVersioning", "NoSuchBucket", "bucket"),
    ],
)
def test_a_missing_resource_is_none(operation: str, code: str, missing: str) -> None:
    """The rest of the state is still read."""
    state = deployed(**{operation: refusing(code)})

    assert [part for part in ("user", "role", "bucket") if getattr(state, part) is None] == [missing]


@pytest.mark.parametrize(
    ("operation", "code", "attribute"),
    [
        ("GetBucketPolicy", "NoSuchBucketPolicy", "policy"),
        ("GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration", "public_access_block"),
        ("GetBucketOwnershipControls", "OwnershipControlsNotFoundError", "ownership"),
        ("GetBucketEncryption", "ServerSideEncryptionConfigurationNotFoundError", "encryption"),
    ],
)
def test_a_missing_bucket_configuration_is_none(operation: str, code: str, attribute: str) -> None:
    """The bucket itself still exists."""
    assert getattr(deployed(**{operation: refusing(code)}).bucket, attribute) is None


def test_leaves_out_an_inline_policy_that_is_deleted_in_the_meantime() -> None:
    """It is deleted after it was listed and before it is read."""
    user = deployed(GetUserPolicy=refusing("NoSuchEntity")).user

    assert user is not None
    assert user.permissions.inline == {}


@pytest.mark.parametrize("operation", [*IAM, *S3])
@pytest.mark.parametrize("code", ["AccessDenied", "Throttling"])
def test_an_unreadable_state_is_an_error(operation: str, code: str) -> None:
    """A denied or throttled call doesn't mean that a resource is missing."""
    with pytest.raises(ClientError, match=code):
        deployed(**{operation: refusing(code)})


def test_expects_the_bucket_to_belong_to_this_account() -> None:
    """Another account may have taken the name of a deleted bucket."""
    owners: list[str] = []
    s3 = answering("s3", S3)
    s3.meta.events.register_first(
        "before-call", lambda params, **_: owners.append(params["headers"].get("x-amz-expected-bucket-owner"))
    )

    read_deployed(answering("iam", IAM), s3, TARGET)

    assert owners == ["123456789012"] * len(S3)


def resource(logical_id: str, name: str | None, status: str = "CREATE_COMPLETE") -> dict[str, Any]:
    properties = {"LogicalResourceId": logical_id, "PhysicalResourceId": name, "ResourceStatus": status}
    return {key: value for key, value in properties.items() if value is not None}


def test_reads_physical_ids_by_stack_and_logical_id() -> None:
    """Resources without a name, and deleted ones, are left out."""
    storage = [resource("Bucket", "example-8xk2"), resource("Pending", None)]
    access = [resource("User", "temp-user"), resource("Old", "old", "DELETE_COMPLETE")]
    answers = {"ListStackResources": [{"StackResourceSummaries": storage}, {"StackResourceSummaries": access}]}

    assert physical_ids(answering("cloudformation", answers)) == {
        ("TempAccessStorage", "Bucket"): "example-8xk2",
        ("TempAccess", "User"): "temp-user",
    }


def test_a_missing_stack_names_the_command_to_run() -> None:
    """CloudFormation's own message doesn't."""
    answer = refusing("ValidationError", "Stack with id TempAccessStorage does not exist")

    with pytest.raises(
        UserError, match="the stack TempAccessStorage isn't deployed in this account and Region; run `make deploy`"
    ):
        physical_ids(answering("cloudformation", {"ListStackResources": answer}))


def test_an_unreadable_stack_is_an_error() -> None:
    """A denied call doesn't mean that the stack is missing."""
    with pytest.raises(ClientError, match="AccessDenied"):
        physical_ids(answering("cloudformation", {"ListStackResources": refusing("AccessDenied")}))
