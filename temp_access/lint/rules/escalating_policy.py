"""No attached AWS managed policy lets its holder become administrator, as IAMFullAccess does.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_job-functions.html
"""

from collections.abc import Iterator, Mapping
from itertools import chain

from temp_access.cfn.unresolved import render
from temp_access.iam.aws_managed import bundled_document
from temp_access.iam.statements import LocatedDocument, PolicyType, as_list, as_mapping, document_statements
from temp_access.lint.model import Violation
from temp_access.lint.rules import self_escalation


def check(resource: Mapping[str, object]) -> Iterator[tuple[str, Violation]]:
    """Yield each such policy, by its bundled document; a policy that isn't bundled is accepted."""
    properties = as_mapping(resource.get("Properties"))
    # A permission set has the second property.
    for element in ("ManagedPolicyArns", "ManagedPolicies"):
        yield from _attached(element, as_list(properties.get(element)))


def _attached(element: str, attached: list[object]) -> Iterator[tuple[str, Violation]]:
    for index, arn in enumerate(map(render, attached)):
        document = bundled_document(arn)
        if document and (action := _escalating_action(document)):
            _, _, name = arn.partition(":policy/")
            yield (
                f"Properties.{element}.{index}",
                Violation(name, f"{name} lets its holder become administrator with {action}; attach a narrower policy"),
            )


def _escalating_action(body: Mapping[str, object]) -> str | None:
    violations = map(self_escalation.check, document_statements(LocatedDocument(PolicyType.IDENTITY, "", body)))
    return next((violation.detail for violation in chain.from_iterable(violations)), None)
