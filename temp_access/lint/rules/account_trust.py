"""A role trusts a whole account only with an external id or another condition.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
"""

import re
from collections.abc import Iterator

from temp_access.iam.statements import PolicyType, StatementView
from temp_access.lint.meaning.conditions import limits_any
from temp_access.lint.model import Violation

_ACCOUNT = re.compile(r"(?P<id>\d{12}|<AWS.AccountId>)|arn:[^:]+:iam::(?P<of_root>[^:]+):root")


def check(statement: StatementView) -> Iterator[Violation]:
    """Yield each account that is trusted without a condition."""
    if statement.kind is not PolicyType.TRUST or not statement.allow:
        return
    for principal in statement.principal_names("AWS"):
        match = _ACCOUNT.fullmatch(principal)
        if match and not limits_any(statement.conditions, [match["id"] or match["of_root"]]):
            loose = " and ".join(each.text for each in statement.conditions)
            condition = f" ({loose} excludes none of them)" if loose else ""
            yield Violation(
                principal,
                f"{principal} lets every principal of the account assume the role, if its policies allow it"
                f"{condition}; name one principal, or require sts:ExternalId",
            )
