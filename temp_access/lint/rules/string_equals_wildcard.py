"""StringEquals has no wildcards: there * and ? are plain characters.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import re
from collections.abc import Iterator

from temp_access.lint.model import Statement

_ESCAPED = re.compile(r"\$\{[^{}]*\}")


def check(statement: Statement) -> Iterator[str]:
    """Yield a message for each fault."""
    for operator, key, values in statement.conditions:
        if operator.split(":")[-1].startswith(("StringEquals", "StringNotEquals")):
            for value in values:
                if re.search(r"[*?]", _ESCAPED.sub("", value)):
                    yield f"{operator} {key} takes {value} literally; use StringLike or StringNotLike"
