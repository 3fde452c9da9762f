"""Drift: how a deployed user, role or bucket differs from the template, with the aws command that undoes it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from temp_access.deployment.policy_drift import attached_policies, aws_cli, boundary, compact_json, inline_policies
from temp_access.deployment.stacks import ACCESS
from temp_access.deployment.state import BucketState, DeployedState, RoleState, State, UserState
from temp_access.iam.diff import document_differences
from temp_access.iam.policy_json import Document
from temp_access.policies.role_policy import CONFIG_TAG
from temp_access.terminal_text import escape_control

T = TypeVar("T")
# Whether an inline policy of a role, given its name and document, isn't drift although no template has it.
IsIgnored = Callable[[str, Document], bool]


@dataclass(frozen=True, slots=True)
class DriftCheck(Generic[T]):
    """A title that is true without drift, and the comparison of expected and deployed state, a line a difference."""

    title: str
    compare: Callable[[T, T], Iterable[str]]


def _bucket_policy(expected: BucketState, deployed: BucketState) -> Iterator[str]:
    if expected.policy is None:
        if deployed.policy is not None:
            remove = aws_cli("s3api", "delete-bucket-policy", bucket=deployed.name)
            yield f"the bucket {deployed.name} has a policy, but the template has none; remove it: {remove}"
        return
    put = aws_cli("s3api", "put-bucket-policy", bucket=deployed.name, policy=expected.policy)
    if deployed.policy is None:
        yield f"the policy of the bucket {deployed.name} is gone; restore it: {put}"
    elif changes := document_differences(expected.policy, deployed.policy):
        yield f"the policy of the bucket {deployed.name} {', and '.join(changes)}; restore it: {put}"


def _public_access_block(expected: BucketState, deployed: BucketState) -> Iterator[str]:
    expected_flags, flags = expected.public_access_block or {}, deployed.public_access_block
    if flags == expected_flags:
        return
    configuration = ",".join(f"{flag}={'true' if on else 'false'}" for flag, on in expected_flags.items())
    put = aws_cli(
        "s3api",
        "put-public-access-block",
        bucket=deployed.name,
        public_access_block_configuration=configuration,
    )
    changes = [
        f"has {flag} {'on' if on else 'off'}" for flag, on in (flags or {}).items() if expected_flags[flag] != on
    ]
    yield f"the public access block of the bucket {deployed.name} {', '.join(changes) or 'is gone'}; restore it: {put}"


def _ownership(expected: BucketState, deployed: BucketState) -> Iterator[str]:
    if deployed.ownership != expected.ownership:
        rules = {"Rules": [{"ObjectOwnership": expected.ownership}]}
        put = aws_cli("s3api", "put-bucket-ownership-controls", bucket=deployed.name, ownership_controls=rules)
        yield (
            f"the object ownership of the bucket {deployed.name} is {deployed.ownership or 'gone'}, but the "
            f"template has {expected.ownership}, so ACLs are in effect; restore it: {put}"
        )


def _encryption(expected: BucketState, deployed: BucketState) -> Iterator[str]:
    if deployed.encryption != expected.encryption:
        rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": expected.encryption}]}
        put = aws_cli(
            "s3api",
            "put-bucket-encryption",
            bucket=deployed.name,
            server_side_encryption_configuration=rules,
        )
        encryption = compact_json(deployed.encryption) if deployed.encryption else "gone"
        yield (
            f"the default encryption of the bucket {deployed.name} is {encryption}, but the template has "
            f"{compact_json(expected.encryption)}; restore it: {put}"
        )


def _versioning(expected: BucketState, deployed: BucketState) -> Iterator[str]:
    # Versioning that was ever enabled can only be suspended, so suspended matches a template without versioning:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
    status = expected.versioning or "Suspended"
    if status != (deployed.versioning or "Suspended"):
        put = aws_cli(
            "s3api",
            "put-bucket-versioning",
            bucket=deployed.name,
            versioning_configuration=f"Status={status}",
        )
        yield (
            f"the versioning of the bucket {deployed.name} is {deployed.versioning or 'off'}, but the "
            f"template has {expected.versioning or 'off'}; restore it: {put}"
        )


BUCKET_CHECKS: Mapping[str, DriftCheck[BucketState]] = {
    "bucket.policy": DriftCheck("the bucket policy matches the template", _bucket_policy),
    "bucket.public_access_block": DriftCheck(
        "the bucket's public access block matches the template", _public_access_block
    ),
    "bucket.ownership": DriftCheck("the bucket's object ownership matches the template", _ownership),
    "bucket.encryption": DriftCheck("the bucket's default encryption matches the template", _encryption),
    "bucket.versioning": DriftCheck("the bucket's versioning matches the template", _versioning),
}


def _trust_policy(expected: RoleState, deployed: RoleState) -> Iterator[str]:
    if changes := document_differences(expected.trust, deployed.trust):
        # `cdk deploy` compares templates with each other, so it has nothing to deploy.
        put = aws_cli("iam", "update-assume-role-policy", role_name=deployed.name, policy_document=expected.trust)
        yield f"the trust policy of {deployed.name} {', and '.join(changes)}; restore it: {put}"


def _max_session_duration(expected: RoleState, deployed: RoleState) -> Iterator[str]:
    seconds = expected.max_session_duration
    if deployed.max_session_duration != seconds:
        put = aws_cli("iam", "update-role", role_name=deployed.name, max_session_duration=seconds)
        yield (
            f"the maximum session duration of {deployed.name} is {deployed.max_session_duration} s, "
            f"but the template has {seconds} s; restore it: {put}"
        )


def _tags(expected: RoleState, deployed: RoleState) -> Iterator[str]:
    for key in sorted(expected.tags.keys() | deployed.tags.keys()):
        expected_value, value = expected.tags.get(key), deployed.tags.get(key)
        if expected_value is None:
            remove = aws_cli("iam", "untag-role", role_name=deployed.name, tag_keys=key)
            yield f"{deployed.name} has the tag {key}, which isn't in the template; remove it: {remove}"
        elif value != expected_value:
            tag = {"Key": key, "Value": expected_value}
            put = aws_cli("iam", "tag-role", role_name=deployed.name, tags=[tag])
            hint = "another access.toml is deployed (run `cdk deploy`), or " if key == CONFIG_TAG else ""
            yield (
                f"the tag {key} of {deployed.name} is {value or 'missing'}, but the template has {expected_value}: "
                f"{hint}it was changed by hand; restore it: {put}"
            )


ROLE_CHECKS: Mapping[str, DriftCheck[RoleState]] = {
    "role.trust_policy": DriftCheck("temp-role's trust policy matches the template", _trust_policy),
    "role.max_session_duration": DriftCheck(
        "temp-role's maximum session duration matches the template", _max_session_duration
    ),
    "role.inline_policies": DriftCheck("temp-role's inline policies match the template", inline_policies),
    "role.attached_policies": DriftCheck("temp-role's managed policies match the template", attached_policies),
    "role.boundary": DriftCheck("temp-role's permissions boundary matches the template", boundary),
    "role.tags": DriftCheck("temp-role's temp-access tags match the template", _tags),
}


def _groups(expected: UserState, deployed: UserState) -> Iterator[str]:
    for group in sorted({*deployed.groups} - {*expected.groups}):
        remove = aws_cli("iam", "remove-user-from-group", user_name=deployed.name, group_name=group)
        yield (
            f"{deployed.name} is in the group {group} and has its policies, but the template has no such group; "
            f"remove it: {remove}"
        )
    for group in sorted({*expected.groups} - {*deployed.groups}):
        add = aws_cli("iam", "add-user-to-group", user_name=deployed.name, group_name=group)
        yield f"{deployed.name} isn't in the group {group}, which is in the template; add it: {add}"


USER_CHECKS: Mapping[str, DriftCheck[UserState]] = {
    "user.inline_policies": DriftCheck("temp-user's inline policies match the template", inline_policies),
    "user.attached_policies": DriftCheck("temp-user's managed policies match the template", attached_policies),
    "user.boundary": DriftCheck("temp-user's permissions boundary matches the template", boundary),
    "user.groups": DriftCheck("temp-user is in no groups other than the template's", _groups),
}
DRIFT_CHECKS: Mapping[str, str] = {
    **{aspect: check.title for aspect, check in USER_CHECKS.items()},
    **{aspect: check.title for aspect, check in ROLE_CHECKS.items()},
    **{aspect: check.title for aspect, check in BUCKET_CHECKS.items()},
}


def differences(
    aspect: str, expected: State, deployed: DeployedState, is_ignored: IsIgnored = lambda name, document: False
) -> tuple[str, ...]:
    """Return a line for each difference in one of DRIFT_CHECKS: the deployed value, the template's, how to undo it.

    The role's inline policies for which `is_ignored` returns true aren't compared.
    """
    if aspect in USER_CHECKS:
        lines = _lines(USER_CHECKS[aspect], expected.user, deployed.user, "user", expected.user.name)
    elif aspect in ROLE_CHECKS:
        role = _without_ignored(expected.role, deployed.role, is_ignored)
        lines = _lines(ROLE_CHECKS[aspect], expected.role, role, "role", expected.role.name)
    else:
        lines = _lines(BUCKET_CHECKS[aspect], expected.bucket, deployed.bucket, "bucket", expected.bucket.name)
    # Deployed values may contain line breaks and terminal control characters.
    return tuple(map(escape_control, lines))


def _without_ignored(expected: RoleState, deployed: RoleState | None, is_ignored: IsIgnored) -> RoleState | None:
    if deployed is None:
        return None
    permissions = deployed.permissions
    inline = {
        name: document
        for name, document in permissions.inline.items()
        if name in expected.permissions.inline or not is_ignored(name, document)
    }
    return replace(deployed, permissions=replace(permissions, inline=inline))


def _lines(check: DriftCheck[T], expected: T, deployed: T | None, kind: str, name: str) -> Iterable[str]:
    if deployed is not None:
        return check.compare(expected, deployed)
    # `cdk deploy` compares templates with each other, so it doesn't recreate a resource that was deleted by hand.
    # The stack with user and role imports the bucket, so the bucket's stack can't be destroyed alone.
    stacks = "--all" if kind == "bucket" else ACCESS
    return [f"the {kind} {name} doesn't exist; recreate it: cdk destroy {stacks} && cdk deploy --all"]
