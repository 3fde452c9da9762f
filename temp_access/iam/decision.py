"""What the evaluator answers: a decision with its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class DecisionType(Enum):
    """AWS's three answers: https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html"""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"


class Layer(Enum):
    """A kind of policy that takes part in a decision; the value is AWS's name for it in error messages.

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
        # A policy without a name of its own is called after its layer.
        unnamed = self.policy.startswith(self.layer.value)
        policy = self.policy if unnamed else f"{self.layer.value} {self.policy!r}"
        return f"{self.effect} by statement {name} of {policy}"


class Decision(NamedTuple):
    """The answer to one request: its kind, the layer that decided, and the statements that applied.

    `missing` names the layers that had to allow and didn't, in the order AWS checks them.
    """

    # A named tuple, because one is made for each request: a frozen dataclass takes three times as long.

    kind: DecisionType
    layer: Layer
    reasons: tuple[Reason, ...] = ()
    missing: tuple[Layer, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether the request is allowed."""
        return self.kind is DecisionType.ALLOWED

    def __str__(self) -> str:
        if self.kind is DecisionType.IMPLICIT_DENY:
            return "implicitDeny: " + "; ".join(f"no {layer.value} allows it" for layer in self.missing)
        return f"{self.kind.value}: " + "; ".join(map(str, self.reasons))
