"""An Allow to list a bucket has a condition on s3:prefix.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/walkthrough1.html
"""

from collections.abc import Iterator

from temp_access.iam.statements import PREFIX_ACTIONS, ConditionEntry, PolicyType, StatementView
from temp_access.lint.actions import may_be_bucket, named_actions
from temp_access.lint.model import Violation


def check(statement: StatementView) -> Iterator[Violation]:
    """Yield each action that can list the whole bucket."""
    if not statement.allow or statement.kind is PolicyType.TRUST or any(map(_limits_prefix, statement.conditions)):
        return
    if statement.not_resource or any(map(may_be_bucket, statement.resources)):
        for action in named_actions(statement, PREFIX_ACTIONS):
            yield Violation(action, f"{action} lists the names of all objects; add a condition on s3:prefix")


def _limits_prefix(condition: ConditionEntry) -> bool:
    return condition.lower_key == "s3:prefix" and condition.is_restrictive
