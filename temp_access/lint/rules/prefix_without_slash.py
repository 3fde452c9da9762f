"""A prefix ends with a slash, so that bob's isn't bobby's too.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-prefixes.html
"""

import re
from collections.abc import Iterator

from temp_access.lint.model import Statement

_OPEN = re.compile(r".*[^/*]\*")
_OPEN_KEY = re.compile(r"(?:arn:[^:]+:s3:::[^/]+|<[^<>]+>)/.*[^/*]\*")


def check(statement: Statement) -> Iterator[str]:
    """Yield a message for each fault."""
    if not statement.allow:
        return
    for _, key, values in statement.conditions:
        for value in values if key.lower() == "s3:prefix" else ():
            if _OPEN.fullmatch(value) or (value and not value.endswith(("/", "*"))):
                yield f"s3:prefix {value} also fits longer names or no folder; end it with / or /*"
    for resource in filter(_OPEN_KEY.fullmatch, statement.resources):
        yield f"{resource} also fits longer names; put a / before the *"
