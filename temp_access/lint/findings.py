"""All rules on all templates."""

from temp_access.lint.model import Finding, as_mapping
from temp_access.lint.rules import RULES
from temp_access.lint.statements import statements
from temp_access.verify.state.assembly import Assembly


def findings(assembly: Assembly) -> tuple[Finding, ...]:
    """Return what the rules hold against the resources of an assembly, in the templates' order, each once."""
    found = (
        Finding(rule, message, _path(resource.get("Metadata")), name, logical_id)
        for name, template in assembly.templates.items()
        for logical_id, resource in template["Resources"].items()
        for statement in statements(resource.get("Properties"))
        for rule, check in RULES.items()
        for message in check(statement)
    )
    return tuple(dict.fromkeys(found))


def _path(metadata: object) -> str | None:
    path = as_mapping(metadata).get("aws:cdk:path")
    return path if isinstance(path, str) else None
