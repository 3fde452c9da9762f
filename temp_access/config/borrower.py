"""Borrowers: who can assume the role of a grant, and the identity providers that vouch for some of them."""

from dataclasses import dataclass
from enum import StrEnum


class BorrowerKind(StrEnum):
    """What a borrower is, as its text in access.toml begins."""

    USER = "user"
    ROLE = "role"
    SSO = "sso"
    OIDC = "oidc"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Borrower:
    """Who can assume a grant's role; `text` is what access.toml says.

    `name` is a user's or role's name with its path, a permission set, the name of an identity provider, or a service
    principal. `detail` is the username of a person who comes through IAM Identity Center (None: everybody with the
    permission set), or the subject of a token, in which `*` is a wildcard. `account` is None for the stack's own.
    """

    text: str
    kind: BorrowerKind
    name: str
    detail: str | None = None
    account: str | None = None
    external_id: str | None = None

    @property
    def identity(self) -> tuple[object, ...]:
        """What two texts for the same borrower have in common."""
        return (self.kind, self.name, self.detail, self.account)

    @property
    def resource(self) -> str:
        """The resource of a user's or role's ARN, such as `user/ann`."""
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """An OpenID Connect provider: its issuer's URL, and the audience that its tokens must have.

    With `create` it is a resource of the stacks; else it exists in the account.
    """

    name: str
    issuer: str
    audience: str
    create: bool = False

    @property
    def host(self) -> str:
        """The issuer without `https://`, as it stands in the provider's ARN and in its condition keys."""
        return self.issuer.removeprefix("https://")
