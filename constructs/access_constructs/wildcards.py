"""Answering cdk-nag's IAM5 for a policy whose wildcards have a written reason."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import aws_cdk as cdk
from constructs import IConstruct


def acknowledge_wildcards(scope: IConstruct, document: Mapping[str, Any], reason: str) -> None:
    """Acknowledge each wildcard finding that cdk-nag has on `document`, one by one, with `reason`."""
    for finding in dict.fromkeys(wildcard_findings(document)):
        cdk.Validations.of(scope).acknowledge(cdk.Acknowledgment(id=f"AwsSolutions-IAM5[{finding}]", reason=reason))


def wildcard_findings(document: Mapping[str, Any], names: Mapping[str, str] = MappingProxyType({})) -> Iterator[str]:
    """Yield cdk-nag's name for each action and resource with a wildcard that an Allow statement has.

    `names` gives the spelling of values that hold CDK tokens.
    """
    statements = document.get("Statement", ())
    for statement in [statements] if isinstance(statements, Mapping) else statements:
        if statement.get("Effect") != "Allow":
            continue
        for kind in ("Action", "Resource"):
            values = statement.get(kind, ())
            for value in [values] if isinstance(values, str) else values:
                if "*" in value:
                    yield f"{kind}::{names.get(value, value)}"
