"""A role trusts a service that says on whose behalf it calls only for calls on behalf of one's own accounts.

https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html#cross-service-confused-deputy-prevention
"""

import re
from collections.abc import Iterator, Sequence

from temp_access.iam.service_principals import source_keys
from temp_access.iam.statements import ConditionEntry, PolicyType, StatementView
from temp_access.lint.actions import named_actions
from temp_access.lint.meaning.conditions import may_limit
from temp_access.lint.meaning.public import limits_callers
from temp_access.lint.model import Violation

_KEYS = ("aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths")
_ARN = "aws:sourcearn"
# The ARN of a bucket has no account, and somebody else can own that bucket one day.
_ARN_WITH_ACCOUNT = re.compile(r"<[^<>]*>|arn:[^:]*:[^:]*:[^:]*:(?:\d{12}|<[^<>]*>|\$\{[^{}]*\}):.*|[^:]*<[^<>]*>.*")
_KNOWN = {"<AWS.URLSuffix>": "amazonaws.com", "<AWS.Region>": "us-east-1"}


def check(statement: StatementView) -> Iterator[Violation]:
    """Yield each service that sends the account it acts for, if no condition requires one."""
    if statement.kind is not PolicyType.TRUST or not statement.allow or statement.not_principal:
        return
    if not any(named_actions(statement, ["sts:AssumeRole"])) or _is_bound(statement.conditions):
        return
    for service in statement.principal_names("Service"):
        name = service
        for reference, value in _KNOWN.items():
            name = name.replace(reference, value)
        if keys := source_keys(name):
            yield Violation(
                service,
                f"{service} can be made to assume the role on behalf of other accounts; require {keys[0]}, "
                "which the service sends, in a statement of its own",
                "warning",
            )


def _is_bound(conditions: Sequence[ConditionEntry]) -> bool:
    if any(map(may_limit, conditions)):
        return True
    if limits_callers([each for each in conditions if each.lower_key in _KEYS]):
        return True
    arns = [each for each in conditions if each.lower_key == _ARN]
    return limits_callers(arns) and any(all(map(_ARN_WITH_ACCOUNT.fullmatch, each.values)) for each in arns)
