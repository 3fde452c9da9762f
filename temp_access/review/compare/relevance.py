"""The statements that can decide a request, whatever its condition keys are, and the keys that they test."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from temp_access.iam.conditions import UnreadableCondition
from temp_access.iam.decision import Layer
from temp_access.iam.document import Policy, Statement
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.request import Request
from temp_access.iam.statements import StatementView, policy_statements
from temp_access.iam.unknown import UnknownOutcome
from temp_access.review.compare.key_values import PolicyCondition, variable_keys, variable_names
from temp_access.review.compare.ordered_values import CURRENT_TIME, EPOCH_TIME

_PLACE = re.compile(r"Statement\[\d+\]")


@dataclass(frozen=True, slots=True)
class LayeredStatement:
    """A statement in its layer, as the evaluator reads it and as it is written."""

    layer: Layer
    statement: Statement
    view: StatementView
    has_boundary: bool = False

    @property
    def conditions(self) -> Iterator[PolicyCondition]:
        """Its conditions."""
        variables = self.view.version == "2012-10-17"
        return (PolicyCondition(entry, variables) for entry in self.view.conditions)

    @property
    def variables(self) -> set[str]:
        """The condition keys of its policy variables, in lower case."""
        return {key.lower() for key in self.written_variables}

    @property
    def written_variables(self) -> set[str]:
        """The condition keys of its policy variables, as it writes them."""
        if self.view.version != "2012-10-17":
            return set()
        values = (value for entry in self.view.conditions for value in entry.values)
        return set(variable_names([*self.view.resources, *values]))

    @property
    def keys(self) -> set[str]:
        """The condition keys that it depends on."""
        return {canonical_key(entry.key) for entry in self.view.conditions} | set(map(canonical_key, self.variables))

    def can_decide(self, request: Request) -> bool:
        """Whether action, resource and principal match, or may match with other condition keys."""
        statement = self.statement
        try:
            if not statement.names_action(request.action.lower(), request):
                return False
        except UnknownOutcome:
            # Which actions it has isn't known.
            pass
        has_variable = any(not isinstance(request.value(key), str) for key in variable_keys(self.view.resources))
        exempts_nobody = self.view.not_principal and self.has_boundary
        without_conditions = replace(
            statement,
            resources=None if has_variable else statement.resources,
            principals=None if exempts_nobody else statement.principals,
            conditions=(),
        )
        return without_conditions.may_apply(request)[0]


def canonical_key(key: str) -> str:
    """Return a key in lower case, and one name for the time of a request."""
    key = key.lower()
    return CURRENT_TIME if key == EPOCH_TIME else key


def layered_statements(policies: PolicySet) -> tuple[LayeredStatement, ...]:
    """Return all statements of a policy set, from the caller to the resource."""
    layers: list[tuple[Layer, Sequence[Policy]]] = [
        (Layer.IDENTITY, policies.identity),
        (Layer.BOUNDARY, (policies.boundary,) if policies.boundary else ()),
        (Layer.SESSION, policies.session or ()),
        (policies.resource_layer, (policies.resource,) if policies.resource else ()),
    ]
    return tuple(
        LayeredStatement(layer, statement, view, policies.boundary is not None)
        for layer, layer_policies in layers
        for policy in layer_policies
        for views in (tuple(policy_statements([policy])),)
        for statement in policy.statements
        for view in (views[statement.index],)
    )


def conditions_by_key(statements: Sequence[LayeredStatement]) -> Mapping[str, list[PolicyCondition]]:
    """Return the conditions of statements by key, each once; a key that is only a policy variable has none."""
    by_key: dict[str, dict[PolicyCondition, None]] = {}
    for statement in statements:
        for condition in statement.conditions:
            by_key.setdefault(canonical_key(condition.entry.key), {})[condition] = None
        for key in statement.variables:
            by_key.setdefault(canonical_key(key), {})
    return {key: list(conditions) for key, conditions in by_key.items()}


def same_meaning(left: Sequence[LayeredStatement], right: Sequence[LayeredStatement]) -> bool:
    """Return whether each layer has the same statements, in any order; an unreadable part is the same as written."""
    return set(map(_meaning, left)) == set(map(_meaning, right))


def _meaning(each: LayeredStatement) -> tuple[object, ...]:
    statement = each.statement
    patterns = [patterns for patterns in (statement.actions, statement.resources) if patterns]
    unreadable = [
        *(name for pattern in patterns for name in pattern.unreadable),
        *(condition.name for condition in statement.conditions if isinstance(condition, UnreadableCondition)),
    ]
    # A name says where in the policy it stands, which has no meaning.
    return each.layer, each.view, statement.effect, tuple(_PLACE.sub("", name) for name in unreadable)


def layers_present(policies: PolicySet) -> tuple[bool, bool]:
    """Return whether there are a permissions boundary and session policies: a missing one limits nothing."""
    return policies.boundary is not None, policies.session is not None
