"""A policy allows a role, not a session, which would not be limited by its session policy and boundary.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

import re
from collections.abc import Iterator

from temp_access.iam.statements import StatementView
from temp_access.lint.model import Violation

_SESSION = re.compile(r"arn:[^:]+:sts:[^:]*:[^:]*:(?:assumed-role|federated-user)/.*", re.DOTALL)


def check(statement: StatementView) -> Iterator[Violation]:
    """Yield each session that an Allow names."""
    if not statement.allow or statement.not_principal:
        return
    for principal in filter(_SESSION.fullmatch, statement.principal_names("AWS")):
        yield Violation(
            principal,
            f"{principal} is a session, and its session policy and boundary don't limit this access; name the role",
        )
