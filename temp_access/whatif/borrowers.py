"""Borrowers as callers: who they are to AWS, and which grants name them."""

import re
from collections.abc import Iterator

from temp_access.config.borrower import Borrower, BorrowerKind
from temp_access.config.model import Config, Grant
from temp_access.config.table import did_you_mean
from temp_access.deployment.effective_policies import PolicyOwner
from temp_access.deployment.target import Target
from temp_access.errors import UserError
from temp_access.iam.arn import role_session_arn
from temp_access.iam.callers import SERVICE_NAME, is_caller
from temp_access.iam.unknown import UnknownValue
from temp_access.whatif.model import Principal

# As access.toml writes borrowers that have no ARN of their own.
BORROWER_PATHS = ("sso/", "oidc/", "service/")
# IAM Identity Center appends 16 hexadecimal digits to the name of a permission set.
# https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
_SUFFIX = "0123456789abcdef"
_ANYBODY = "somebody"


def read_borrower(text: str, config: Config, target: Target) -> Principal:
    """Return the caller that `sso/…`, `oidc/…` or `service/…` names; raises UserError.

    Of a person with a permission set, the role's ARN isn't known: a stand-in has the form that AWS gives it.
    """
    kind, _, rest = text.partition("/")
    name, slash, detail = rest.partition("/")
    if kind == BorrowerKind.SSO:
        role = f"AWSReservedSSO_{name}_{_SUFFIX}"
        arn = role_session_arn(target.partition, target.account, role, detail or _ANYBODY)
        if not name or (slash and not detail) or not is_caller(arn):
            raise UserError(f"{text!r} names nobody; write sso/PERMISSION-SET or sso/PERMISSION-SET/USERNAME")
        return Principal(
            arn,
            PolicyOwner.OUTSIDER,
            f"{detail or 'somebody'} with the permission set {name}",
            target.arn(f"role/aws-reserved/sso.amazonaws.com/{role}"),
            # The session's name is the username.
            context={} if detail else {"aws:userid": UnknownValue.POSSIBLE},
            notes=_notes(config, Borrower(text, BorrowerKind.SSO, name, detail=detail or None)),
        )
    if kind == BorrowerKind.SERVICE:
        if not SERVICE_NAME.fullmatch(rest):
            raise UserError(f"{text!r} isn't a service; write service/NAME.amazonaws.com")
        borrower = Borrower(text, BorrowerKind.SERVICE, rest)
        return Principal(rest, PolicyOwner.OUTSIDER, f"the service {rest}", notes=_notes(config, borrower))
    provider = config.identity_providers.get(name)
    if provider is None:
        raise UserError(
            f"{text!r}: {config.path.name} has no identity provider {name!r}"
            f"{did_you_mean(name, config.identity_providers)}; write oidc/PROVIDER/SUBJECT"
        )
    if not detail or "*" in detail:
        raise UserError(f"{text!r}: write the whole subject of one token, without wildcards; each may differ")
    return Principal(
        target.arn(f"oidc-provider/{provider.host}"),
        PolicyOwner.OUTSIDER,
        f"a token of {name} with the subject {detail}",
        context={f"{provider.host}:sub": detail, f"{provider.host}:aud": provider.audience},
        notes=_notes(config, Borrower(text, BorrowerKind.OIDC, name, detail=detail)),
    )


def borrower_notes(config: Config, target: Target, arn: str) -> tuple[str, ...]:
    """Return the note on the grants that name a user or role by its ARN."""
    _, _, _, _, account, resource = (arn.split(":", 5) + [""] * 6)[:6]
    kind, _, name = resource.partition("/")
    if kind not in ("user", "role"):
        return ()
    own = account == target.account
    return _notes(config, Borrower(arn, BorrowerKind(kind), name, account=None if own else account))


def _notes(config: Config, who: Borrower) -> tuple[str, ...]:
    grants = [grant.id for grant in config.own_role_grants.values() if any(_names(grant, who))]
    if not grants:
        return ()
    more = f" and {len(grants) - 3} more" if len(grants) > 3 else ""
    return (
        f"this is about the caller itself; it can borrow {', '.join(grants[:3])}{more}: ask about that grant's id, or "
        "ask `temp-access who`",
    )


def _names(grant: Grant, who: Borrower) -> Iterator[bool]:
    for each in grant.borrowers:
        same = (each.kind, each.name, each.account) == (who.kind, who.name, who.account)
        yield same and _covers(each, who)


def _covers(borrower: Borrower, who: Borrower) -> bool:
    if borrower.detail is None or borrower.detail == who.detail:
        return True
    if borrower.kind is not BorrowerKind.OIDC or who.detail is None:
        return False
    pattern = ".*".join(map(re.escape, borrower.detail.split("*")))
    return re.fullmatch(pattern, who.detail, re.DOTALL) is not None
