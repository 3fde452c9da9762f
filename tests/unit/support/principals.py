"""Principals in each spelling that AWS writes."""

from typing import Any, NamedTuple

from temp_access.iam.callers import CallerKind

ACCOUNT = "111122223333"
USER_ID, ROLE_ID, CANONICAL = "AIDACKCEVSQ6C2EXAMPLE", "AROADBQP57FF2AEXAMPLE", "79a59df900b949e55d96a1e698fbaced" * 2


class Spelling(NamedTuple):
    """A principal: how AWS writes it, its Principal element, its kind, and its account if the spelling tells it.

    `caller` is who calls, if the element names more than one caller. `is_account` says that the element delegates to
    the account, so that the caller also needs policies of its own.
    """

    name: str
    element: Any
    kind: CallerKind
    account: str | None = ACCOUNT
    caller: str | None = None
    is_account: bool = False


def _aws(name: str, kind: CallerKind, **more: Any) -> Spelling:
    return Spelling(name, {"AWS": name}, kind, **more)


_ARNS = {
    "user": ("iam", "user/alice", CallerKind.USER),
    "user with a path": ("iam", "user/division_abc/team_1/alice", CallerKind.USER),
    "role session": ("sts", "assumed-role/build/i-0123456789abcdef0", CallerKind.ROLE),
    "federated user": ("sts", "federated-user/carla", CallerKind.FEDERATED),
    "root": ("iam", "root", CallerKind.ROOT),
}
PRINCIPALS: dict[str, Spelling] = {
    f"{name} in {partition}": _aws(f"arn:{partition}:{service}::{ACCOUNT}:{what}", kind)
    for partition in ("aws", "aws-cn", "aws-us-gov")
    for name, (service, what, kind) in _ARNS.items()
} | {
    "account": _aws(ACCOUNT, CallerKind.ROOT),
    "account of a user": _aws(
        f"arn:aws:iam::{ACCOUNT}:root",
        CallerKind.ROOT,
        caller=f"arn:aws:iam::{ACCOUNT}:user/alice",
        is_account=True,
    ),
    "session of a role with a path": _aws(
        f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/amy@example.com", CallerKind.ROLE
    ),
    "service": Spelling(
        "cloudtrail.amazonaws.com", {"Service": "cloudtrail.amazonaws.com"}, CallerKind.SERVICE, account=None
    ),
    "service of a Region": Spelling(
        "logs.eu-central-1.amazonaws.com",
        {"Service": "logs.eu-central-1.amazonaws.com"},
        CallerKind.SERVICE,
        account=None,
    ),
    "service in China": Spelling(
        "ec2.amazonaws.com.cn", {"Service": "ec2.amazonaws.com.cn"}, CallerKind.SERVICE, account=None
    ),
    "id of a user": _aws(USER_ID, CallerKind.USER, account=None),
    "id of a session": _aws(f"{ROLE_ID}:bob", CallerKind.ROLE, account=None),
    "canonical user": Spelling(CANONICAL, {"CanonicalUser": CANONICAL}, CallerKind.ROOT, account=None),
    "origin access identity": _aws(
        "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E127EXAMPLE51Z",
        CallerKind.CLOUDFRONT,
        account=None,
    ),
    "SAML provider": Spelling(
        f"arn:aws:iam::{ACCOUNT}:saml-provider/okta",
        {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/okta"},
        CallerKind.PROVIDER,
    ),
    "OIDC provider": Spelling(
        f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE",
        {
            "Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/"
            "EXAMPLED539D4633E53DE1B71EXAMPLE"
        },
        CallerKind.PROVIDER,
    ),
    "web identity": Spelling(
        "accounts.google.com", {"Federated": "accounts.google.com"}, CallerKind.PROVIDER, account=None
    ),
    "everyone": Spelling("*", "*", CallerKind.ANONYMOUS, account=None),
}
