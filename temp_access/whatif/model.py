"""A question to the evaluator, where its policies come from, and the answer."""

from collections.abc import Callable
from dataclasses import dataclass

from temp_access.config.model import Grant
from temp_access.deployment.effective_policies import EffectivePolicies, PolicyOwner
from temp_access.deployment.target import Target
from temp_access.iam.decision import Decision, Layer, Reason
from temp_access.iam.explanation import NearMiss
from temp_access.iam.request import Request


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller: its ARN, whose policies it has, and the grant that its session is narrowed to."""

    arn: str
    owner: PolicyOwner
    description: str
    role_arn: str | None = None
    grant: Grant | None = None

    @property
    def account(self) -> str:
        """The caller's account."""
        return self.arn.split(":")[4]


@dataclass(frozen=True, slots=True)
class PolicySource:
    """The policies with a description of their source.

    `locate` describes where a policy is defined, from its owner, layer and name.
    """

    policies: EffectivePolicies
    locate: Callable[[PolicyOwner, Layer, str], str]
    description: str
    notes: tuple[str, ...] = ()
    bucket_is_named: bool = True

    @property
    def target(self) -> Target:
        """The deployment that has the policies."""
        return self.policies.target


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about: one action on one resource, and what follows from how it was written."""

    action: str
    resource: str
    description: str
    prefix: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LocatedStatement:
    """A statement that applies, with the place of its policy."""

    reason: Reason
    location: str


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

    principal: Principal
    question: Question
    request: Request
    decision: Decision | None
    layers: tuple[LayerAnswer, ...]
    assumed: frozenset[str]
    relevant_keys: frozenset[str]
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
