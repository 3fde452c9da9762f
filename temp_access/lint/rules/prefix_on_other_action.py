"""Only listings stand under a prefix condition: GetBucketLocation and the others carry no prefix, so it denies them.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from collections.abc import Iterator

from temp_access.lint.model import Fault, Statement
from temp_access.lint.names import matches
from temp_access.lint.rules.list_without_prefix import LISTING


def check(statement: Statement) -> Iterator[Fault]:
    """Yield each action that the prefix condition never lets through."""
    if not statement.allow or statement.not_action:
        return
    if not any(condition.key == "s3:prefix" and condition.asks for condition in statement.conditions):
        return
    for action in statement.actions:
        if not any(matches(action, listing) for listing in LISTING) or matches(action, "s3:GetBucketLocation"):
            yield Fault(
                action,
                f"{action} carries no s3:prefix, so this condition keeps it denied; give it a statement of its own",
            )
