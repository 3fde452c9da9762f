"""A prefix ends with a slash; without it, the prefix of bob's folder also matches bobby's.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-prefixes.html
"""

import re
from collections.abc import Iterator

from temp_access.iam.statements import ConditionEntry, PolicyType, StatementView
from temp_access.lint.meaning.conditions import has_pattern_values, is_negated, operator_name
from temp_access.lint.model import Violation
from temp_access.lint.s3_resources import s3_path


def check(statement: StatementView) -> Iterator[Violation]:
    """Yield each prefix, and each pattern of object ARNs, that also matches longer names."""
    if statement.kind is PolicyType.TRUST:
        return
    for condition in statement.conditions:
        if _allows_prefixes(statement, condition):
            for value in filter(_is_open, condition.values):
                end = "/ or /*" if has_pattern_values(condition) else "/"
                yield Violation(value, f"s3:prefix {value} also matches longer names; end it with {end}")
    if statement.allow is not statement.not_resource and _has_s3_action(statement):
        for resource in filter(_is_open_arn, statement.resources):
            path = s3_path(resource)
            in_bucket = path is not None and path[1] is not None
            advice = (
                "write a / before the *" if in_bucket else "name the bucket (with /* for its objects), or end with -*"
            )
            yield Violation(resource, f"{resource} also matches longer names; {advice}")


def _allows_prefixes(statement: StatementView, condition: ConditionEntry) -> bool:
    # A Deny for all prefixes but some allows those.
    is_compared = condition.lower_key.endswith(":prefix") and operator_name(condition) != "null"
    return is_compared and statement.allow is not is_negated(condition)


def _is_open(prefix: str) -> bool:
    return not _stem(prefix).endswith("/") and _stem(prefix) != ""


def _is_open_arn(resource: str) -> bool:
    path = s3_path(resource)
    if path is None or resource == _stem(resource):
        return False
    if path[1] is not None:
        return _is_open(path[1])
    # A pattern of buckets such as logs-* is intended.
    return re.search(r"[\w>]$", _stem(path[0])) is not None


def _stem(pattern: str) -> str:
    # The escapes ${*} and ${?} end with a brace, so they are kept.
    return pattern.rstrip("*?")


def _has_s3_action(statement: StatementView) -> bool:
    return any(action == "*" or action.lower().startswith("s3:") for action in statement.actions)
