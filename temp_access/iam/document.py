"""Policy documents, and the parsed policies that the evaluator decides with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from temp_access.iam.conditions import Condition
from temp_access.iam.patterns import PatternSet
from temp_access.iam.principals import Principals
from temp_access.iam.request import Request
from temp_access.iam.unknown import UnknownOutcome


class MalformedPolicy(ValueError):
    """A policy that AWS would refuse; the message names the policy, the element and the reason."""

    def __init__(self, policy: str, element: str, reason: str) -> None:
        super().__init__(f"{policy}: {element}: {reason}")
        self.policy = policy
        self.element = element
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; `resources` and `principals` are None where the policy has no such element."""

    index: int
    sid: str | None
    effect: str
    actions: PatternSet
    not_action: bool
    resources: PatternSet | None
    not_resource: bool
    principals: Principals | None
    conditions: tuple[Condition, ...]

    def names_action(self, action: str, request: Request) -> bool:
        """Whether Action names the action (in lower case), or NotAction doesn't.

        Action names aren't case-sensitive:
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
        """
        return self.actions.matches(action, request) is not self.not_action

    def applies(self, request: Request) -> bool:
        """Whether resource, principal and all conditions match; the action is checked beforehand.

        Raises UnknownOutcome if one of the tests depends on something that isn't known.
        """
        resources = self.resources
        if resources is not None and resources.matches(request.resource, request) is self.not_resource:
            return False
        if self.principals is not None and not self.principals.matches(request):
            return False
        for condition in self.conditions:  # noqa: SIM110 (a loop is twice as fast as all() here)
            if not condition.holds(request):
                return False
        return True

    def may_apply(self, request: Request) -> tuple[bool, tuple[str, ...]]:
        """Return whether the statement may apply, and the names of what that depends on; without names, it applies.

        A test that is known not to hold wins, whatever the unknown ones are.
        """
        unknown = []
        for test in self._tests(request):
            try:
                if not test():
                    return False, ()
            except UnknownOutcome as outcome:
                unknown.append(outcome.name)
        return True, tuple(dict.fromkeys(unknown))

    def applies_if(self, request: Request, favours_caller: Callable[[str], bool]) -> bool:
        """Whether the statement applies; of each unknown test, `favours_caller` tells how it ends, by its name."""
        applies, unknown = self.may_apply(request)
        # A set, because all names are asked for: so the caller learns them.
        return applies and {favours_caller(name) for name in unknown} <= {self.effect == "Allow"}

    def _tests(self, request: Request) -> Iterator[Callable[[], bool]]:
        if (resources := self.resources) is not None:
            yield lambda: resources.matches(request.resource, request) is not self.not_resource
        if (principals := self.principals) is not None:
            yield lambda: principals.matches(request)
        for condition in self.conditions:
            yield partial(condition.holds, request)


@dataclass(frozen=True)
class Policy:
    """A parsed policy; `name` identifies it in reasons and errors, `bodies` are its statements as written.

    `unreadable` are the parts that couldn't be read, by `temp_access.iam.reader`. A statement without a readable effect
    is in `statements` twice, as Allow and as Deny, with the same index. `odd_text` is the whole policy as written, if
    what can't be read is in none of its statements.
    """

    name: str
    version: str
    statements: tuple[Statement, ...] = field(repr=False)
    bodies: tuple[Mapping[str, Any], ...] = field(default=(), repr=False, compare=False)
    unreadable: tuple[str, ...] = ()
    odd_text: str = field(default="", repr=False, compare=False)
