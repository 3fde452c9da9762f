"""What a caller is: its kind, from each spelling in which AWS writes principals.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

CANONICAL_USER = re.compile(r"[0-9a-f]{64}")
# `AIDA…` a user, `AROA…` a role, `AROA…:SESSION` its session, 64 hexadecimal digits an account or an identity of
# CloudFront.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
PRINCIPAL_ID = re.compile(rf"[A-Z0-9]{{16,128}}(:[\w+=,.@-]{{2,64}})?|{CANONICAL_USER.pattern}")
ACCOUNT_NUMBER = re.compile(r"\d{12}")
SERVICE_NAME = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?")
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
ORIGIN_ACCESS_IDENTITY = r"arn:[\w-]+:iam::cloudfront:user/[^*?]+"
_ARN = re.compile(
    rf"arn:[\w-]+:(?:iam|sts)::(\d{{12}}):(?:root|(?:user|role|federated-user|saml-provider|oidc-provider)/[^*?]+"
    rf"|assumed-role/[^/*?]+/[^/*?]+)|{ORIGIN_ACCESS_IDENTITY}"
)
_ID = re.compile(rf"AIDA[A-Z0-9]{{12,124}}|AROA[A-Z0-9]{{12,124}}:[\w+=,.@-]{{2,64}}|{CANONICAL_USER.pattern}")
# What a user of an identity provider is called in a trust policy, if not by the provider's ARN.
_PROVIDER_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(/[\w./-]+)?")


class CallerKind(Enum):
    """What a caller is; it decides which keys its requests have, and which policies are its own.

    USER: an IAM user. ROLE: a role session. FEDERATED: a session of GetFederationToken. PROVIDER: whoever an identity
    provider vouches for, in a call that isn't signed (AssumeRoleWithWebIdentity). CLOUDFRONT: an origin access
    identity, whose requests to S3 only the bucket's policy allows.
    """

    USER = "User"
    ROLE = "AssumedRole"
    FEDERATED = "FederatedUser"
    ROOT = "Account"
    SERVICE = "AWS service"
    PROVIDER = "identity provider"
    CLOUDFRONT = "origin access identity"
    ANONYMOUS = "Anonymous"


_KINDS = {
    "user": CallerKind.USER,
    "assumed-role": CallerKind.ROLE,
    "role": CallerKind.ROLE,
    "federated-user": CallerKind.FEDERATED,
    "root": CallerKind.ROOT,
}
# The principals that belong to an account, and have policies of their own there.
IAM = frozenset(_KINDS.values())
# They belong to no account: only the policy of the resource allows them anything.
WITHOUT_ACCOUNT = frozenset([CallerKind.SERVICE, CallerKind.CLOUDFRONT, CallerKind.ANONYMOUS])


@lru_cache(maxsize=4096)
def caller_kind(principal: str) -> CallerKind:
    """Return the kind of a caller: its ARN, its id, an account, a service's name, or `*` for an anonymous one."""
    if principal.startswith("arn:"):
        owner, what = ([*principal.split(":", 5), "", "", ""])[4:6]
        kind = _KINDS.get(what.partition("/")[0], CallerKind.PROVIDER)
        return CallerKind.CLOUDFRONT if kind is CallerKind.USER and owner == "cloudfront" else kind
    if principal in ("*", ""):
        return CallerKind.ANONYMOUS
    if principal.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return CallerKind.SERVICE
    if PRINCIPAL_ID.fullmatch(principal) and principal.startswith(("AIDA", "AROA")):
        return CallerKind.USER if principal.startswith("AIDA") else CallerKind.ROLE
    is_account = ACCOUNT_NUMBER.fullmatch(principal) or CANONICAL_USER.fullmatch(principal)
    return CallerKind.ROOT if is_account else CallerKind.PROVIDER


def is_caller(principal: str) -> bool:
    """Whether a text is a principal that can call, as AWS writes it; a whole role isn't, only its sessions."""
    return bool(
        principal == "*"
        or _ARN.fullmatch(principal)
        or _ID.fullmatch(principal)
        or ACCOUNT_NUMBER.fullmatch(principal)
        or _PROVIDER_NAME.fullmatch(principal)
    )


def caller_account(principal: str) -> str | None:
    """Return the account number in a caller's spelling; None if it belongs to none, or doesn't say it."""
    if ACCOUNT_NUMBER.fullmatch(principal):
        return principal
    arn = _ARN.fullmatch(principal)
    return arn[1] if arn else None
