"""Which borrower of a grant a caller is, and how messages name a grant's borrowers."""

import re
from collections.abc import Mapping
from typing import Any

from temp_access.aws.identity import ClientIdentity
from temp_access.aws.web_identity import TokenHolder
from temp_access.config.borrower import Borrower, BorrowerKind, IdentityProvider
from temp_access.config.model import Config, Grant
from temp_access.iam.arn import Arn

_SHOWN = 8


def borrower_of(grant: Grant, caller_arn: str, account: str) -> Borrower | None:
    """Return the borrower of the grant that the caller is, None if it is none; `account` is the role's own.

    The ARN of a role session has the role's name without its path.
    """
    try:
        caller = Arn.parse(caller_arn)
    except ValueError:
        return None
    return next((each for each in grant.borrowers if _is(each, caller, account)), None)


def token_borrower_of(
    grant: Grant, providers: Mapping[str, IdentityProvider], claims: Mapping[str, Any]
) -> Borrower | None:
    """Return the borrower of the grant that a token with these claims is, None if it is none."""
    issuer, subject = str(claims.get("iss", "")).removeprefix("https://"), str(claims.get("sub", ""))
    for each in grant.borrowers:
        if each.kind is BorrowerKind.OIDC and providers[each.name].host == issuer:
            pattern = ".*".join(map(re.escape, str(each.detail).split("*")))
            if re.fullmatch(pattern, subject, re.DOTALL):
                return each
    return None


def describe_borrowers(grant: Grant) -> str:
    """Return the grant's borrowers, as access.toml names them."""
    names = [each.text for each in grant.borrowers]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def borrowed_by(config: Config, identity: ClientIdentity, caller_arn: str, account: str | None) -> list[Grant]:
    """Return the grants of which the caller is a borrower; `account` is the roles', None for the caller's own."""
    grants = config.own_role_grants.values()
    if isinstance(identity, TokenHolder):
        claims = identity.claims
        return [grant for grant in grants if token_borrower_of(grant, config.identity_providers, claims)]
    own = account or Arn.parse(caller_arn).account
    return [grant for grant in grants if borrower_of(grant, caller_arn, own)]


def _is(borrower: Borrower, caller: Arn, account: str) -> bool:
    if caller.account != (borrower.account or account):
        return False
    if borrower.kind is BorrowerKind.USER:
        return caller.service == "iam" and caller.resource == borrower.resource
    kind, _, session = caller.resource.partition("/")
    role, _, name = session.partition("/")
    if caller.service != "sts" or kind != "assumed-role":
        return False
    if borrower.kind is BorrowerKind.ROLE:
        return role == borrower.name.rpartition("/")[2]
    if borrower.kind is BorrowerKind.SSO:
        is_set = re.fullmatch(rf"AWSReservedSSO_{re.escape(borrower.name)}_[^_]+", role)
        return is_set is not None and borrower.detail in (None, name)
    return False
