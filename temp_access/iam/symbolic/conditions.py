"""Whether a condition holds, as a formula."""

from temp_access.iam.conditions import KeyCondition, Quantifier, compile_condition
from temp_access.iam.patterns import WildcardScope
from temp_access.iam.service_reference import may_be_multivalued
from temp_access.iam.symbolic.encoder import Encoder, UnencodedCondition
from temp_access.iam.symbolic.ordered_values import compares, ordered_kind
from temp_access.iam.symbolic.patterns import FOLDER_MARK, matches_any
from temp_access.iam.symbolic.solver import Formula, NotEncodableError
from temp_access.iam.symbolic.token_keys import case_insensitive

_PATTERNS = ("stringequals", "stringlike", "arnequals", "arnlike")
_IGNORING_CASE = ("stringequalsignorecase", "bool")


def condition_holds(encoder: Encoder, operator: str, key: str, values: tuple[str, ...], *, variables: bool) -> Formula:
    """Whether the condition holds, also for an absent key."""
    solver = encoder.solver
    if FOLDER_MARK in key:
        raise NotEncodableError(f"the folder in the condition key {key} isn't modeled")
    present = encoder.value(key).present
    if operator.lower() == "null":
        absent_values = {value.lower() == "true" for value in values}
        return solver.or_(
            [solver.and_([solver.not_(present)] if absent else [present]) for absent in sorted(absent_values)]
        )
    compiled = compile_condition(operator, key, values, variables=variables)
    if not isinstance(compiled, KeyCondition):
        raise NotEncodableError(f"the condition {operator} isn't modeled")
    if may_be_multivalued(key):
        test = UnencodedCondition(operator.lower(), key.lower(), tuple(sorted(set(values))), variables)
        holds = _unencoded(encoder, test)
    else:
        holds = _holds_for_one_value(encoder, compiled, operator, key, values, variables=variables)
    without_key = compiled.if_exists or compiled.quantifier is Quantifier.ALL
    without_key = without_key or (compiled.negated and compiled.quantifier is None)
    absent = [solver.not_(present)] if without_key else []
    return solver.or_([solver.and_([present, holds]), *absent])


def _holds_for_one_value(
    encoder: Encoder, compiled: KeyCondition, operator: str, key: str, values: tuple[str, ...], *, variables: bool
) -> Formula:
    solver = encoder.solver
    base = operator.lower().rpartition(":")[2].removesuffix("ifexists").replace("not", "", 1)
    matched = _value_matches(encoder, base, key, values, variables=variables)
    holds = solver.not_(matched) if compiled.negated else matched
    if compiled.quantifier is None:
        return holds
    # To a set operator, an empty string is an empty set of values.
    empty = solver.one_of(encoder.value(key).value, [""])
    if compiled.quantifier is Quantifier.ALL:
        return solver.or_([empty, holds])
    return solver.and_([solver.not_(empty), holds])


def _value_matches(encoder: Encoder, base: str, key: str, values: tuple[str, ...], *, variables: bool) -> Formula:
    kind = ordered_kind(base)
    if kind is not None:
        ordered = encoder.ordered_value(key, kind, values)
        return encoder.solver.or_(compares(encoder.solver, ordered, base, value) for value in values)
    value = encoder.text(key)
    if base in _IGNORING_CASE and all(pattern.isascii() and "${" not in pattern for pattern in values):
        return encoder.solver.or_(
            encoder.solver.in_language(value, case_insensitive(encoder.solver, text)) for text in values
        )
    if base not in _PATTERNS:
        return _unencoded(encoder, UnencodedCondition(base, key.lower(), tuple(sorted(set(values))), variables))
    style = WildcardScope.ARN if base.startswith("arn") else WildcardScope.TEXT
    return matches_any(encoder, value, values, variables=variables, scope=style, wildcards=base != "stringequals")


def _unencoded(encoder: Encoder, test: UnencodedCondition) -> Formula:
    if any(FOLDER_MARK in value for value in test.values):
        raise NotEncodableError(f"the folder in a condition {test.operator} isn't modeled")
    return encoder.unencoded_holds(test)
