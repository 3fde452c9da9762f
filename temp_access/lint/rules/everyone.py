"""An Allow for everybody has a condition.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from collections.abc import Iterator

from temp_access.lint.model import Statement


def check(statement: Statement) -> Iterator[str]:
    """Yield a message for each fault."""
    if statement.allow and "*" in statement.principals and not statement.conditions:
        yield 'Principal "*" is allowed without a condition; name the principals'
