"""The rule Grammar: the library iam-policy-validator, our own checks, and the evaluator's parser."""

import asyncio
import logging
import re
from collections.abc import Iterator
from functools import cache

from iam_validator import checks
from iam_validator.core.check_registry import CheckRegistry
from iam_validator.core.models import IAMPolicy, ValidationIssue
from pydantic import ValidationError

from temp_access.cfn.unresolved import has_reference
from temp_access.iam.decision import Layer
from temp_access.iam.document import MalformedPolicy
from temp_access.iam.parser import parse_policy
from temp_access.iam.statements import LocatedDocument, PolicyType, as_list, as_mapping, document_statements
from temp_access.lint.library_input import as_library_input
from temp_access.lint.library_issues import is_accepted
from temp_access.lint.model import Violation
from temp_access.lint.policy_checks import policy_violations
from temp_access.lint.sample_values import with_sample_values
from temp_access.lint.service_data import Services

# The checks that compare a policy with the rules of AWS. Those on good practice are left to cdk-nag and our own rules.
_CHECKS = (
    checks.PolicyStructureCheck,
    checks.SidUniquenessCheck,
    checks.PolicySizeCheck,
    checks.PolicyTypeValidationCheck,
    checks.ActionValidationCheck,
    checks.ResourceValidationCheck,
    checks.ConditionKeyValidationCheck,
    checks.ConditionTypeMismatchCheck,
    checks.SetOperatorValidationCheck,
    checks.IfExistsConditionCheck,
    checks.ActionResourceMatchingCheck,
    checks.MFAConditionCheck,
    checks.TrustPolicyValidationCheck,
)
_MISSING = "missing_required_condition_for_assume_action"
_LAYERS = {PolicyType.IDENTITY: Layer.IDENTITY, PolicyType.RESOURCE: Layer.RESOURCE, PolicyType.TRUST: Layer.TRUST}

# A finding of its own says that its result isn't read.
_TRANSFORM = "Fn::Transform"
_SAMPLE = {"Effect": "Deny", "Action": "*", "Resource": "*"}
_SAMPLES = {
    PolicyType.IDENTITY: _SAMPLE,
    PolicyType.RESOURCE: _SAMPLE | {"Principal": "*"},
    PolicyType.TRUST: {"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": "*"},
}


def check(document: LocatedDocument) -> Iterator[tuple[str, Violation]]:
    """Yield each violation in a document with the path of its property."""
    if _TRANSFORM in document.body:
        return
    body = dict(document.body)
    body["Statement"] = [_checkable(each, document.kind) for each in as_list(body.get("Statement"))]
    violations = [*_library_violations(body, document), *policy_violations(document)]
    yield from violations
    if not any(violation.severity == "error" for _, violation in violations):
        # The parser knows a few more rules: a missing element, or one that this type of policy can't have.
        yield from _parser_violations(body, document)


def _checkable(statement: object, kind: PolicyType) -> object:
    if (isinstance(statement, str) and has_reference(statement)) or _TRANSFORM in as_mapping(statement):
        # It isn't known before the deployment. One without a defect keeps the positions of the others.
        return _SAMPLES[kind]
    return with_sample_values(statement) if isinstance(statement, dict) else statement


def _parser_violations(body: dict[str, object], document: LocatedDocument) -> Iterator[tuple[str, Violation]]:
    try:
        parse_policy(body, _LAYERS[document.kind])
    except MalformedPolicy as error:
        yield document.place, Violation(error.element, f"{error.element}: {error.reason}; AWS rejects the policy")


def _library_violations(body: dict[str, object], document: LocatedDocument) -> Iterator[tuple[str, Violation]]:
    statements = as_list(body["Statement"])
    known = body | {"Statement": [as_library_input(each) if isinstance(each, dict) else each for each in statements]}
    try:
        policy = IAMPolicy.model_validate(known)
    except ValidationError as error:
        first = error.errors()[0]
        location = ".".join(map(str, first["loc"]))
        yield document.place, Violation(location, f"{location}: isn't valid in a policy ({first['msg']}); correct it")
        return
    views = list(document_statements(document))
    unknown = {index for index, each in enumerate(as_list(document.body.get("Statement"))) if _has_unknown_keys(each)}
    for issue in asyncio.run(_issues(policy, known, document)):
        if issue.issue_type == _MISSING and issue.statement_index in unknown:
            continue
        inside = 0 <= issue.statement_index < len(views)
        if not is_accepted(issue, views[issue.statement_index] if inside else None):
            yield f"{document.place}.Statement.{issue.statement_index}" if inside else document.place, _violation(issue)


def _has_unknown_keys(statement: object) -> bool:
    condition = as_mapping(statement).get("Condition")
    return isinstance(condition, str) or any(isinstance(keys, str) for keys in as_mapping(condition).values())


@cache
def _registry() -> CheckRegistry:
    logging.getLogger("iam_validator").setLevel(logging.CRITICAL)
    registry = CheckRegistry(enable_parallel=False)
    for check_class in _CHECKS:
        registry.register(check_class())
    return registry


async def _issues(policy: IAMPolicy, body: dict[str, object], document: LocatedDocument) -> list[ValidationIssue]:
    kind, registry, services = document.kind.value, _registry(), Services()
    issues: list[ValidationIssue] = await registry.execute_policy_checks(
        policy, document.place, services, kind, raw_policy_dict=body, policy_type_source="cli-flag"
    )
    for index, each in enumerate(policy.statement or ()):
        issues += await registry.execute_checks_parallel(each, index, services, document.place, policy_type=kind)
    return issues


def _violation(issue: ValidationIssue) -> Violation:
    subject = issue.action or issue.condition_key or issue.resource or issue.statement_sid
    # The library writes Markdown.
    message = re.sub(r"\*\*(\w[^*]*)\*\*", r"\1", issue.message.replace("`", ""))
    severity = "error" if issue.severity == "error" else "warning"
    return Violation(f"{issue.issue_type}:{subject}" if subject else issue.issue_type, message, severity)
