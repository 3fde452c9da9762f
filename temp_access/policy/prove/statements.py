"""Whether a statement applies to the request, as a formula; temp_access.policy.document does it for values."""

from collections.abc import Mapping
from typing import Any

from temp_access.policy.document import Policy, Statement
from temp_access.policy.elements import ElementReader
from temp_access.policy.glob_regex import WildcardScope
from temp_access.policy.grammar import VERSIONS
from temp_access.policy.principals import Principals
from temp_access.policy.prove.conditions import condition_holds
from temp_access.policy.prove.encoder import Encoder
from temp_access.policy.prove.matching import matches_any
from temp_access.policy.prove.principals import covers
from temp_access.policy.prove.solver import Formula
from temp_access.policy.wildcards import pad_arn


def applies(encoder: Encoder, policy: Policy, statement: Statement, principals: Principals | None) -> Formula:
    """Whether the statement's action, resource, principal and all conditions fit the request."""
    logic = encoder.logic
    body = policy.bodies[statement.index]
    variables = policy.version == VERSIONS[0]
    actions = [text.lower() for text in _texts(body, "NotAction" if statement.not_action else "Action")]
    named = matches_any(encoder, encoder.action, actions, variables=False)
    found = [logic.not_(named) if statement.not_action else named]
    if statement.resources is not None:
        texts = _texts(body, "NotResource" if statement.not_resource else "Resource")
        named = matches_any(
            encoder, encoder.resource, [*map(pad_arn, texts)], variables=variables, style=WildcardScope.RESOURCE
        )
        found.append(logic.not_(named) if statement.not_resource else named)
    if principals is not None:
        found.append(covers(encoder, principals))
    for operator, keys in (body.get("Condition") or {}).items():
        for key in keys:
            found.append(condition_holds(encoder, operator, key, _texts(keys, key), variables=variables))
    return logic.and_(found)


def _texts(body: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return ElementReader("policy", name, body[name]).texts()
