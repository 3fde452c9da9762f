"""Acknowledging findings of the lint rules."""

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from constructs import IConstruct

from temp_access.cfn.unresolved import render_all
from temp_access.iam.statements import LocatedDocument, PolicyType, as_mapping, document_statements
from temp_access.lint.model import finding_id
from temp_access.lint.rules import list_without_prefix, self_escalation

# What a policy gives on purpose; a slip, like a misspelt variable, has no reason.
_GIVEN = {"ListWithoutPrefix": list_without_prefix.check, "SelfEscalation": self_escalation.check}


def acknowledge(scope: IConstruct, rule: str, detail: str, *, reason: str) -> None:
    """Acknowledge what `rule` holds against `detail` in `scope` and what it contains."""
    cdk.Validations.of(scope).acknowledge(cdk.Acknowledgment(id=finding_id(rule, detail), reason=reason))


def acknowledge_given(scope: IConstruct, document: Mapping[str, Any], *, holder: str, reason: str) -> None:
    """Acknowledge that `document` lets `holder` list whole buckets or make itself administrator, if it does."""
    body = as_mapping(render_all(document))
    for statement in document_statements(LocatedDocument(PolicyType.IDENTITY, "", body, (holder,))):
        for rule, check in _GIVEN.items():
            for fault in check(statement):
                acknowledge(scope, rule, fault.detail, reason=reason)
