"""A policy without a known document, of which an evaluation doesn't know what it allows."""

from dataclasses import dataclass, replace

from temp_access.iam.aws_managed import ALLOW_ALL
from temp_access.iam.conditions import UnreadableCondition
from temp_access.iam.decision import Layer
from temp_access.iam.document import Policy
from temp_access.iam.parser import parse_policy


@dataclass(frozen=True, slots=True)
class UndecidedPolicy:
    """A policy or permissions boundary without a known document, of which it is unknown what it allows."""

    layer: Layer
    name: str

    @property
    def description(self) -> str:
        """What decisions depend on, in words."""
        return f"the document of {self.name}" if self.name.startswith("arn:") else self.name

    def parsed(self) -> Policy:
        """Return a policy that may allow everything, and denies nothing."""
        return with_one_reason(parse_policy(ALLOW_ALL, self.layer, self.name), self.description)


def with_one_reason(policy: Policy, reason: str) -> Policy:
    """Return a policy whose statements, all of which are unknown, depend on `reason` only."""
    unknown = (UnreadableCondition(reason),)
    statements = tuple(replace(statement, conditions=unknown) for statement in policy.statements)
    return replace(policy, statements=statements, unreadable=(reason,))
