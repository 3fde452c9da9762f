"""The evaluator's decision on a request, with its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class DecisionType(Enum):
    """AWS's three decisions, and one more: the decision depends on something that isn't known.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html
    """

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"
    UNDECIDED = "undecided"


class Layer(Enum):
    """A kind of policy that affects a decision; the value is the name that AWS's error messages use.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """

    RCP = "resource control policy"
    SCP = "service control policy"
    RESOURCE = "resource-based policy"
    TRUST = "role trust policy"
    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"


@dataclass(frozen=True)
class Reason:
    """A statement that applied to the request."""

    layer: Layer
    effect: str
    policy: str
    index: int
    sid: str | None

    def __str__(self) -> str:
        name = f"{self.index} ({self.sid})" if self.sid else str(self.index)
        # A policy without its own name has the name of its layer.
        unnamed = self.policy.startswith(self.layer.value)
        policy = self.policy if unnamed else f"{self.layer.value} {self.policy!r}"
        return f"{self.effect} by statement {name} of {policy}"


class Decision(NamedTuple):
    """The decision on one request: its kind, the deciding layer, and the statements that applied.

    `missing` are the layers that had to allow the request and didn't, in the order in which AWS checks them; of an
    undecided decision, those that may not allow it. `unknown` names what an undecided decision depends on: condition
    keys, parts of policies, documents. `rule` is the rule of the service that decided in spite of the policies.
    """

    # A named tuple, because each request creates one: a frozen dataclass takes three times as long.

    kind: DecisionType
    layer: Layer
    reasons: tuple[Reason, ...] = ()
    missing: tuple[Layer, ...] = ()
    unknown: tuple[str, ...] = ()
    rule: str = ""

    @property
    def allowed(self) -> bool:
        """Whether the request is allowed."""
        return self.kind is DecisionType.ALLOWED

    def __str__(self) -> str:
        if self.rule:
            return f"{self.kind.value}: {self.rule}"
        if self.kind is DecisionType.UNDECIDED:
            return f"undecided: it depends on {' and '.join(self.unknown)}"
        if self.kind is DecisionType.IMPLICIT_DENY:
            return "implicitDeny: " + "; ".join(f"no {layer.value} allows it" for layer in self.missing)
        return f"{self.kind.value}: " + "; ".join(map(str, self.reasons))
