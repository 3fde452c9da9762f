"""A role trusts a whole account only with an external id or another condition.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
"""

import re
from collections.abc import Iterator

from temp_access.iam.statements import PolicyType, StatementView
from temp_access.lint.model import Violation

_ACCOUNT = re.compile(r"(?:\d{12}|<AWS.AccountId>)|arn:[^:]+:iam::[^:]+:root")


def check(statement: StatementView) -> Iterator[Violation]:
    """Yield each account that is trusted without a condition."""
    if (
        statement.kind is not PolicyType.TRUST
        or not statement.allow
        or any(c.is_restrictive for c in statement.conditions)
    ):
        return
    for principal in filter(_ACCOUNT.fullmatch, statement.principal_names("AWS")):
        yield Violation(
            principal,
            f"{principal} lets the whole account assume the role; name one principal, or require sts:ExternalId",
        )
