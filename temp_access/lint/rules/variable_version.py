"""A policy with variables has Version 2012-10-17; with another Version or none, they are plain text.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from collections.abc import Iterator

from temp_access.iam.statements import StatementView
from temp_access.lint.model import Violation


def check(statement: StatementView) -> Iterator[Violation]:
    """Yield each value that has a variable."""
    if statement.version == "2012-10-17":
        return
    values = [value for condition in statement.conditions for value in condition.values]
    for value in (*statement.resources, *values):
        if "${" in value:
            yield Violation(value, f'{value} is plain text with this Version; write "Version": "2012-10-17"')
