"""An Allow to list a bucket or an access point has a condition on s3:prefix.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/walkthrough1.html
"""

from collections.abc import Iterator

from temp_access.iam.statements import PREFIX_ACTIONS, ConditionEntry, PolicyType, StatementView
from temp_access.lint.actions import named_actions
from temp_access.lint.meaning.conditions import limits_listing
from temp_access.lint.meaning.public import limits_callers
from temp_access.lint.model import Violation
from temp_access.lint.s3_resources import may_be_bucket, s3_path

_LISTINGS = (*PREFIX_ACTIONS, *(each.replace("s3:", "s3-outposts:") for each in PREFIX_ACTIONS))


def check(statement: StatementView) -> Iterator[Violation]:
    """Yield each action that can list the whole bucket."""
    if not statement.allow or statement.kind is PolicyType.TRUST or limits_listing(statement.conditions):
        return
    if statement.kind is PolicyType.RESOURCE and _is_delegated(statement):
        return
    if statement.not_resource or any(_may_list(statement, resource) for resource in statement.resources):
        prefixes = [each for each in statement.conditions if each.lower_key.endswith(":prefix")]
        for action in named_actions(statement, _LISTINGS):
            yield Violation(action, f"{action} lists the names of all objects; {_advice(prefixes)}")


def _may_list(statement: StatementView, resource: str) -> bool:
    # `*` in the policy of a key or a queue is that key or queue.
    return may_be_bucket(resource) and (statement.kind is not PolicyType.RESOURCE or s3_path(resource) is not None)


def _advice(conditions: list[ConditionEntry]) -> str:
    if any("" in each.values for each in conditions):
        return 'an empty s3:prefix is no prefix, so require s3:delimiter "/" as well, which lists the top folders only'
    if conditions:
        met = " and ".join(each.text for each in conditions)
        return f"{met} holds without a prefix, or for every prefix; require StringLike s3:prefix FOLDER/*"
    return "add a condition such as StringLike s3:prefix FOLDER/*"


def _is_delegated(statement: StatementView) -> bool:
    # The access points' own policies decide, and the rules read them.
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html#access-points-delegating-control
    return limits_callers([each for each in statement.conditions if each.lower_key.startswith("s3:dataaccesspoint")])
