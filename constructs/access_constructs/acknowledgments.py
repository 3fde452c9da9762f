"""Acknowledging what cdk-nag and the lint rules find in a policy, finding by finding, with a written reason."""

from collections.abc import Iterator, Mapping
from typing import Any

import aws_cdk as cdk
from constructs import IConstruct

from temp_access.cfn.unresolved import render_all
from temp_access.iam.statements import LocatedDocument, PolicyType, as_list, as_mapping, document_statements
from temp_access.lint.model import finding_id
from temp_access.lint.rules import list_without_prefix, self_escalation

# What a policy allows on purpose; a slip, like a misspelt variable, has no reason.
_INTENDED = {"ListWithoutPrefix": list_without_prefix.check, "SelfEscalation": self_escalation.check}


def acknowledge(scope: IConstruct, rule: str, detail: str, *, reason: str) -> None:
    """Acknowledge the finding of a lint rule, in `scope` and what it contains.

    `rule` is its name and `detail` the value at fault: a report shows both, as `AccessChecks::RULE[DETAIL]`.
    """
    _acknowledge(scope, finding_id(rule, detail), reason)


def acknowledge_policy(scope: IConstruct, document: Mapping[str, Any], *, holder: str, reason: str) -> None:
    """Acknowledge what a policy that `scope` defines allows on purpose.

    That is each wildcard, of which cdk-nag has a finding, and that `holder`, the name of the user or role with the
    policy, may list whole buckets or make itself administrator.
    """
    body = as_mapping(cdk.Stack.of(scope).resolve(document))
    for finding in dict.fromkeys(_wildcard_findings(body)):
        _acknowledge(scope, f"AwsSolutions-IAM5[{finding}]", reason)
    for statement in document_statements(
        LocatedDocument(PolicyType.IDENTITY, "", as_mapping(render_all(body)), (holder,))
    ):
        for rule, check in _INTENDED.items():
            for violation in check(statement):
                acknowledge(scope, rule, violation.detail, reason=reason)


def _acknowledge(scope: IConstruct, id_: str, reason: str) -> None:
    cdk.Validations.of(scope).acknowledge(cdk.Acknowledgment(id=id_, reason=reason))


def _wildcard_findings(document: Mapping[str, object]) -> Iterator[str]:
    """Yield cdk-nag's name for each action and resource with a wildcard that an Allow statement has."""
    for statement in map(as_mapping, as_list(document.get("Statement"))):
        if statement.get("Effect") != "Allow":
            continue
        for element in ("Action", "Resource"):
            for value in map(_nag_name, as_list(statement.get(element))):
                if "*" in value:
                    yield f"{element}::{value}"


def _nag_name(value: object) -> str:
    """Return a resolved value as cdk-nag writes it in the ids of its findings.

    https://github.com/cdklabs/cdk-nag/blob/v3.0.2/src/utils/flatten-cfn-reference.ts
    """
    if not isinstance(value, Mapping):
        return str(value).replace("${", "<").replace("}", ">")
    [(function, argument)] = value.items()
    if function == "Fn::Join":
        return str(argument[0]).join(map(_nag_name, argument[1]))
    if function == "Fn::GetAtt":
        return f"<{'.'.join(map(_nag_name, argument))}>"
    return f"<{_nag_name(argument)}>" if function == "Ref" else _nag_name(argument)
