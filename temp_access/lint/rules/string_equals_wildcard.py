"""StringEquals has no wildcards: in its values, * and ? are plain characters.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import re
from collections.abc import Iterator

from temp_access.iam.statements import StatementView
from temp_access.lint.meaning.conditions import is_negated, operator_name
from temp_access.lint.model import Violation

_ESCAPED = re.compile(r"\$\{[^{}]*\}")


def check(statement: StatementView) -> Iterator[Violation]:
    """Yield each value with `*` or `?` in it."""
    for condition in statement.conditions:
        if operator_name(condition).startswith(("stringequals", "stringnotequals")):
            like = "StringNotLike" if is_negated(condition) else "StringLike"
            for value in condition.values:
                if re.search(r"[*?]", _ESCAPED.sub("", value)):
                    message = f"{condition.operator} compares {condition.lower_key} with {value} literally; use {like}"
                    yield Violation(f"{condition.lower_key}={value}", message)
