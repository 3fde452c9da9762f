"""A role doesn't trust a whole account without a condition.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
"""

import re
from collections.abc import Iterator

from temp_access.lint.model import Statement

_ACCOUNT = re.compile(r"(?:\d{12}|<AWS.AccountId>)|arn:[^:]+:iam::[^:]+:root")


def check(statement: Statement) -> Iterator[str]:
    """Yield a message for each fault."""
    if statement.trust and statement.allow and not statement.conditions:
        for principal in filter(_ACCOUNT.fullmatch, statement.principals):
            yield f"{principal} lets a whole account assume the role; ask for sts:ExternalId or another condition"
