"""Each drift check finds no difference in an unchanged deployment, and names the command that undoes a change."""

import shlex
from dataclasses import replace
from typing import Any

import pytest

from temp_access.deployment.drift import DRIFT_CHECKS, differences
from temp_access.deployment.state import BucketState, DeployedState, Permissions, RoleState, State, UserState

OWN_ARN = "arn:aws:iam::123456789012:policy/own"
S3_FULL_ARN = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
MALLORY = "arn:aws:iam::123456789012:user/mallory"


def policy(action: str, **elements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, **elements}}


def trust(*principals: str) -> dict[str, Any]:
    return policy("sts:AssumeRole", Principal={"AWS": list(principals)})


MINE, WIDE = policy("s3:GetObject", Resource="*"), policy("s3:*", Resource="*")
PERMISSIONS = Permissions({"mine": MINE}, {OWN_ARN: MINE})
BLOCKED = {"BlockPublicAcls": True, "BlockPublicPolicy": True}
USER = UserState("temp-user", PERMISSIONS)
ROLE = RoleState(
    name="temp-role",
    permissions=PERMISSIONS,
    trust=trust("arn:aws:iam::123456789012:user/temp-user"),
    max_session_duration=43200,
    tags={"temp-access:config": "d1gest", "temp-access:bucket": "temp-bucket"},
)
BUCKET = BucketState(
    name="temp-bucket",
    policy=MINE,
    public_access_block=BLOCKED,
    ownership="BucketOwnerEnforced",
    encryption={"SSEAlgorithm": "AES256"},
    versioning="Enabled",
)
EXPECTED = State(USER, ROLE, BUCKET)
DEPLOYED = DeployedState(USER, ROLE, BUCKET)


def permissions(kind: str, expected: dict[str, Any] | None = None, **changed: Any) -> tuple[State, DeployedState]:
    before, after = replace(PERMISSIONS, **(expected or {})), replace(PERMISSIONS, **changed)
    if kind == "user":
        return (
            replace(EXPECTED, user=replace(USER, permissions=before)),
            replace(DEPLOYED, user=replace(USER, permissions=after)),
        )
    return (
        replace(EXPECTED, role=replace(ROLE, permissions=before)),
        replace(DEPLOYED, role=replace(ROLE, permissions=after)),
    )


def user(**changed: Any) -> tuple[State, DeployedState]:
    return EXPECTED, replace(DEPLOYED, user=replace(USER, **changed))


def role(**changed: Any) -> tuple[State, DeployedState]:
    return EXPECTED, replace(DEPLOYED, role=replace(ROLE, **changed))


def bucket(expected: dict[str, Any] | None = None, **changed: Any) -> tuple[State, DeployedState]:
    return (
        replace(EXPECTED, bucket=replace(BUCKET, **(expected or {}))),
        replace(DEPLOYED, bucket=replace(BUCKET, **changed)),
    )


@pytest.mark.parametrize("aspect", DRIFT_CHECKS)
def test_an_unchanged_deployment_has_no_differences(aspect: str) -> None:
    """Equal states are equal in every aspect."""
    assert differences(aspect, EXPECTED, DEPLOYED) == ()


@pytest.mark.parametrize("kind", ["user", "role"])
@pytest.mark.parametrize(
    ("aspect", "expected", "changed", "message", "command"),
    [
        ("inline_policies", {}, {"inline": {"mine": MINE, "wide": WIDE}},
         "the inline policy wide of temp-{kind} (Allow s3:* on *) isn't in the template; delete it",
         "aws iam delete-{kind}-policy --{kind}-name temp-{kind} --policy-name wide"),
        ("inline_policies", {}, {"inline": {}},
         "the inline policy mine of temp-{kind} is gone; restore it",
         "aws iam put-{kind}-policy --{kind}-name temp-{kind} --policy-name mine --policy-document"),
        ("inline_policies", {}, {"inline": {"mine": WIDE}},
         "the inline policy mine of temp-{kind} has s3:* in Action instead of s3:GetObject; restore it",
         "aws iam put-{kind}-policy --{kind}-name temp-{kind} --policy-name mine --policy-document"),
        ("attached_policies", {}, {"attached": {OWN_ARN: MINE, S3_FULL_ARN: None}},
         "AmazonS3FullAccess is attached to temp-{kind} but isn't in the template; detach it",
         f"aws iam detach-{{kind}}-policy --{{kind}}-name temp-{{kind}} --policy-arn {S3_FULL_ARN}"),
        ("attached_policies", {}, {"attached": {}},
         "own is in the template but isn't attached to temp-{kind}; attach it",
         f"aws iam attach-{{kind}}-policy --{{kind}}-name temp-{{kind}} --policy-arn {OWN_ARN}"),
        ("attached_policies", {}, {"attached": {OWN_ARN: WIDE}},
         "the managed policy own has s3:* in Action instead of s3:GetObject; restore it",
         f"aws iam create-policy-version --policy-arn {OWN_ARN} --policy-document"),
        ("boundary", {}, {"boundary": S3_FULL_ARN},
         f"temp-{{kind}} has the permissions boundary {S3_FULL_ARN}, but the template has none; remove it",
         "aws iam delete-{kind}-permissions-boundary --{kind}-name temp-{kind}"),
        ("boundary", {"boundary": OWN_ARN}, {"boundary": None},
         f"temp-{{kind}} has no permissions boundary, but the template has {OWN_ARN}; restore it",
         "aws iam put-{kind}-permissions-boundary --{kind}-name temp-{kind} --permissions-boundary " + OWN_ARN),
    ],
)  # fmt: skip
def test_changed_permissions_come_with_the_command_that_undoes_them(
    kind: str, aspect: str, expected: dict[str, Any], changed: dict[str, Any], message: str, command: str
) -> None:
    """Added policies are removed; deleted and changed ones are restored."""
    lines = differences(f"{kind}.{aspect}", *permissions(kind, expected, **changed))

    assert len(lines) == 1
    assert lines[0].startswith(f"{message}: {command}".format(kind=kind))


@pytest.mark.parametrize(
    ("aspect", "states", "message", "command"),
    [
        ("user.groups", user(groups=("admins",)),
         "temp-user is in the group admins and has its policies, but the template has no such group; remove it",
         "aws iam remove-user-from-group --user-name temp-user --group-name admins"),
        ("user.groups", (replace(EXPECTED, user=replace(USER, groups=("staff",))), DEPLOYED),
         "temp-user isn't in the group staff, which is in the template; add it",
         "aws iam add-user-to-group --user-name temp-user --group-name staff"),
        ("role.trust_policy", role(trust=trust("arn:aws:iam::123456789012:user/temp-user", MALLORY)),
         f"the trust policy of temp-role also has {MALLORY} in Principal; restore it",
         "aws iam update-assume-role-policy --role-name temp-role --policy-document '{"),
        ("role.max_session_duration", role(max_session_duration=3600),
         "the maximum session duration of temp-role is 3600 s, but the template has 43200 s; restore it",
         "aws iam update-role --role-name temp-role --max-session-duration 43200"),
        ("role.tags", role(tags={**ROLE.tags, "temp-access:config": "0ther"}),
         "the tag temp-access:config of temp-role is 0ther, but the template has d1gest: another access.toml is "
         "deployed (run `cdk deploy`), or it was changed by hand; restore it",
         "aws iam tag-role --role-name temp-role --tags '[{"),
        ("role.tags", role(tags={**ROLE.tags, "temp-access:x": "y"}),
         "temp-role has the tag temp-access:x, which isn't in the template; remove it",
         "aws iam untag-role --role-name temp-role --tag-keys temp-access:x"),
        ("bucket.policy", bucket(policy=None),
         "the policy of the bucket temp-bucket is gone; restore it",
         "aws s3api put-bucket-policy --bucket temp-bucket --policy '{"),
        ("bucket.policy", bucket(policy=WIDE),
         "the policy of the bucket temp-bucket has s3:* in Action instead of s3:GetObject; restore it",
         "aws s3api put-bucket-policy --bucket temp-bucket --policy '{"),
        ("bucket.policy", bucket({"policy": None}),
         "the bucket temp-bucket has a policy, but the template has none; remove it",
         "aws s3api delete-bucket-policy --bucket temp-bucket"),
        ("bucket.public_access_block", bucket(public_access_block=None),
         "the public access block of the bucket temp-bucket is gone; restore it",
         "aws s3api put-public-access-block --bucket temp-bucket --public-access-block-configuration "
         "BlockPublicAcls=true,BlockPublicPolicy=true"),
        ("bucket.public_access_block", bucket(public_access_block={**BLOCKED, "BlockPublicPolicy": False}),
         "the public access block of the bucket temp-bucket has BlockPublicPolicy off; restore it",
         "aws s3api put-public-access-block"),
        ("bucket.ownership", bucket(ownership="ObjectWriter"),
         "the object ownership of the bucket temp-bucket is ObjectWriter, but the template has "
         "BucketOwnerEnforced, so ACLs are in effect; restore it",
         "aws s3api put-bucket-ownership-controls --bucket temp-bucket --ownership-controls "
         """'{"Rules":[{"ObjectOwnership":"BucketOwnerEnforced"}]}'"""),
        ("bucket.ownership", bucket(ownership=None),
         "the object ownership of the bucket temp-bucket is gone", ""),
        ("bucket.encryption", bucket(encryption={"SSEAlgorithm": "aws:kms"}),
         """the default encryption of the bucket temp-bucket is {"SSEAlgorithm":"aws:kms"}, but the template has """
         """{"SSEAlgorithm":"AES256"}; restore it""",
         "aws s3api put-bucket-encryption --bucket temp-bucket --server-side-encryption-configuration '{"),
        ("bucket.encryption", bucket(encryption=None),
         "the default encryption of the bucket temp-bucket is gone", ""),
        ("bucket.versioning", bucket(versioning="Suspended"),
         "the versioning of the bucket temp-bucket is Suspended, but the template has Enabled; "
         "restore it",
         "aws s3api put-bucket-versioning --bucket temp-bucket --versioning-configuration Status=Enabled"),
        ("bucket.versioning", bucket({"versioning": None}),
         "the versioning of the bucket temp-bucket is Enabled, but the template has off; restore it",
         "aws s3api put-bucket-versioning --bucket temp-bucket --versioning-configuration Status=Suspended"),
    ],
)  # fmt: skip
def test_a_changed_deployment_comes_with_the_command_that_undoes_it(
    aspect: str, states: tuple[State, DeployedState], message: str, command: str
) -> None:
    """The deployed value, the template's value, and the command."""
    lines = differences(aspect, *states)

    assert len(lines) == 1
    assert lines[0].startswith(f"{message}: {command}" if command else message)


@pytest.mark.parametrize("versioning", [None, "Suspended"])
def test_suspended_versioning_matches_a_template_without_versioning(versioning: str | None) -> None:
    """Versioning that was enabled once can only be suspended."""
    assert differences("bucket.versioning", *bucket({"versioning": None}, versioning=versioning)) == ()


def test_two_changes_are_two_lines() -> None:
    """Each line has its own command."""
    changed = permissions("user", attached={OWN_ARN: WIDE, S3_FULL_ARN: None})

    assert len(differences("user.attached_policies", *changed)) == 2


@pytest.mark.parametrize("aspect", DRIFT_CHECKS)
def test_a_deleted_resource_differs_in_every_aspect(aspect: str) -> None:
    """Its stack must be destroyed before it can be created again."""
    [line] = differences(aspect, EXPECTED, DeployedState(None, None, None))

    name, stack = {
        "user": ("the user temp-user", "TempAccess"),
        "role": ("the role temp-role", "TempAccess"),
        "bucket": ("the bucket temp-bucket", "--all"),
    }[aspect.partition(".")[0]]
    assert line == f"{name} doesn't exist; recreate it: cdk destroy {stack} && cdk deploy --all"


def test_a_document_in_a_command_is_one_argument_for_the_shell() -> None:
    """Quotes and variables in a policy reach AWS unchanged."""
    document = policy("sts:AssumeRole", Condition={"StringLike": {"sts:RoleSessionName": "it's-${aws:username}"}})
    expected = replace(EXPECTED, role=replace(ROLE, trust=document))

    [line] = differences("role.trust_policy", expected, DEPLOYED)

    command = shlex.split(line[line.index("aws iam update-assume-role-policy") :])
    assert "it's-${aws:username}" in command[-1]


def test_a_restored_managed_policy_becomes_the_default_version() -> None:
    """Only the default version has an effect."""
    [line] = differences("user.attached_policies", *permissions("user", attached={OWN_ARN: WIDE}))

    assert line.endswith("}}' --set-as-default")


def test_each_difference_stays_on_one_line() -> None:
    """A policy may contain line breaks and terminal control characters; they are escaped."""
    hostile = {"mine": MINE, "other": policy("s3:*", Resource="a\n\x9b2J")}

    [line] = differences("user.inline_policies", *permissions("user", inline=hostile))

    assert "a\\n\\x9b2J" in line
    assert line.isprintable()
