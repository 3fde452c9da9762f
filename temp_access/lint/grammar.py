"""Iam-policy-validator as one rule."""

import asyncio
import logging
from collections.abc import Iterator
from functools import cache

from iam_validator import checks
from iam_validator.core.check_registry import CheckRegistry
from iam_validator.core.models import IAMPolicy, ValidationIssue
from pydantic import ValidationError

from temp_access.iam.decision import Layer
from temp_access.iam.document import MalformedPolicy
from temp_access.iam.parser import parse_policy
from temp_access.iam.statements import LocatedDocument, PolicyType, as_list, as_mapping
from temp_access.lint.model import Violation
from temp_access.lint.sample_values import with_sample_values
from temp_access.lint.service_data import Services

# Only what is right or wrong by AWS's rules; opinions on what is wise are cdk-nag's and our own rules'.
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
# A key that every request has, like aws:SourceIp, is right with every action; without a Version there is a
# default, which only matters to variables; an ARN may be compared as a text; and which services should be asked
# for aws:SourceArn is AWS's to know: its own examples for roles of EC2, ECS and Lambda have none.
_OPINIONS = frozenset(
    [
        "confused_deputy_risk",
        "global_condition_key_with_action_specific",
        "missing_version",
        "type_mismatch_usable",
    ]
)
_MISSING = "missing_required_condition_for_assume_action"
_LAYERS = {PolicyType.IDENTITY: Layer.IDENTITY, PolicyType.RESOURCE: Layer.RESOURCE, PolicyType.TRUST: Layer.TRUST}


def check(document: LocatedDocument) -> Iterator[tuple[str, Violation]]:
    """Yield each issue with the property's path."""
    body = dict(document.body)
    body["Statement"] = [
        with_sample_values(each) if isinstance(each, dict) else each for each in as_list(body.get("Statement"))
    ]
    found = list(_by_library(body, document))
    yield from found
    if not any(fault.severity == "error" for _, fault in found):
        # The evaluator's parser knows a few rules more: an element that is missing, or isn't for this kind.
        yield from _by_parser(body, document)


def _by_parser(body: dict[str, object], document: LocatedDocument) -> Iterator[tuple[str, Violation]]:
    try:
        parse_policy(body, _LAYERS[document.kind])
    except MalformedPolicy as error:
        yield document.place, Violation(error.element, f"{error.element}: {error.why}; AWS would refuse the policy")


def _by_library(body: dict[str, object], document: LocatedDocument) -> Iterator[tuple[str, Violation]]:
    try:
        policy = IAMPolicy.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        yield document.place, Violation(where, f"{where}: isn't as a policy has it: {first['msg']}")
        return
    unknown = {index for index, each in enumerate(as_list(document.body.get("Statement"))) if _keys_are_unknown(each)}
    for issue in asyncio.run(_issues(policy, body, document)):
        if issue.issue_type == _MISSING and issue.statement_index in unknown:
            continue
        if issue.severity not in ("info", "none") and issue.issue_type not in _OPINIONS:
            inside = issue.statement_index >= 0
            yield f"{document.place}.Statement.{issue.statement_index}" if inside else document.place, _fault(issue)


def _keys_are_unknown(statement: object) -> bool:
    return any(isinstance(keys, str) for keys in as_mapping(as_mapping(statement).get("Condition")).values())


@cache
def _registry() -> CheckRegistry:
    logging.getLogger("iam_validator").setLevel(logging.CRITICAL)
    registry = CheckRegistry(enable_parallel=False)
    for each in _CHECKS:
        registry.register(each())
    return registry


async def _issues(policy: IAMPolicy, body: dict[str, object], document: LocatedDocument) -> list[ValidationIssue]:
    kind, registry, services = document.kind.value, _registry(), Services()
    found: list[ValidationIssue] = await registry.execute_policy_checks(
        policy, document.place, services, kind, raw_policy_dict=body, policy_type_source="cli-flag"
    )
    for index, each in enumerate(policy.statement or ()):
        found += await registry.execute_checks_parallel(each, index, services, document.place, policy_type=kind)
    return found


def _fault(issue: ValidationIssue) -> Violation:
    about = issue.action or issue.condition_key or issue.resource or issue.statement_sid
    message = issue.message.replace("`", "").replace("**", "")
    severity = "error" if issue.severity == "error" else "warning"
    return Violation(f"{issue.issue_type}:{about}" if about else issue.issue_type, message, severity)
