"""The lint rules as a validation plugin of the CDK: `cdk.Validations.of(app).add_plugins(AccessChecks())`."""

from itertools import chain
from pathlib import Path

import aws_cdk as cdk
import jsii

from temp_access.cfn.assembly import with_nested
from temp_access.errors import require_extra
from temp_access.lint.findings import template_findings
from temp_access.lint.model import NAMESPACE, UNREAD, Finding
from temp_access.lint.rules import RESOURCE_RULES, RULES


@jsii.implements(cdk.IPolicyValidationPlugin)
class AccessChecks:
    """Checks the policies of all templates at synthesis, and knows nothing about access.toml.

    A finding is acknowledged next to its construct, by the id that the report shows after `AccessChecks::`.
    Raises MissingExtraError if the extra `lint` isn't installed.
    """

    def __init__(self) -> None:
        # The CDK would report an error raised at synthesis as its own.
        require_extra("lint")

    @property
    def name(self) -> str:
        """Return the name in reports, which is also the prefix of acknowledgment ids."""
        return NAMESPACE

    @property
    def version(self) -> str | None:
        """Return None: the plugin has no version of its own."""
        return None

    @property
    def rule_ids(self) -> list[str]:
        """Return the names of the rules, without the detail in brackets that a finding's id has."""
        return [*RULES, "Grammar", *RESOURCE_RULES, UNREAD]

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Return the violations in the templates; the CDK removes the acknowledged ones."""
        templates = chain.from_iterable(
            with_nested(stack.stack_construct_path, Path(stack.template_path)) for stack in context.stack_templates
        )
        findings = [
            (str(template.file), finding)
            for template in templates
            for finding in template_findings(template.stack, template.body)
        ]
        return cdk.PolicyValidationPluginReport(
            success=not any(finding.severity == "error" for _, finding in findings),
            violations=[_violation(file, finding) for file, finding in findings],
        )


def _violation(file: str, finding: Finding) -> cdk.PolicyViolation:
    return cdk.PolicyViolation(
        rule_name=finding.id.removeprefix(f"{NAMESPACE}::"),
        description=finding.message,
        severity=finding.severity,
        violating_resources=[
            cdk.PolicyViolatingResource(
                resource_logical_id=finding.logical_id, template_path=file, locations=[finding.place]
            )
        ],
    )
