"""All rules on all templates."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from temp_access.cfn.assembly import Assembly, read_templates
from temp_access.cfn.metadata import read_construct_metadata
from temp_access.cfn.resources import policy_documents
from temp_access.cfn.unresolved import if_variants
from temp_access.iam.statements import as_mapping, statements
from temp_access.lint.model import Finding, Violation, finding_id
from temp_access.lint.rules import RESOURCE_RULES, RULES


def findings(assembly: Assembly) -> tuple[Finding, ...]:
    """Return what the rules hold against an assembly's resources and isn't acknowledged, in the templates' order."""
    unacknowledged, _ = _sorted(assembly.folder, assembly.templates.items())
    return tuple(unacknowledged)


def folder_findings(folder: Path) -> tuple[list[Finding], list[Finding]]:
    """Return the same of all stacks in a folder (`cdk.out`), and apart from it what is acknowledged."""
    return _sorted(folder, ((template.stack, template.body) for template in read_templates(folder)))


def _sorted(folder: Path, templates: Iterable[tuple[str, Mapping[str, object]]]) -> tuple[list[Finding], list[Finding]]:
    metadata = read_construct_metadata(folder)
    unacknowledged: list[Finding] = []
    acknowledged: list[Finding] = []
    for stack, template in templates:
        for finding in template_findings(stack, template):
            # A template can lack its resources' construct paths.
            path = finding.construct_path or metadata.path(stack, finding.logical_id)
            reason = metadata.reason(finding.id, path or "")
            (unacknowledged if reason is None else acknowledged).append(replace(finding, construct_path=path))
    return unacknowledged, acknowledged


def template_findings(name: str, template: Mapping[str, object]) -> tuple[Finding, ...]:
    """Return what the rules hold against the resources of one template, acknowledged or not, each once."""
    resources = as_mapping(template.get("Resources"))
    found = (
        Finding(
            rule=rule,
            message=fault.message,
            construct_path=_path(as_mapping(variant).get("Metadata")),
            template=name,
            logical_id=logical_id,
            id=finding_id(rule, fault.detail),
            place=place,
            severity=fault.severity,
        )
        for logical_id, resource in resources.items()
        for variant in if_variants(resource)
        for rule, place, fault in _faults(as_mapping(variant))
    )
    return tuple(dict.fromkeys(found))


def _faults(resource: Mapping[str, object]) -> Iterator[tuple[str, str, Violation]]:
    for document in policy_documents(resource):
        for statement in statements(document):
            for rule, check in RULES.items():
                for fault in check(statement):
                    yield rule, statement.place, fault
        # Half a second: whoever reads templates without policies does not pay for it.
        from temp_access.lint.grammar import grammar

        for place, fault in grammar(document):
            yield "Grammar", place, fault
    for rule, check_resource in RESOURCE_RULES.items():
        for place, fault in check_resource(resource):
            yield rule, place, fault


def _path(metadata: object) -> str | None:
    path = as_mapping(metadata).get("aws:cdk:path")
    return path if isinstance(path, str) else None
