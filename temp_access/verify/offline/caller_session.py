"""What the calls of one caller have in common when they are evaluated, and the outcomes that stand for many calls."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from temp_access.iam.evaluator import PolicySet, resource_patterns
from temp_access.iam.patterns import PatternSet
from temp_access.iam.request import ContextValue, Request
from temp_access.iam.unknown import UnknownOutcome
from temp_access.verify.operations import Need
from temp_access.verify.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class CallerSession:
    """A caller's policies on the bucket or elsewhere, what its calls have in common, and outcomes that were decided.

    The outcome of a listing is kept by its need, that of other calls by the action and which of the policies' resource
    patterns match. Those stand for every resource with the same matches.
    """

    policies: tuple[PolicySet, ...]
    request: Request
    s3_context: Mapping[str, ContextValue]
    outcomes: dict[tuple[object, ...], Outcome] = field(default_factory=dict)
    listings: dict[tuple[object, ...], Outcome] = field(default_factory=dict)
    patterns: dict[str, tuple[Request, list[PatternSet] | None]] = field(default_factory=dict)

    def request_of(self, need: Need) -> Request:
        """Return the caller's request for `need`."""
        context = self.request.context
        if need.action.startswith("s3:"):
            context = self.s3_context if need.prefix is None else {**self.s3_context, "s3:prefix": need.prefix}
        return self.request._replace(action=need.action, resource=need.resource, context=context)

    def key(self, need: Need) -> tuple[object, ...] | None:
        """Return what all calls with the same outcome have in common; None if that isn't known."""
        if need.prefix is not None:
            return need
        if need.action not in self.patterns:
            request = self.request_of(need)
            found = [resource_patterns(policies, request) for policies in self.policies]
            known = None if None in found else [pattern for each in found if each for pattern in each]
            self.patterns[need.action] = request, known
        request, patterns = self.patterns[need.action]
        if patterns is None:
            return None
        try:
            return need.action, *[each.matches(need.resource, request) for each in patterns]
        except UnknownOutcome:
            return None
