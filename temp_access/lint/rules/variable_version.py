"""Policy variables need Version 2012-10-17; elsewhere they are plain text.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from collections.abc import Iterator

from temp_access.lint.model import Statement


def check(statement: Statement) -> Iterator[str]:
    """Yield a message for each fault."""
    if statement.version == "2012-10-17":
        return
    values = [value for _, _, found in statement.conditions for value in found]
    for value in (*statement.resources, *values):
        if "${" in value:
            yield f"{value} is plain text under this Version; write 2012-10-17"
