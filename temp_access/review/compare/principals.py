"""Whose access is compared."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from temp_access.borrow.session_names import fill_pattern, session_name
from temp_access.config.model import Grant
from temp_access.deployment.effective_policies import PrincipalPolicies
from temp_access.iam.aws_managed import ALLOW_NOTHING
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.statements import examples, policy_statements
from temp_access.policies.session_policy import session_policy_for
from temp_access.review.compare.actions import is_pattern
from temp_access.review.snapshot import (
    ACCOUNT,
    PARTITION,
    ROLE,
    SESSIONS,
    USER,
    Snapshot,
    grant_pairs,
    localize,
    normalize,
)

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


_NOTHING = json.dumps(ALLOW_NOTHING)


class PolicyOwner(Enum):
    """Whose identity policies an actor has."""

    USER = "user"
    ROLE = "role"
    EVERYTHING = "its own, taken to allow everything"
    NOTHING = "its own, taken to allow nothing"


@dataclass(frozen=True, slots=True)
class ComparedPrincipal:
    """A caller on both sides; `grants` are a session's on base and head, `narrowed` one that may do nothing."""

    subject: str
    holds: PolicyOwner
    arn: str = ""
    grants: tuple[Grant, Grant] | None = None
    narrowed: bool = False
    stranger: ExternalPrincipal | None = None

    @property
    def limit(self) -> str:
        """What else has to be so, in words."""
        if self.narrowed:
            return ", whatever its session policy says"
        own = self.holds is PolicyOwner.EVERYTHING and self.arn.startswith(PARTITION)
        return ", as far as its own policies allow it" if own else ""

    def grant(self, side: Snapshot) -> Grant | None:
        """Return the grant that its session has on `side`."""
        return self.grants[side.name == "head"] if self.grants else None

    def principal(self, side: Snapshot) -> str:
        """Return the ARN that calls on `side`."""
        grant, config = self.grant(side), side.config
        if grant:
            pattern, user = config.role.conditions.session_name, config.user.name
            return localize(side, SESSIONS) + session_name(pattern, grant.id, user_name=user, who=user)
        if self.arn == ROLE:
            pattern = config.role.conditions.session_name
            return localize(side, SESSIONS) + fill_pattern(pattern, user_name=config.user.name, filler="session")
        return localize(side, self.arn)

    def layers(self, side: Snapshot, *, on_bucket: bool) -> PolicySet:
        """Return the policies that take part on `side`."""
        policies, grant = side.policies, self.grant(side)
        held = {
            PolicyOwner.USER: policies.user,
            PolicyOwner.ROLE: policies.role,
            PolicyOwner.EVERYTHING: policies.administrator,
            PolicyOwner.NOTHING: PrincipalPolicies(()),
        }
        holder = held[self.holds]
        policy_for = session_policy_for(bucket=side.target.bucket, partition=side.target.partition)
        session = policy_for(grant) if grant else _NOTHING if self.narrowed else None
        return policies.on_bucket(holder, session) if on_bucket else policies.elsewhere(holder, session)


def compared_principals(base: Snapshot, head: Snapshot) -> Iterator[ComparedPrincipal]:
    """Yield everybody whose access is compared; new and removed grants aren't among them."""
    yield ComparedPrincipal(head.target.user_name, PolicyOwner.USER, USER)
    yield ComparedPrincipal(f"{head.target.role_name} (not narrowed)", PolicyOwner.ROLE, ROLE)
    for id_, before, after in grant_pairs(base, head):
        if before and after:
            yield ComparedPrincipal(id_, PolicyOwner.ROLE, grants=(before, after))
    named = {normalize(side, name): None for side in (base, head) for name in _named(side)}
    seen: set[ExternalPrincipal] = set()
    for name in [*named, "*"]:
        if name.startswith(SESSIONS):
            session = name.removeprefix(SESSIONS)
            yield ComparedPrincipal(f"a session called {session}", PolicyOwner.ROLE, name, narrowed=True)
        elif name not in (USER, ROLE):
            for other in external_principal(name):
                if other in seen:
                    continue
                seen.add(other)
                # In the own account a bucket policy adds to what somebody may do anyway, and its Deny takes from it.
                if other.account is None:
                    yield ComparedPrincipal(other.words, PolicyOwner.NOTHING, other.arn, stranger=other)
                yield ComparedPrincipal(other.words, PolicyOwner.EVERYTHING, other.arn, stranger=other)


def _named(side: Snapshot) -> Iterator[str]:
    for statement in policy_statements([side.policies.on_bucket(side.policies.administrator).resource]):
        yield from statement.principal_names()
        for entry in statement.conditions:
            if entry.lower_key in ("aws:principalarn", "aws:principalaccount"):
                yield from entry.values
