"""The statements of all layers that name one action: an index, so that a request looks at few of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from temp_access.policy.decision import Layer, Reason
from temp_access.policy.document import Policy, Statement
from temp_access.policy.principals import Principals
from temp_access.policy.request import Request

if TYPE_CHECKING:
    from temp_access.policy.evaluate import PolicySet

IndexedStatements = tuple[tuple[Statement, Reason], ...]
RequiredLayer = tuple[Layer, IndexedStatements]
Groups = list[tuple[Layer, tuple[Policy, ...]]]
_EVERYONE = Principals(everyone=True, accounts=frozenset(), named=frozenset())


@dataclass(frozen=True, slots=True)
class StatementIndex:
    """Each statement with the reason to report if it applies, and the layers that must allow (gates).

    `ceilings` are the levels of RCPs and SCPs; `limits` the permissions boundary and the session policy.
    """

    denies: IndexedStatements
    resource: IndexedStatements
    ceilings: tuple[RequiredLayer, ...]
    limits: tuple[RequiredLayer, ...]
    identity_and_limits: tuple[RequiredLayer, ...]


def index_statements(layers: PolicySet, request: Request) -> StatementIndex:
    """The statements of these layers that name the request's action."""
    ceilings: Groups = [(Layer.RCP, level) for level in layers.rcps]
    ceilings += [(Layer.SCP, level) for level in layers.scps]
    resource: Groups = [(layers.resource_layer, (layers.resource,))] if layers.resource else []
    identity: Groups = [(Layer.IDENTITY, layers.identity)]
    limits: Groups = [(Layer.BOUNDARY, (layers.boundary,))] if layers.boundary else []
    limits += [] if layers.session is None else [(Layer.SESSION, layers.session)]
    denies = [
        (_deny_ignoring_not_principal(statement) if layers.boundary else statement, reason)
        for _, entries in _required_layers([*ceilings, *resource, *identity, *limits], "Deny", request)
        for statement, reason in entries
    ]
    return StatementIndex(
        denies=tuple(denies),
        resource=tuple(entry for _, entries in _required_layers(resource, "Allow", request) for entry in entries),
        ceilings=_required_layers(ceilings, "Allow", request),
        limits=_required_layers(limits, "Allow", request),
        identity_and_limits=_required_layers([*identity, *limits], "Allow", request),
    )


def _required_layers(groups: Groups, effect: str, request: Request) -> tuple[RequiredLayer, ...]:
    return tuple((layer, _entries(policies, layer, effect, request)) for layer, policies in groups)


def _entries(policies: Iterable[Policy], layer: Layer, effect: str, request: Request) -> IndexedStatements:
    action = request.action.lower()
    return tuple(
        (statement, Reason(layer, effect, policy.name, statement.index, statement.sid))
        for policy in policies
        for statement in policy.statements
        if statement.effect == effect and statement.names_action(action, request)
    )


def _deny_ignoring_not_principal(statement: Statement) -> Statement:
    """A Deny with NotPrincipal hits every caller that has a permissions boundary.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    """
    negated = statement.principals is not None and statement.principals.negated
    return replace(statement, principals=_EVERYONE) if negated else statement
