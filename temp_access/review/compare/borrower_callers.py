"""The callers that represent the borrowers of a grant, and how a trust policy differs from what access.toml says."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from temp_access.config.borrower import Borrower, BorrowerKind
from temp_access.iam.diff import same_meaning, statements
from temp_access.iam.service_principals import sends_source_account
from temp_access.review.compare.expected_policies import expected_trust
from temp_access.review.compare.principals import ExternalPrincipal, external_principal
from temp_access.review.holders import Holder
from temp_access.review.names import ACCOUNT, PARTITION
from temp_access.review.snapshot import Snapshot

_SOURCE_ACCOUNT = "aws:sourceaccount"
# IAM Identity Center appends 16 characters to the name of a permission set's role.
_SSO_SUFFIX = "0123456789abcdef"
_ANYBODY = "somebody"


def borrower_callers(role: Holder, base: Snapshot, head: Snapshot) -> tuple[ExternalPrincipal, ...]:
    """Return a caller for each borrower of either snapshot; one text can mean two, if its provider changed."""
    found: dict[ExternalPrincipal, str] = {}
    for snapshot in (head, base):
        if role.grant is None or not snapshot.has_own_role(role.grant):
            continue
        for borrower in snapshot.config.grants[role.grant].borrowers:
            found.setdefault(_caller(borrower, snapshot), _token_words(borrower, snapshot))
    texts = [caller.description for caller in found]
    return tuple(
        replace(caller, description=f"{caller.description} ({words})")
        if words and texts.count(caller.description) > 1
        else caller
        for caller, words in found.items()
    )


def _caller(borrower: Borrower, snapshot: Snapshot) -> ExternalPrincipal:
    match borrower.kind:
        case BorrowerKind.SSO:
            name = f"AWSReservedSSO_{borrower.name}_{_SSO_SUFFIX}"
            role_arn = f"{PARTITION}iam:{ACCOUNT}role/aws-reserved/sso.amazonaws.com/{name}"
            session = f"{PARTITION}sts:{ACCOUNT}assumed-role/{name}/{borrower.detail or _ANYBODY}"
            return ExternalPrincipal(borrower.text, session, None, role_arn)
        case BorrowerKind.OIDC:
            provider = snapshot.config.identity_providers[borrower.name]
            keys = (
                (f"{provider.host}:aud".lower(), provider.audience),
                (f"{provider.host}:sub".lower(), str(borrower.detail).replace("*", "example")),
            )
            arn = f"{PARTITION}iam:{ACCOUNT}oidc-provider/{provider.host}"
            return ExternalPrincipal(borrower.text, arn, "", action="sts:AssumeRoleWithWebIdentity", keys=keys)
        case BorrowerKind.SERVICE:
            sent = ((_SOURCE_ACCOUNT, ACCOUNT),) if sends_source_account(borrower.name) else ()
            return ExternalPrincipal(borrower.text, borrower.name, "", keys=sent)
    account = ACCOUNT if borrower.account is None else f":{borrower.account}:"
    [caller] = external_principal(f"{PARTITION}iam:{account}{borrower.resource}")
    return caller


def _token_words(borrower: Borrower, snapshot: Snapshot) -> str:
    if borrower.kind is not BorrowerKind.OIDC:
        return ""
    provider = snapshot.config.identity_providers[borrower.name]
    return f"issuer {provider.issuer}, audience {provider.audience}"


def borrower_index(caller: ExternalPrincipal, snapshot: Snapshot, id_: str) -> int | None:
    """Return the place of the caller among the grant's borrowers, None if it is no borrower there."""
    if not snapshot.has_own_role(id_):
        return None
    for index, borrower in enumerate(snapshot.config.grants[id_].borrowers):
        own = _caller(borrower, snapshot)
        if (own.arn, own.role_arn, own.keys) == (caller.arn, caller.role_arn, caller.keys):
            return index
    return None


def further_statements(snapshot: Snapshot, role: Holder) -> tuple[Mapping[str, Any], ...]:
    """Return the statements of a role's trust policy that don't come from access.toml."""
    if snapshot.state_of(role) is None:
        return ()
    bodies = snapshot.trust_policy(role).bodies
    return tuple(body for body in bodies if not is_expected(snapshot, role, body))


def is_expected(snapshot: Snapshot, role: Holder, body: Mapping[str, Any]) -> bool:
    """Whether access.toml produces exactly this statement of the role's trust policy."""
    [statement] = statements({"Statement": [body]})
    return any(same_meaning(expected, statement) for expected in statements(expected_trust(snapshot, role)))
