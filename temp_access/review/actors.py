"""Whose access is compared: the user, the role, each grant's session, and whoever else a bucket policy names."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from temp_access.config.model import Grant
from temp_access.policy.evaluate import PolicySet
from temp_access.policy.extremes import ALLOW_NOTHING
from temp_access.review.documents import bodies, callers, principals
from temp_access.review.served import grant_pairs
from temp_access.review.side import Snapshot
from temp_access.review.strangers import ExternalPrincipal, external_principal
from temp_access.review.tokens import PARTITION, ROLE, SESSIONS, USER, localize, normalize
from temp_access.sts.naming import fill_pattern, session_name
from temp_access.verify.offline.layers import PrincipalPolicies
from temp_access.verify.sent import session_policy_for

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
        session = session_policy_for(side.target)(grant) if grant else _NOTHING if self.narrowed else None
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
    for body in bodies([side.policies.on_bucket(side.policies.administrator).resource]):
        yield from principals(body)
        yield from callers(body)
