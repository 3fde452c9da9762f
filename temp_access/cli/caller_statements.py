"""The statements that borrowers need in policies of their own, because a trust policy names only their account."""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from temp_access.config.borrower import Borrower, BorrowerKind
from temp_access.config.model import Config, Grant
from temp_access.iam.arn import iam_arn
from temp_access.policies.borrower_trust import caller_statement
from temp_access.policies.role_names import grant_role_resource


@dataclass(frozen=True, slots=True)
class CallerStatement:
    """What the policy of `holder`, a permission set or a principal of another account, must allow for these grants."""

    holder: str
    grants: tuple[str, ...]
    statement: dict[str, Any]

    @property
    def as_json(self) -> dict[str, Any]:
        """The statement with what it is for."""
        return {"holder": self.holder, "grants": list(self.grants), "statement": self.statement}


def caller_statements(
    config: Config, account: str, partition: str, grants: Iterable[Grant] | None = None
) -> list[CallerStatement]:
    """Return one statement for each permission set and each principal of another account that `grants` name.

    `grants` None means all of them; `account` is the one of the roles.
    """
    found: dict[str, CallerStatement] = {}
    for grant in config.own_role_grants.values() if grants is None else grants:
        role = iam_arn(partition, account, grant_role_resource(config.role, grant.id))
        for borrower in grant.borrowers:
            statement = caller_statement(borrower, config, role)
            if statement is None:
                continue
            holder = _holder(borrower, partition)
            earlier = found.get(holder)
            # A permission set can be named several times, with a username each.
            if earlier and grant.id in earlier.grants:
                continue
            roles = _list(earlier.statement["Resource"]) if earlier else []
            statement["Resource"] = [*roles, role] if roles else role
            found[holder] = CallerStatement(holder, (*(earlier.grants if earlier else ()), grant.id), statement)
    return list(found.values())


def print_caller_statements(
    config: Config, account: str, partition: str, grants: Iterable[Grant] | None = None
) -> None:
    """Print the statements of `caller_statements` to standard error, each with what it belongs to."""
    for each in caller_statements(config, account, partition, grants):
        policy = json.dumps(each.statement, indent=2, ensure_ascii=False)
        names = ", ".join(each.grants)
        print(
            f"note: {each.holder} needs this statement in its own policy, because the trust policy names only its "
            f"account (grants: {names}):\n{policy}",
            file=sys.stderr,
        )


def _holder(borrower: Borrower, partition: str) -> str:
    if borrower.kind is BorrowerKind.SSO:
        return f"the permission set {borrower.name}"
    return iam_arn(partition, str(borrower.account), borrower.resource)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
