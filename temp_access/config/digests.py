"""Digests of access.toml: which parts of it a deployed role or stack was made from."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from temp_access.config.borrower import BorrowerKind, IdentityProvider
from temp_access.config.model import Grant, User


def shared_digest(data: Mapping[str, Any], grants: Mapping[str, Grant], user: User) -> str:
    """Return the SHA-256 (hexadecimal) of the values on which the user, the role and the bucket depend.

    It is of the values, not of the bytes: neither a comment nor the audit log changes what is deployed.
    """
    deployed = {name: table for name, table in data.items() if name not in ("audit", "users", "identity_providers")}
    if any(grant.borrowers for grant in grants.values()):
        # What remains of `grants` is what the role's sessions are for.
        shared = {id_: table for id_, table in data["grants"].items() if id_ not in grants or not grants[id_].borrowers}
        deployed["grants"] = shared
    return _digest([deployed, _documents(user)])


def grant_digests(
    data: Mapping[str, Any], grants: Mapping[str, Grant], providers: Mapping[str, IdentityProvider]
) -> dict[str, str]:
    """Return, by id, the digest of each grant with borrowers, with the identity providers that they name."""
    return {
        id_: _digest(
            [
                id_,
                data["grants"][id_],
                {
                    name: [providers[name].issuer, providers[name].audience]
                    for name in sorted({each.name for each in grant.borrowers if each.kind is BorrowerKind.OIDC})
                },
            ]
        )
        for id_, grant in grants.items()
        if grant.borrowers
    }


def borrowers_digest(data: Mapping[str, Any], users: Mapping[str, User]) -> str:
    """Return the SHA-256 (hexadecimal) of the users for people, with their policies, and of the identity providers.

    A file without both has "".
    """
    if not data.get("users") and not data.get("identity_providers"):
        return ""
    documents = {name: _documents(user) for name, user in users.items()}
    return _digest([data.get("users"), data.get("identity_providers"), documents])


def _documents(user: User) -> list[list[Any]]:
    return [[policy.name, policy.document] for policy in user.customer_managed + user.inline]


def _digest(value: object) -> str:
    canonical = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
