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
        policy = parse_policy(ALLOW_ALL, self.layer, self.name)
        [statement] = policy.statements
        return replace(policy, statements=(replace(statement, conditions=(UnreadableCondition(self.description),)),))
