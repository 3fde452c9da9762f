"""An Allow for every principal has a condition on who is calling or from where.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from collections.abc import Iterator

from temp_access.iam.statements import ConditionEntry, PolicyType, StatementView
from temp_access.lint.model import Violation

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
_NAMES = """
aws:principalaccount aws:principalarn aws:principalorgid aws:principalorgpaths aws:principalservicename
aws:principalservicenameslist aws:sourceaccount aws:sourcearn aws:sourceip aws:sourceorgid aws:sourceorgpaths
aws:sourcevpc aws:sourcevpcarn aws:sourcevpce aws:userid aws:username aws:vpceaccount aws:vpceorgid
aws:vpceorgpaths kms:calleraccount s3:dataaccesspointaccount s3:dataaccesspointarn sts:externalid
"""
_CALLER_KEYS = frozenset(_NAMES.split())


def check(statement: StatementView) -> Iterator[Violation]:
    """Yield `NotPrincipal` and the principal `*`."""
    if not statement.allow or statement.kind is PolicyType.IDENTITY or any(map(_limits_callers, statement.conditions)):
        return
    if statement.not_principal:
        yield Violation("NotPrincipal", "Allow with NotPrincipal allows all others, even anonymous ones; use Principal")
    elif "*" in statement.principal_names("AWS"):
        yield Violation("*", 'Principal "*" allows every caller; name the principals, or require aws:PrincipalOrgID')


def _limits_callers(condition: ConditionEntry) -> bool:
    key = condition.lower_key
    return condition.is_restrictive and (key in _CALLER_KEYS or key.startswith("aws:principaltag/"))
