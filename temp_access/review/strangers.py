"""Callers that a policy names and the templates don't make."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from temp_access.review.actions import is_pattern
from temp_access.review.examples import examples
from temp_access.review.tokens import ACCOUNT, PARTITION

_FOREIGN = "999988887777"
_ACCOUNT_NUMBER = re.compile(r"(?:.*iam::)?(\d{12})(?::root)?")
_PROVIDER = re.compile(r".*(?=(?:oidc|saml)-provider/)")
_ROLE = re.compile(r"(.*)iam:(.+)role/(?:.*/)?([^/]+)")


@dataclass(frozen=True, slots=True)
class ExternalPrincipal:
    """A caller with every right of its own; `account` "" for one without, None for the templates' own.

    `action` is how it asks sts for the role.
    """

    words: str
    arn: str
    account: str | None
    role_arn: str | None = None
    action: str = "sts:AssumeRole"


def federated_principals(name: str) -> ExternalPrincipal:
    """Return whoever comes with what the identity provider `name` (in its shared form) says of him."""
    action = "sts:AssumeRoleWithSAML" if "saml-provider/" in name else "sts:AssumeRoleWithWebIdentity"
    return ExternalPrincipal(f"users of {_PROVIDER.sub('', _shown(name))}", name, "", action=action)


def external_principal(name: str) -> Iterator[ExternalPrincipal]:
    """Yield the callers that stand for the principal `name` (in its shared form); `*` is anybody."""
    if name == "*":
        yield ExternalPrincipal("anybody without credentials", "*", "")
        yield ExternalPrincipal("any other account", f"{PARTITION}iam::{_FOREIGN}:user/somebody", _FOREIGN)
        yield ExternalPrincipal("anybody else in this account", f"{PARTITION}iam:{ACCOUNT}user/somebody", None)
    elif match := _ACCOUNT_NUMBER.fullmatch(name):
        yield ExternalPrincipal(f"account {match[1]}", f"{PARTITION}iam::{match[1]}:user/somebody", match[1])
    elif name.endswith(f"{ACCOUNT}root"):
        yield ExternalPrincipal("anybody else in this account", f"{PARTITION}iam:{ACCOUNT}user/somebody", None)
    elif is_pattern(name):
        example = examples(name)[0]
        yield from (
            replace(who, words=f"whoever has an ARN like {_shown(name)}") for who in external_principal(example)
        )
    elif name.startswith(PARTITION):
        account = None if ACCOUNT in name else name.split(":")[2]
        short = name.removeprefix(PARTITION)
        words = short.partition(ACCOUNT)[2] if account is None else f"{short.rpartition(':')[2]} of account {account}"
        if role := _ROLE.fullmatch(name):
            arn = f"{role[1]}sts:{role[2]}assumed-role/{role[3]}/session"
            yield ExternalPrincipal(words, arn, account, name)
        else:
            yield ExternalPrincipal(words, name, account)
    else:
        yield ExternalPrincipal(name, name, "")


def _shown(name: str) -> str:
    return name.replace(PARTITION, "arn:aws:").replace(ACCOUNT, ":ACCOUNT:")
