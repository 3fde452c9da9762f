"""A question to the evaluator, where its policies come from, and the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from temp_access.config.model import Grant
from temp_access.deployment.state import State
from temp_access.deployment.target import Target
from temp_access.iam.decision import Decision, Layer, Reason
from temp_access.iam.document import Document
from temp_access.iam.explanation import NearMiss
from temp_access.iam.request import Request


class PolicyOwner(StrEnum):
    """Whose identity policies count."""

    USER = "user"
    ROLE = "role"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller: its ARN, whose policies it has, and the grant that its session is narrowed to."""

    principal: str
    owner: PolicyOwner
    words: str
    role_arn: str | None = None
    grant: Grant | None = None

    @property
    def account(self) -> str:
        """The caller's account."""
        return self.principal.split(":")[4]


@dataclass(frozen=True, slots=True)
class PolicySource:
    """Where policies come from; `document` gives those of managed policies, None where it isn't known.

    `place` says where a policy is, given its holder, layer and name.
    """

    target: Target
    state: State
    document: Callable[[str], Document | None]
    place: Callable[[str, Layer, str], str]
    words: str
    notes: tuple[str, ...] = ()
    bucket_is_named: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about: one action on one resource, and what follows from how it was written."""

    action: str
    resource: str
    words: str
    prefix: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LocatedStatement:
    """A statement that applies, with the place of its policy."""

    reason: Reason
    place: str


@dataclass(frozen=True, slots=True)
class LayerAnswer:
    """What one layer says: the statements that apply, whether it had to allow and didn't, and its near misses.

    `known` is False where nothing of the layer is known.
    """

    layer: Layer
    allows: tuple[LocatedStatement, ...]
    denies: tuple[LocatedStatement, ...]
    missing: bool
    known: bool
    misses: tuple[tuple[NearMiss, str], ...]


@dataclass(frozen=True, slots=True)
class WhatIfAnswer:
    """The decision with its reasons.

    `assumed` are the context's keys that nobody gave, `looked_at` those that a policy asks for or that were given,
    both in lower case; `unknown` is what isn't known of the policies: an undecided answer depends on it.
    """

    who: Principal
    call: Question
    request: Request
    decision: Decision | None
    layers: tuple[LayerAnswer, ...]
    assumed: frozenset[str]
    looked_at: frozenset[str]
    unknown: tuple[str, ...]
    notes: tuple[str, ...]
    source: str

    @property
    def word(self) -> str:
        """`allowed`, `denied` or `undecided`."""
        if self.decision is None:
            return "undecided"
        return "allowed" if self.decision.allowed else "denied"

    @property
    def exit_code(self) -> int:
        """0 allowed, 1 denied, 3 undecided."""
        return {"allowed": 0, "denied": 1}.get(self.word, 3)
