"""Whose access is compared: the user, the role, each grant's session, and whoever else a bucket policy names."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from temp_access.config.model import Grant
from temp_access.policy.evaluate import Layers
from temp_access.policy.extremes import NOTHING
from temp_access.review.documents import bodies, callers, principals
from temp_access.review.served import pairs
from temp_access.review.side import Side
from temp_access.review.strangers import Stranger, stranger
from temp_access.review.tokens import PARTITION, ROLE, SESSIONS, USER, own_form, shared_form
from temp_access.sts.naming import fill, session_name
from temp_access.verify.offline.layers import Holder
from temp_access.verify.sent import compiled

_NOTHING = json.dumps(NOTHING)


class Holds(Enum):
    """Whose identity policies an actor has."""

    USER = "user"
    ROLE = "role"
    EVERYTHING = "its own, taken to allow everything"
    NOTHING = "its own, taken to allow nothing"


@dataclass(frozen=True, slots=True)
class Actor:
    """A caller on both sides; `grants` are a session's on base and head, `narrowed` one that may do nothing."""

    subject: str
    holds: Holds
    arn: str = ""
    grants: tuple[Grant, Grant] | None = None
    narrowed: bool = False
    stranger: Stranger | None = None

    @property
    def limit(self) -> str:
        """What else has to be so, in words."""
        if self.narrowed:
            return ", whatever its session policy says"
        own = self.holds is Holds.EVERYTHING and self.arn.startswith(PARTITION)
        return ", as far as its own policies allow it" if own else ""

    def grant(self, side: Side) -> Grant | None:
        """Return the grant that its session has on `side`."""
        return self.grants[side.name == "head"] if self.grants else None

    def principal(self, side: Side) -> str:
        """Return the ARN that calls on `side`."""
        grant, config = self.grant(side), side.config
        if grant:
            pattern, user = config.role.conditions.session_name, config.user.name
            return own_form(side, SESSIONS) + session_name(pattern, grant.id, user_name=user, who=user)
        if self.arn == ROLE:
            pattern = config.role.conditions.session_name
            return own_form(side, SESSIONS) + fill(pattern, user_name=config.user.name, filler="session")
        return own_form(side, self.arn)

    def layers(self, side: Side, *, on_bucket: bool) -> Layers:
        """Return the policies that take part on `side`."""
        policies, grant = side.policies, self.grant(side)
        held = {
            Holds.USER: policies.user,
            Holds.ROLE: policies.role,
            Holds.EVERYTHING: policies.administrator,
            Holds.NOTHING: Holder(()),
        }
        holder = held[self.holds]
        session = compiled(side.target)(grant) if grant else _NOTHING if self.narrowed else None
        return policies.on_bucket(holder, session) if on_bucket else policies.elsewhere(holder, session)


def actors(base: Side, head: Side) -> Iterator[Actor]:
    """Yield everybody whose access is compared; new and removed grants aren't among them."""
    yield Actor(head.target.user_name, Holds.USER, USER)
    yield Actor(f"{head.target.role_name} (not narrowed)", Holds.ROLE, ROLE)
    for id_, before, after in pairs(base, head):
        if before and after:
            yield Actor(id_, Holds.ROLE, grants=(before, after))
    named = {shared_form(side, name): None for side in (base, head) for name in _named(side)}
    seen: set[Stranger] = set()
    for name in [*named, "*"]:
        if name.startswith(SESSIONS):
            session = name.removeprefix(SESSIONS)
            yield Actor(f"a session called {session}", Holds.ROLE, name, narrowed=True)
        elif name not in (USER, ROLE):
            for other in stranger(name):
                if other in seen:
                    continue
                seen.add(other)
                # In the own account a bucket policy adds to what somebody may do anyway, and its Deny takes from it.
                if other.account is None:
                    yield Actor(other.words, Holds.NOTHING, other.arn, stranger=other)
                yield Actor(other.words, Holds.EVERYTHING, other.arn, stranger=other)


def _named(side: Side) -> Iterator[str]:
    for body in bodies([side.policies.on_bucket(side.policies.administrator).resource]):
        yield from principals(body)
        yield from callers(body)
