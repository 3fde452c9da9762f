"""No AWS managed policy is attached that lets its holder make itself administrator, like IAMFullAccess.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_job-functions.html
"""

from collections.abc import Iterator, Mapping

from temp_access.cfn.unresolved import render
from temp_access.iam.aws_managed import bundled_document
from temp_access.iam.statements import LocatedDocument, PolicyType, as_list, as_mapping, document_statements
from temp_access.lint.model import Violation
from temp_access.lint.rules import self_escalation


def check(resource: Mapping[str, object]) -> Iterator[tuple[str, Violation]]:
    """Yield each policy that does so, by its document as it is kept here."""
    properties = as_mapping(resource.get("Properties"))
    # The other name is that of a permission set.
    for element in ("ManagedPolicyArns", "ManagedPolicies"):
        yield from _attached(element, as_list(properties.get(element)))


def _attached(element: str, attached: list[object]) -> Iterator[tuple[str, Violation]]:
    for index, arn in enumerate(map(render, attached)):
        document = bundled_document(arn)
        if document and (action := _escalates(document)):
            _, _, name = arn.partition(":policy/")
            yield (
                f"Properties.{element}.{index}",
                Violation(
                    name, f"{name} lets its holder make itself administrator, with {action}; attach a narrower one"
                ),
            )


def _escalates(body: Mapping[str, object]) -> str | None:
    found = map(self_escalation.check, document_statements(LocatedDocument(PolicyType.IDENTITY, "", body)))
    return next((fault.detail for faults in found for fault in faults), None)
