"""Drift of the bucket, with the aws command that undoes each difference."""

from collections.abc import Iterator, Mapping

from temp_access.deployment.drift_check import DriftCheck
from temp_access.deployment.policy_drift import aws_cli, compact_json
from temp_access.deployment.state import BucketState
from temp_access.iam.diff import document_differences


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
