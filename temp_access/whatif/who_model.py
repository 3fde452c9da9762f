"""Everybody who can do something: each way to it, and what isn't known."""

from collections.abc import Mapping
from dataclasses import dataclass

from temp_access.whatif.model import LocatedStatement, Question

ANY_ID = "any_id"


@dataclass(frozen=True, slots=True)
class WhoStatement:
    """A statement that allows it; `line` is the line of access.toml that it comes from, None if it has none."""

    statement: LocatedStatement
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """How one caller gets there: by which statements, on which conditions (in plain words).

    With `depends_on`, it isn't known whether it does.
    """

    statements: tuple[WhoStatement, ...]
    conditions: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RoleHolder:
    """Who can have a session of a role; `kind` is user, role, sso, oidc, service, account, provider, id or anyone.

    A holder of `ours` is defined in the stacks; others decide who uses the principals that aren't. `via` are the roles
    of ours that are assumed before, first to last.
    """

    who: str
    kind: str
    ours: bool
    reach: Reach
    via: tuple[str, ...] = ()
    arn: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """One principal's way to the call: directly, or as a session of `roles`, the last of which makes the call.

    `grant` is the grant whose session it is, `any_id` for that of an id that isn't listed. `has_session_policy` says
    whether the grant's session policy narrows the session.
    """

    holder: RoleHolder
    reach: Reach
    grant: str | None = None
    roles: tuple[str, ...] = ()
    id_: str | None = None
    has_session_policy: bool = False

    @property
    def conditions(self) -> tuple[str, ...]:
        """What has to hold for the borrowing and for the call."""
        return tuple(dict.fromkeys((*self.holder.reach.conditions, *self.reach.conditions)))

    @property
    def depends_on(self) -> tuple[str, ...]:
        """What makes it undecided."""
        return tuple(dict.fromkeys((*self.holder.reach.depends_on, *self.reach.depends_on)))

    @property
    def statements(self) -> tuple[WhoStatement, ...]:
        """The statements that allow the call, then those that allow the session."""
        return tuple(dict.fromkeys((*self.reach.statements, *self.holder.reach.statements)))


@dataclass(frozen=True, slots=True)
class WhoAnswer:
    """The ways, sorted; `depends_on` is what may let others do it, too, and `not_modelled` who isn't counted."""

    question: Question
    ways: tuple[Way, ...]
    depends_on: tuple[str, ...]
    not_modelled: tuple[str, ...]
    notes: tuple[str, ...]
    source: str
    file: str
    assumed: Mapping[str, str]

    @property
    def verdict(self) -> str:
        """`somebody`, `nobody` or `undecided`."""
        if self.depends_on or any(way.depends_on for way in self.ways):
            return "undecided"
        return "somebody" if self.ways else "nobody"

    @property
    def exit_code(self) -> int:
        """0 if it is known who can, also if it is nobody, else 3."""
        return 3 if self.verdict == "undecided" else 0
