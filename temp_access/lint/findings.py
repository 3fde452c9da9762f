"""Findings: every rule, applied to every policy of some templates."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from temp_access.cfn.assembly import Assembly, read_templates
from temp_access.cfn.metadata import read_construct_metadata
from temp_access.cfn.resources import policy_documents
from temp_access.cfn.unresolved import if_variants
from temp_access.errors import require_extra
from temp_access.iam.statements import LocatedDocument, as_mapping, document_statements
from temp_access.lint.model import Finding, Violation, finding_id
from temp_access.lint.rules import RESOURCE_RULES, RULES


def findings(assembly: Assembly) -> tuple[Finding, ...]:
    """Return the findings on an assembly's templates that aren't acknowledged, in the templates' order."""
    unacknowledged, _ = _by_acknowledgment(assembly.folder, assembly.templates.items())
    return tuple(unacknowledged)


def folder_findings(folder: Path) -> tuple[list[Finding], list[Finding]]:
    """Return the findings on all templates in a folder (`cdk.out`): those not acknowledged, and the acknowledged."""
    return _by_acknowledgment(folder, ((template.stack, template.body) for template in read_templates(folder)))


def template_findings(stack: str, template: Mapping[str, object]) -> tuple[Finding, ...]:
    """Return the findings on one template, acknowledged or not, each once."""
    all_findings = (
        Finding(
            rule=rule,
            message=violation.message,
            construct_path=_construct_path(variant),
            template=stack,
            logical_id=logical_id,
            id=finding_id(rule, violation.detail),
            place=place,
            severity=violation.severity,
        )
        for logical_id, resource in as_mapping(template.get("Resources")).items()
        for variant in map(as_mapping, if_variants(resource))
        for rule, place, violation in _violations(variant)
    )
    return tuple(dict.fromkeys(all_findings))


def _by_acknowledgment(
    folder: Path, templates: Iterable[tuple[str, Mapping[str, object]]]
) -> tuple[list[Finding], list[Finding]]:
    metadata = read_construct_metadata(folder)
    unacknowledged: list[Finding] = []
    acknowledged: list[Finding] = []
    for stack, template in templates:
        for finding in template_findings(stack, template):
            # A template can be written without construct paths.
            path = finding.construct_path or metadata.path(stack, finding.logical_id)
            reason = metadata.reason(finding.id, path or "")
            (unacknowledged if reason is None else acknowledged).append(replace(finding, construct_path=path))
    return unacknowledged, acknowledged


def _violations(resource: Mapping[str, object]) -> Iterator[tuple[str, str, Violation]]:
    for document in policy_documents(resource):
        for statement in document_statements(document):
            for rule, check in RULES.items():
                for violation in check(statement):
                    yield rule, statement.place, violation
        for place, violation in _grammar_violations(document):
            yield "Grammar", place, violation
    for rule, check_resource in RESOURCE_RULES.items():
        for place, violation in check_resource(resource):
            yield rule, place, violation


def _grammar_violations(document: LocatedDocument) -> Iterator[tuple[str, Violation]]:
    require_extra("lint")
    # Imported here: it takes half a second.
    from temp_access.lint.grammar import check

    return check(document)


def _construct_path(resource: Mapping[str, object]) -> str | None:
    path = as_mapping(resource.get("Metadata")).get("aws:cdk:path")
    return path if isinstance(path, str) else None
