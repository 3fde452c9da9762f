"""Findings: every rule, applied to every policy of some templates."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from temp_access.cfn.assembly import Assembly, read_templates
from temp_access.cfn.assumptions import TemplateFacts
from temp_access.cfn.loops import Loops
from temp_access.cfn.metadata import read_construct_metadata
from temp_access.cfn.resources import has_policies, policy_documents, unread_parts, with_all_holders
from temp_access.cfn.unread import unread_sections
from temp_access.cfn.variants import Variants, resource_variants
from temp_access.errors import require_extra
from temp_access.iam.statements import LocatedDocument, StatementView, as_mapping, document_statements
from temp_access.lint.meaning.conditions import may_limit
from temp_access.lint.model import GRAMMAR, UNDECIDED, UNREAD, Finding, Violation, finding_id
from temp_access.lint.rules import RESOURCE_RULES, RULES

# The rules that accept a statement with the right condition.
_PREVENTED = frozenset(("Everyone", "ListWithoutPrefix", "SelfEscalation", "TokenSubject"))


def findings(assembly: Assembly) -> tuple[Finding, ...]:
    """Return the findings on an assembly's templates that aren't acknowledged, in the templates' order."""
    unacknowledged, _ = _by_acknowledgment(assembly.folder, assembly.templates.items())
    return tuple(unacknowledged)


def folder_findings(folder: Path) -> tuple[list[Finding], list[Finding]]:
    """Return the findings on all templates in a folder (`cdk.out`): those not acknowledged, and the acknowledged."""
    return _by_acknowledgment(folder, ((template.stack, template.body) for template in read_templates(folder)))


def template_findings(stack: str, template: Mapping[str, object]) -> tuple[Finding, ...]:
    """Return the findings on one template, acknowledged or not, each once; what can't be read is a finding too."""
    loops = Loops(template)
    facts = TemplateFacts(loops.template)
    resources = as_mapping(loops.template.get("Resources"))
    found = [
        _finding(UNREAD, stack, logical_id, as_mapping(resources.get(logical_id)), place, _unread(place, description))
        for logical_id, place, description in unread_sections(loops)
    ]
    for logical_id, resource in ((id_, as_mapping(each)) for id_, each in resources.items()):
        if has_policies(resource):
            found += (
                _finding(rule, stack, logical_id, resource, place, violation)
                for rule, place, violation in _resource_violations(
                    logical_id, resource_variants(facts, resource), resources
                )
            )
    return tuple(dict.fromkeys(found))


def _finding(
    rule: str, stack: str, logical_id: str, resource: Mapping[str, object], place: str, violation: Violation
) -> Finding:
    return Finding(
        rule=rule,
        message=violation.message,
        construct_path=_construct_path(resource),
        template=stack,
        logical_id=logical_id,
        id=finding_id(rule, violation.detail),
        place=place,
        severity=violation.severity,
    )


def _unread(detail: str, description: str) -> Violation:
    return Violation(detail, f"{description}; read it by hand", UNDECIDED)


def _resource_violations(
    logical_id: str, variants: Variants, resources: Mapping[str, object]
) -> Iterator[tuple[str, str, Violation]]:
    """Yield the violations in the variants that can be deployed.

    A violation is written with references to parameters if it doesn't depend on their values.
    """
    shown: dict[tuple[str, str, Violation], None] = {}
    for variant in variants.variants:
        documents = [with_all_holders(each, logical_id, resources) for each in policy_documents(variant.resource)]
        violations = _violations(variant.resource, documents)
        # AWS rejects a default such as "" or "none", so that nobody gets access by it.
        found = [
            (rule, variant.written_place(place), each)
            for rule, place, each in violations
            if not (variant.has_defaults and rule == GRAMMAR)
        ]
        if variant.values:
            with_values = {_with_values(each, variant.values): each for each in shown}
            found = [with_values.get(each, each) for each in found]
        shown |= dict.fromkeys(found)
        if not variant.is_imaginary:
            yield from found
            for place, description in unread_parts(variant.resource):
                written = variant.written_place(place)
                yield UNREAD, written, _unread(written, f"{written} {description}")
    if variants.problem:
        yield UNREAD, "Properties", _unread("Properties", variants.problem)


def _with_values(found: tuple[str, str, Violation], values: Mapping[str, str]) -> tuple[str, str, Violation]:
    rule, place, violation = found
    detail, message = violation.detail, violation.message
    for reference, value in values.items():
        detail, message = detail.replace(reference, value), message.replace(reference, value)
    return rule, place, replace(violation, detail=detail, message=message)


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


def _violations(
    resource: Mapping[str, object], documents: Iterable[LocatedDocument]
) -> Iterator[tuple[str, str, Violation]]:
    for document in documents:
        for statement in document_statements(document):
            for rule, check in RULES.items():
                for violation in check(statement):
                    yield rule, statement.place, _if_decided(rule, violation, statement)
        for place, violation in _grammar_violations(document):
            yield GRAMMAR, place, violation
    for rule, check_resource in RESOURCE_RULES.items():
        for place, violation in check_resource(resource):
            yield rule, place, violation


def _if_decided(rule: str, violation: Violation, statement: StatementView) -> Violation:
    """Return a violation as undecided if a condition that isn't known before the deployment may prevent it."""
    if rule in _PREVENTED and any(map(may_limit, statement.conditions)):
        message = f"{violation.message}; can't tell, because the keys of its condition aren't known"
        return replace(violation, message=message, severity=UNDECIDED)
    return violation


def _grammar_violations(document: LocatedDocument) -> Iterator[tuple[str, Violation]]:
    require_extra("lint")
    # Imported here: it takes a quarter of a second.
    from temp_access.lint.library_packages import import_on_demand

    import_on_demand()
    from temp_access.lint.grammar import check

    return check(document)


def _construct_path(resource: Mapping[str, object]) -> str | None:
    path = as_mapping(resource.get("Metadata")).get("aws:cdk:path")
    return path if isinstance(path, str) else None
