"""A role doesn't trust a whole account without an external id or another condition.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
"""

import re
from collections.abc import Iterator

from temp_access.lint.model import Fault, Kind, Statement

_ACCOUNT = re.compile(r"(?:\d{12}|<AWS.AccountId>)|arn:[^:]+:iam::[^:]+:root")


def check(statement: Statement) -> Iterator[Fault]:
    """Yield each whole account that may assume the role."""
    if statement.kind is not Kind.TRUST or not statement.allow or any(c.narrows for c in statement.conditions):
        return
    for principal in filter(_ACCOUNT.fullmatch, statement.principals):
        yield Fault(
            principal,
            f"{principal} lets a whole account assume the role; name the principal, or ask for sts:ExternalId",
        )
