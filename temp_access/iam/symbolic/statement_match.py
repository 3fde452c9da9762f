"""Whether a statement applies to the request, as a formula."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from temp_access.iam.conditions import UnreadableCondition
from temp_access.iam.document import MalformedPolicy, Policy, Statement
from temp_access.iam.grammar import ACTION, VERSIONS, ElementReader
from temp_access.iam.patterns import WildcardScope, pad_arn
from temp_access.iam.principals import EVERYONE
from temp_access.iam.statements import as_list, as_mapping
from temp_access.iam.symbolic.conditions import condition_holds
from temp_access.iam.symbolic.encoder import Encoder, OpenTest
from temp_access.iam.symbolic.patterns import FOLDER_MARK, has_early_variable, matches_any, may_match
from temp_access.iam.symbolic.principal_match import PrincipalElement
from temp_access.iam.symbolic.solver import Formula, NotEncodableError

_ANY_VARIABLE = "a variable before the fifth colon of an ARN"


@dataclass(frozen=True)
class StatementMatch:
    """The tests of one statement; a test that can't be read, or has no formula, is open."""

    encoder: Encoder
    policy: Policy
    statement: Statement

    @property
    def principals(self) -> PrincipalElement | None:
        """The statement's principals, if it has any."""
        if self.statement.principals is None:
            return None
        return PrincipalElement.of(self.statement.principals, self._body, allow=self._allow)

    def applies(self, *, ignore_not_principal: bool = False) -> Formula:
        """Whether the statement's action, resource, principal and all conditions match the request."""
        tests = [self._action(), self._resource(), *self._conditions()]
        principals = self.principals
        if principals is not None:
            everyone = ignore_not_principal and principals.principals.negated
            element = PrincipalElement(EVERYONE, self._allow) if everyone else principals
            tests.append(element.matches(self.encoder))
        tests += [
            self._open(condition.name, condition.name)
            for condition in self.statement.conditions
            if isinstance(condition, UnreadableCondition)
        ]
        return self.encoder.solver.and_(tests)

    @property
    def _body(self) -> Mapping[str, Any]:
        return self.policy.bodies[self.statement.index]

    @property
    def _allow(self) -> bool:
        return self.statement.effect == "Allow"

    @property
    def _variables(self) -> bool:
        return self.policy.version == VERSIONS[0]

    def _open(self, part: str, name: str, *, unmodeled: bool = False, negated: bool = False) -> Formula:
        """Return the outcome of an open test: it follows from the part, the statement and what is odd in the policy.

        With `negated`, the statement applies if the test fails: it is one of NotAction or NotResource.
        """
        body = {key: value for key, value in self._body.items() if key != "Sid"}
        written = json.dumps([self.policy.version, self.policy.odd_text, body], sort_keys=True, default=str)
        # The place of a statement, and the name of its policy, change no outcome.
        test = OpenTest(name, f"{part.rpartition(': ')[2]} of {self.statement.effect} {written}", unmodeled)
        return self.encoder.open_outcome(test, allow=self._allow is not negated)

    def _modeled(self, part: str, make: Callable[[], Formula]) -> Formula:
        try:
            return make()
        except NotEncodableError as error:
            return self._open(part, str(error), unmodeled=True)

    def _action(self) -> Formula:
        written = [name for name in ("Action", "NotAction") if name in self._body]
        if not written:
            # That is an error, and so an unreadable condition of the statement.
            return self.encoder.solver.true
        if len(written) > 1:
            return self._open("action", "Action beside NotAction")
        return self._modeled("action", partial(self._action_matches, as_list(self._body[written[0]])))

    def _action_matches(self, values: list[object]) -> Formula:
        encoder, negated = self.encoder, self.statement.not_action
        actions = [value.lower() for value in values if isinstance(value, str) and ACTION.fullmatch(value)]
        if any(FOLDER_MARK in str(value) for value in values):
            raise NotEncodableError("the folder in an action isn't modeled")
        named = [matches_any(encoder, encoder.action, actions, variables=False)]
        named += [self._open(name, name, negated=negated) for name in self.statement.actions.unreadable]
        matched = encoder.solver.or_(named)
        return encoder.solver.not_(matched) if negated else matched

    def _resource(self) -> Formula:
        if self.statement.resources is None:
            return self.encoder.solver.true
        if "Resource" in self._body and "NotResource" in self._body:
            return self._open("resource", "Resource beside NotResource")
        return self._modeled("resource", self._resource_matches)

    def _resource_matches(self) -> Formula:
        encoder, solver, statement = self.encoder, self.encoder.solver, self.statement
        negated = statement.not_resource
        named: list[Formula] = []
        for arn in self._readable_resources("NotResource" if negated else "Resource"):
            if not has_early_variable(arn, variables=self._variables):
                named.append(
                    matches_any(
                        encoder, encoder.resource, [arn], variables=self._variables, scope=WildcardScope.RESOURCE
                    )
                )
            elif negated or not self._allow:
                # AWS doesn't replace the variable: what it matches is open, and an Allow of it allows nothing.
                # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-resourceelement
                outcome = self._open(arn, _ANY_VARIABLE, negated=negated)
                named.append(
                    solver.and_([may_match(solver, encoder.resource, arn, variables=self._variables), outcome])
                )
        unreadable = statement.resources.unreadable if statement.resources else ()
        named += [self._open(name, name, negated=negated) for name in unreadable]
        matched = solver.or_(named)
        return solver.not_(matched) if negated else matched

    def _readable_resources(self, name: str) -> Iterator[str]:
        for value in as_list(self._body[name]):
            element: ElementReader[object] = ElementReader("policy", name, value)
            try:
                element.resources(variables=self._variables, full_arns=False, allow=False)
            except MalformedPolicy:
                continue
            yield pad_arn(str(value))

    def _conditions(self) -> Iterator[Formula]:
        """Yield the conditions that can be read; the other ones are in the compiled statement as unreadable."""
        for operator, keys in as_mapping(self._body.get("Condition")).items():
            for key, values in as_mapping(keys).items():
                single: ElementReader[dict[str, object]]
                single = ElementReader("policy", "Statement", {"Condition": {operator: {key: values}}})
                try:
                    single.conditions(variables=self._variables)
                except MalformedPolicy:
                    continue
                yield self._modeled(f"{operator} {key}", partial(self._condition, operator, key, values))

    def _condition(self, operator: str, key: str, values: object) -> Formula:
        texts = ElementReader("policy", key, values).strings()
        return condition_holds(self.encoder, operator, key, texts, variables=self._variables)
