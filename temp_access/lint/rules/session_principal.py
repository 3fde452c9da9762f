"""A policy names a role, not one of its sessions, whose name the caller chooses.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from collections.abc import Iterator

from temp_access.lint.model import Statement


def check(statement: Statement) -> Iterator[str]:
    """Yield a message for each fault."""
    for principal in statement.principals:
        if ":assumed-role/" in principal:
            yield f"{principal} is a session, which whoever may assume the role can name; name the role"
