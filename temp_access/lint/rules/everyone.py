"""An Allow for every principal has a condition on who is calling or from where.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from collections.abc import Iterator

from temp_access.iam.statements import PolicyType, StatementView
from temp_access.lint.meaning.public import limits_callers, loose_conditions
from temp_access.lint.model import Violation

# An AWS service that calls on somebody's behalf has no organization of its own.
_ADVICE = (
    "name the principals, or require a fixed value: aws:PrincipalOrgID for callers, aws:SourceAccount or aws:SourceArn "
    "for AWS services"
)


def check(statement: StatementView) -> Iterator[Violation]:
    """Yield `NotPrincipal` and the principal `*`."""
    if not statement.allow or statement.kind is PolicyType.IDENTITY or limits_callers(statement.conditions):
        return
    if statement.not_principal:
        yield Violation("NotPrincipal", "Allow with NotPrincipal allows all others, even anonymous ones; use Principal")
    elif "*" in statement.principal_names("AWS"):
        loose = " and ".join(loose_conditions(statement.conditions))
        why = f" ({loose} limits no callers: a value isn't fixed, or the key may be absent)" if loose else ""
        yield Violation("*", f'Principal "*" allows every caller{why}; {_ADVICE}')
