"""The aspects of the bucket."""

from collections.abc import Iterator, Mapping

from temp_access.verify.state.aspect import DriftCheck
from temp_access.verify.state.commands import PUT_BACK, aws_cli, compact
from temp_access.verify.state.document_differences import document_differences
from temp_access.verify.state.model import BucketState


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
