"""Acknowledgments of cdk-nag's and the lint rules' findings on a policy, each with a written reason."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import aws_cdk as cdk
from constructs import IConstruct

from temp_access.cfn.variants import document_variants
from temp_access.iam.statements import LocatedDocument, PolicyType, as_list, as_mapping, document_statements
from temp_access.lint.model import finding_id
from temp_access.lint.rules import list_without_prefix, self_escalation

# Of cdk-nag: the rule, and the finding in its only brackets.
_PLAIN_ID = re.compile(r"[\w-]+\[[^][(){} ]*\]")
# A policy can allow these on purpose. No reason acknowledges a mistake such as a misspelt variable.
_INTENDED = {"ListWithoutPrefix": list_without_prefix.check, "SelfEscalation": self_escalation.check}


def acknowledge(scope: IConstruct, rule: str, detail: str, *, reason: str) -> None:
    """Acknowledge a lint rule's finding in `scope` and the constructs that it contains.

    `rule` is the rule's name, `detail` the value that breaks it; a report shows them as `AccessChecks::RULE[DETAIL]`.
    """
    _acknowledge(scope, finding_id(rule, detail), reason)


def acknowledge_policy(scope: IConstruct, document: Mapping[str, Any], *, holder: str, reason: str) -> None:
    """Acknowledge the permissions that a policy defined by `scope` grants on purpose.

    These are its wildcards, which cdk-nag reports, and the permissions of `holder`, the name of the user or role with
    the policy, to list whole buckets or to make itself an administrator.
    """
    body = as_mapping(cdk.Stack.of(scope).resolve(document))
    for finding in dict.fromkeys(_wildcard_findings(body)):
        _acknowledge_nag(scope, f"AwsSolutions-IAM5[{finding}]", reason)
    intended = (
        (rule, violation.detail)
        for variant in document_variants(body)
        for statement in document_statements(LocatedDocument(PolicyType.IDENTITY, "", variant, (holder,)))
        for rule, check in _INTENDED.items()
        for violation in check(statement)
    )
    for rule, detail in dict.fromkeys(intended):
        acknowledge(scope, rule, detail, reason=reason)


def _acknowledge(scope: IConstruct, id_: str, reason: str) -> None:
    cdk.Validations.of(scope).acknowledge(cdk.Acknowledgment(id=id_, reason=reason))


def _acknowledge_nag(scope: IConstruct, id_: str, reason: str) -> None:
    """Acknowledge a finding of cdk-nag, whose id contains a resource.

    `Validations` replaces spaces in an id and refuses single brackets, and cdk-nag does neither, so such an id is
    written where cdk-nag looks for it.
    """
    if _PLAIN_ID.fullmatch(id_):
        _acknowledge(scope, id_, reason)
    else:
        scope.node.add_metadata(cdk.Validations.ACKNOWLEDGED_RULES_METADATA_KEY, {f"Annotation::{id_}": reason})


def _wildcard_findings(document: Mapping[str, object]) -> Iterator[str]:
    """Yield cdk-nag's name of each action and resource with a wildcard in an Allow statement."""
    for statement in map(as_mapping, as_list(document.get("Statement"))):
        if statement.get("Effect") != "Allow":
            continue
        for element in ("Action", "Resource"):
            for value in map(_nag_name, as_list(statement.get(element))):
                if "*" in value:
                    yield f"{element}::{value}"


def _nag_name(value: object) -> str:
    """Return a resolved value in the form that cdk-nag uses in its finding ids.

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
