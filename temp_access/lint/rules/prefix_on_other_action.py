"""A condition on s3:prefix applies to listings only; other actions don't carry that key, so it never allows them.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from collections.abc import Iterator

from temp_access.iam.statements import PREFIX_ACTIONS, StatementView
from temp_access.lint.actions import action_matches
from temp_access.lint.meaning.conditions import requires_key
from temp_access.lint.model import Violation


def check(statement: StatementView) -> Iterator[Violation]:
    """Yield each action that the condition never allows."""
    if not statement.allow or statement.not_action:
        return
    if not requires_key(statement.conditions, "s3:prefix"):
        return
    for action in statement.actions:
        if not any(action_matches(action, listing) for listing in PREFIX_ACTIONS) or action_matches(
            action, "s3:GetBucketLocation"
        ):
            yield Violation(
                action,
                f"{action} carries no s3:prefix, so this condition never allows it; move it to its own statement",
            )
