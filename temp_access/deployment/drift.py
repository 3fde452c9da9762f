"""Drift checks of user, role and bucket."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from temp_access.deployment.policy_drift import PUT_BACK, attached_policies, aws_cli, boundary, compact, inline_policies
from temp_access.deployment.stacks import ACCESS
from temp_access.deployment.state import BucketState, Deployed, RoleState, State, UserState
from temp_access.iam.diff import document_differences
from temp_access.policies.role_policy import CONFIG_TAG
from temp_access.terminal_text import escape_control

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DriftCheck(Generic[T]):
    """A title that holds when there is no difference, and what yields a line for each difference.

    `compare` takes what is expected and what is deployed, in this order.
    """

    title: str
    compare: Callable[[T, T], Iterable[str]]


def _policy(expected: BucketState, deployed: BucketState) -> Iterator[str]:
    wanted, there = expected.policy, deployed.policy
    if wanted is None:
        if there is not None:
            remove = aws_cli("s3api", "delete-bucket-policy", bucket=deployed.name)
            yield f"the bucket {deployed.name} has a policy, and the template has none; remove it: {remove}"
        return
    put = aws_cli("s3api", "put-bucket-policy", bucket=deployed.name, policy=wanted)
    if there is None:
        yield f"the policy of the bucket {deployed.name} is gone; {PUT_BACK}: {put}"
    elif found := document_differences(wanted, there):
        yield f"the policy of the bucket {deployed.name} {', and '.join(found)}; {PUT_BACK}: {put}"


def _public_access_block(expected: BucketState, deployed: BucketState) -> Iterator[str]:
    wanted, there = expected.public_access_block or {}, deployed.public_access_block
    if there == wanted:
        return
    flags = ",".join(f"{flag}={'true' if on else 'false'}" for flag, on in wanted.items())
    put = aws_cli("s3api", "put-public-access-block", bucket=deployed.name, public_access_block_configuration=flags)
    changed = [f"has {flag} {'on' if on else 'off'}" for flag, on in (there or {}).items() if wanted[flag] != on]
    yield (
        f"the public access block of the bucket {deployed.name} {', '.join(changed) or 'is gone'}; {PUT_BACK}: {put}"
    )


def _ownership(expected: BucketState, deployed: BucketState) -> Iterator[str]:
    if deployed.ownership != expected.ownership:
        rules = {"Rules": [{"ObjectOwnership": expected.ownership}]}
        put = aws_cli("s3api", "put-bucket-ownership-controls", bucket=deployed.name, ownership_controls=rules)
        yield (
            f"the object ownership of the bucket {deployed.name} is {deployed.ownership or 'gone'}, and the "
            f"template's is {expected.ownership}, so ACLs count; {PUT_BACK}: {put}"
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
        there = compact(deployed.encryption) if deployed.encryption else "gone"
        yield (
            f"the default encryption of the bucket {deployed.name} is {there}, and the template's is "
            f"{compact(expected.encryption)}; {PUT_BACK}: {put}"
        )


def _versioning(expected: BucketState, deployed: BucketState) -> Iterator[str]:
    # Versioning that was ever on can only be suspended; a template without it is content with that:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
    wanted, there = expected.versioning or "Suspended", deployed.versioning or "Suspended"
    if wanted != there:
        put = aws_cli(
            "s3api",
            "put-bucket-versioning",
            bucket=deployed.name,
            versioning_configuration=f"Status={wanted}",
        )
        yield (
            f"the versioning of the bucket {deployed.name} is {deployed.versioning or 'off'}, and the "
            f"template's is {expected.versioning or 'off'}; {PUT_BACK}: {put}"
        )


BUCKET_CHECKS: Mapping[str, DriftCheck[BucketState]] = {
    "bucket.policy": DriftCheck("the bucket's policy is the template's", _policy),
    "bucket.public_access_block": DriftCheck(
        "the bucket's public access block is the template's", _public_access_block
    ),
    "bucket.ownership": DriftCheck("the bucket's object ownership is the template's", _ownership),
    "bucket.encryption": DriftCheck("the bucket's default encryption is the template's", _encryption),
    "bucket.versioning": DriftCheck("the bucket's versioning is the template's", _versioning),
}


def _trust(expected: RoleState, deployed: RoleState) -> Iterator[str]:
    if found := document_differences(expected.trust, deployed.trust):
        # `cdk deploy` compares templates and would find nothing to do.
        put = aws_cli("iam", "update-assume-role-policy", role_name=deployed.name, policy_document=expected.trust)
        yield f"the trust policy of {deployed.name} {', and '.join(found)}; {PUT_BACK}: {put}"


def _duration(expected: RoleState, deployed: RoleState) -> Iterator[str]:
    wanted = expected.max_session_duration
    if deployed.max_session_duration != wanted:
        put = aws_cli("iam", "update-role", role_name=deployed.name, max_session_duration=wanted)
        yield (
            f"the maximum session duration of {deployed.name} is {deployed.max_session_duration} s, "
            f"and the template's is {wanted} s; {PUT_BACK}: {put}"
        )


def _tags(expected: RoleState, deployed: RoleState) -> Iterator[str]:
    for key in sorted(expected.tags.keys() | deployed.tags.keys()):
        wanted, there = expected.tags.get(key), deployed.tags.get(key)
        if wanted is None:
            remove = aws_cli("iam", "untag-role", role_name=deployed.name, tag_keys=key)
            yield f"{deployed.name} has the tag {key}, which isn't in the template; remove it: {remove}"
        elif wanted != there:
            tag = {"Key": key, "Value": wanted}
            put = aws_cli("iam", "tag-role", role_name=deployed.name, tags=[tag])
            hint = "another access.toml is deployed (run `cdk deploy`), or " if key == CONFIG_TAG else ""
            yield (
                f"the tag {key} of {deployed.name} is {there or 'missing'}, and the template's is {wanted}: "
                f"{hint}it was changed by hand; {PUT_BACK}: {put}"
            )


ROLE_CHECKS: Mapping[str, DriftCheck[RoleState]] = {
    "role.trust_policy": DriftCheck("temp-role's trust policy is the template's", _trust),
    "role.max_session_duration": DriftCheck("temp-role's maximum session duration is the template's", _duration),
    "role.inline_policies": DriftCheck("temp-role's inline policies are the template's", inline_policies),
    "role.attached_policies": DriftCheck("temp-role's managed policies are the template's", attached_policies),
    "role.boundary": DriftCheck("temp-role's permissions boundary is the template's", boundary),
    "role.tags": DriftCheck("temp-role's temp-access tags are the template's", _tags),
}


def _groups(expected: UserState, deployed: UserState) -> Iterator[str]:
    for group in sorted({*deployed.groups} - {*expected.groups}):
        remove = aws_cli("iam", "remove-user-from-group", user_name=deployed.name, group_name=group)
        yield (
            f"{deployed.name} is in the group {group}, whose policies it has, and isn't in the template; "
            f"take it out: {remove}"
        )
    for group in sorted({*expected.groups} - {*deployed.groups}):
        add = aws_cli("iam", "add-user-to-group", user_name=deployed.name, group_name=group)
        yield f"{deployed.name} isn't in the group {group} as in the template; put it in: {add}"


USER_CHECKS: Mapping[str, DriftCheck[UserState]] = {
    "user.inline_policies": DriftCheck("temp-user's inline policies are the template's", inline_policies),
    "user.attached_policies": DriftCheck("temp-user's managed policies are the template's", attached_policies),
    "user.boundary": DriftCheck("temp-user's permissions boundary is the template's", boundary),
    "user.groups": DriftCheck("temp-user is in the template's groups alone", _groups),
}
DRIFT_CHECKS: Mapping[str, str] = {
    **{key: aspect.title for key, aspect in USER_CHECKS.items()},
    **{key: aspect.title for key, aspect in ROLE_CHECKS.items()},
    **{key: aspect.title for key, aspect in BUCKET_CHECKS.items()},
}
# `cdk deploy` compares templates, and doesn't see that something it made was deleted.
_MAKE_AGAIN = "doesn't exist; make it again: cdk destroy {} && cdk deploy --all"


def differences(aspect: str, expected: State, deployed: Deployed) -> tuple[str, ...]:
    """Return a line for each difference in one of ASPECTS: what is there, what should be, how to undo it."""
    if aspect in USER_CHECKS:
        found = _found(USER_CHECKS[aspect], expected.user, deployed.user, "user", expected.user.name)
    elif aspect in ROLE_CHECKS:
        found = _found(ROLE_CHECKS[aspect], expected.role, deployed.role, "role", expected.role.name)
    else:
        found = _found(BUCKET_CHECKS[aspect], expected.bucket, deployed.bucket, "bucket", expected.bucket.name)
    # What is deployed may hold line breaks and terminal control characters.
    return tuple(map(escape_control, found))


def _found(aspect: DriftCheck[T], expected: T, deployed: T | None, kind: str, name: str) -> Iterable[str]:
    if deployed is not None:
        return aspect.compare(expected, deployed)
    # The stack with the user and role imports the bucket, so the bucket's can't go alone.
    return [f"the {kind} {name} {_MAKE_AGAIN.format('--all' if kind == 'bucket' else ACCESS)}"]
