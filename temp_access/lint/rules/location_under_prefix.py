"""GetBucketLocation isn't under a prefix condition, which its request never carries.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from collections.abc import Iterator

from temp_access.lint.model import Statement


def check(statement: Statement) -> Iterator[str]:
    """Yield a message for each fault."""
    keys = {key.lower() for _, key, _ in statement.conditions}
    if statement.allow and "s3:prefix" in keys and "s3:GetBucketLocation" in statement.actions:
        yield "s3:GetBucketLocation has no s3:prefix, so this never allows it; give it a statement of its own"
