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
    from temp_access.policy.evaluate import Layers

Entries = tuple[tuple[Statement, Reason], ...]
_EVERYONE = Principals(everyone=True, accounts=frozenset(), named=frozenset())


@dataclass(frozen=True)
class Shortlist:
    """Each statement with the reason to report if it applies; None where a layer isn't there.

    `ceilings` are the levels of RCPs and SCPs, each of which must allow.
    """

    denies: Entries
    ceilings: tuple[tuple[Layer, Entries], ...]
    resource: Entries
    identity: Entries
    boundary: Entries | None
    session: Entries | None


def shortlist(layers: Layers, request: Request) -> Shortlist:
    """The statements of these layers that name the request's action."""
    resource = (layers.resource,) if layers.resource else ()
    boundary = (layers.boundary,) if layers.boundary else None
    session = layers.session
    rcps = [(Layer.RCP, level) for level in layers.rcps]
    scps = [(Layer.SCP, level) for level in layers.scps]
    groups: list[tuple[Layer, tuple[Policy, ...]]] = [
        *rcps,
        *scps,
        (layers.resource_layer, resource),
        (Layer.IDENTITY, layers.identity),
        (Layer.BOUNDARY, boundary or ()),
        (Layer.SESSION, session or ()),
    ]
    denies = [entry for layer, policies in groups for entry in _entries(policies, layer, "Deny", request)]
    if boundary is not None:
        denies = [(_sparing_nobody(statement), reason) for statement, reason in denies]
    return Shortlist(
        denies=tuple(denies),
        ceilings=tuple((layer, _entries(level, layer, "Allow", request)) for layer, level in rcps + scps),
        resource=_entries(resource, layers.resource_layer, "Allow", request),
        identity=_entries(layers.identity, Layer.IDENTITY, "Allow", request),
        boundary=None if boundary is None else _entries(boundary, Layer.BOUNDARY, "Allow", request),
        session=None if session is None else _entries(session, Layer.SESSION, "Allow", request),
    )


def _entries(policies: Iterable[Policy], layer: Layer, effect: str, request: Request) -> Entries:
    action = request.action.lower()
    return tuple(
        (statement, Reason(layer, effect, policy.name, statement.index, statement.sid))
        for policy in policies
        for statement in policy.statements
        if statement.effect == effect and statement.names_action(action, request)
    )


def _sparing_nobody(statement: Statement) -> Statement:
    """A Deny with NotPrincipal hits every caller that has a permissions boundary.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    """
    negated = statement.principals is not None and statement.principals.negated
    return replace(statement, principals=_EVERYONE) if negated else statement
