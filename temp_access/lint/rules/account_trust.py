"""A role trusts a whole account only with an external id or another condition.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
"""

import re
from collections.abc import Iterator

from temp_access.iam.statements import PolicyType, StatementView
from temp_access.lint.meaning.conditions import limits_any
from temp_access.lint.model import Violation

_ACCOUNT = re.compile(r"(?P<id>\d{12}|<AWS.AccountId>)|arn:[^:]+:iam::(?P<of_root>[^:]+):root")

_KEYS = ("aws:principalaccount", "aws:principalarn")
_NAMED_ACCOUNT = re.compile(r"(?:arn:[^:]+:(?:iam|sts)::)?(\d{12}|<AWS.AccountId>)(?=:|$)")


def check(statement: StatementView) -> Iterator[Violation]:
    """Yield each account that is trusted without a condition."""
    if statement.kind is not PolicyType.TRUST or not statement.allow:
        return
    for principal in statement.principal_names("AWS"):
        for account in _trusted_accounts(principal, statement):
            if not limits_any(statement.conditions, [account]):
                loose = " and ".join(each.text for each in statement.conditions)
                condition = f" ({loose} excludes none of them)" if loose else ""
                of_account = "the account" if principal != "*" else f"account {account}"
                yield Violation(
                    principal,
                    f"{principal} lets every principal of {of_account} assume the role, if its policies allow it"
                    f"{condition}; name one principal, or require sts:ExternalId",
                )


def _trusted_accounts(principal: str, statement: StatementView) -> Iterator[str]:
    """Yield the account that a principal is; of everyone, those that the conditions name."""
    if match := _ACCOUNT.fullmatch(principal):
        yield match["id"] or match["of_root"]
    elif principal == "*":
        values = [value for entry in statement.conditions if entry.lower_key in _KEYS for value in entry.values]
        accounts = [match[1] for value in values if (match := _NAMED_ACCOUNT.match(value))]
        yield from dict.fromkeys(accounts)
