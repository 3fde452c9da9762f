"""One entry of a statement's Condition, as a formula; temp_access.policy.conditions does it for values."""

from temp_access.policy.conditions import KeyCondition, compile_condition
from temp_access.policy.glob_regex import WildcardScope
from temp_access.policy.prove.encoder import Encoder, UnencodedCondition
from temp_access.policy.prove.languages import ignoring_case
from temp_access.policy.prove.marker import FOLDER
from temp_access.policy.prove.matching import matches_any
from temp_access.policy.prove.solver import Formula
from temp_access.policy.prove.unmodelled import NotEncodableError
from temp_access.policy.session import escape

# Keys that can have several values; StringLike and the like without a set operator are open for them too,
# and for those of services whose keys aren't known here.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
_MULTIVALUED = (
    "aws:tagkeys",
    "aws:calledvia",
    "aws:principalorgpaths",
    "aws:resourceorgpaths",
    "aws:sourceorgpaths",
    "aws:principalservicenameslist",
    "aws:vpceorgpaths",
    "s3:requestobjecttagkeys",
    "sts:transitivetagkeys",
)
_SERVICES = ("aws", "iam", "s3", "sts")
_PATTERNS = ("stringequals", "stringlike", "arnequals", "arnlike")
_IGNORING_CASE = ("stringequalsignorecase", "bool")


def condition_holds(encoder: Encoder, operator: str, key: str, values: tuple[str, ...], *, variables: bool) -> Formula:
    """Whether the condition holds, the key being absent included."""
    logic = encoder.logic
    name = operator.lower()
    present = encoder.value(key).present
    if name == "null":
        wanted = {value.lower() == "true" for value in values}
        return logic.or_([logic.and_([logic.not_(present)] if absent else [present]) for absent in sorted(wanted)])
    compiled = compile_condition(operator, key, values, variables=variables)
    if not isinstance(compiled, KeyCondition):
        raise NotEncodableError(f"the condition {operator} isn't modelled")
    if compiled.quantifier is not None or _can_have_several(key.lower()):
        return _open(encoder, UnencodedCondition(operator, key, values, variables))
    base = name.removesuffix("ifexists").replace("not", "", 1)
    matched = _matched(encoder, base, key, values, variables=variables)
    there = logic.and_([present, logic.not_(matched) if compiled.negated else matched])
    return logic.or_([there, logic.not_(present)]) if compiled.negated or compiled.if_exists else there


def _can_have_several(key: str) -> bool:
    return key in _MULTIVALUED or key.partition(":")[0] not in _SERVICES


def _matched(encoder: Encoder, base: str, key: str, values: tuple[str, ...], *, variables: bool) -> Formula:
    value = encoder.value(key).text
    if base in _IGNORING_CASE and all(text.isascii() and "${" not in text for text in values):
        return encoder.logic.or_(
            encoder.logic.in_language(value, ignoring_case(encoder.logic, text)) for text in values
        )
    if base not in _PATTERNS:
        return _open(encoder, UnencodedCondition(base, key, values, variables))
    style = WildcardScope.ARN if base.startswith("arn") else WildcardScope.TEXT
    return matches_any(encoder, value, values, variables=variables, style=style, wildcards=base != "stringequals")


def _open(encoder: Encoder, test: UnencodedCondition) -> Formula:
    if any(FOLDER in value or escape(FOLDER) in value for value in test.values):
        raise NotEncodableError(f"the folder in a condition {test.operator} isn't modelled")
    return encoder.add_unencoded(test)
