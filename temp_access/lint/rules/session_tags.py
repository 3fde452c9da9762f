"""Only named principals may set the tags of their sessions, or everybody only certain ones.

Policies that compare `aws:PrincipalTag` trust whoever may call sts:TagSession.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required
"""

import re
from collections.abc import Iterator

from temp_access.iam.statements import ConditionEntry, PolicyType, StatementView
from temp_access.lint.actions import named_actions
from temp_access.lint.meaning.conditions import has_pattern_values, is_negated, limits, limits_any
from temp_access.lint.meaning.patterns import is_catch_all
from temp_access.lint.model import Violation

_ACTION = "sts:TagSession"
_TAG_KEYS = ("aws:tagkeys", "sts:transitivetagkeys")
# Those that name principals, not whole accounts or organizations.
_PRINCIPAL_KEYS = ("aws:principalarn", "aws:userid", "aws:username")
_ACCOUNT = re.compile(r"(?P<id>\d{12})|arn:[^:]+:iam::(?P<of_root>\d{12}):root")


def check(statement: StatementView) -> Iterator[Violation]:
    """Yield each principal that stands for everybody, or for a whole account, and may set any tag."""
    if statement.kind is not PolicyType.TRUST or not statement.allow:
        return
    if not any(named_actions(statement, [_ACTION])) or any(map(_is_on_tags, statement.conditions)):
        return
    for name in _open_principals(statement):
        yield Violation(
            name,
            f"{_ACTION} lets {'everybody' if name in ('*', 'NotPrincipal') else f'every principal of {name}'} set any "
            "tag of its session, and so meet any condition on aws:PrincipalTag; name the principals, or the tags by "
            "aws:TagKeys and aws:RequestTag",
        )


def _open_principals(statement: StatementView) -> Iterator[str]:
    named = any(limits(statement.conditions, key) for key in _PRINCIPAL_KEYS)
    if statement.not_principal:
        if not named:
            yield "NotPrincipal"
        return
    for type_, name in statement.principals:
        match = _ACCOUNT.fullmatch(name) if type_ == "AWS" else None
        account = match and (match["id"] or match["of_root"])
        if (name == "*" and not named) or (account and not limits_any(statement.conditions, [account])):
            yield name


def _is_on_tags(entry: ConditionEntry) -> bool:
    """Whether a condition names tags or their values."""
    if entry.lower_key not in _TAG_KEYS and not entry.lower_key.startswith("aws:requesttag/"):
        return False
    return not is_negated(entry) and not (has_pattern_values(entry) and any(map(is_catch_all, entry.values)))
