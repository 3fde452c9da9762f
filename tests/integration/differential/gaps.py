"""The known gaps: where the local AWS decides otherwise than AWS's documentation says, each as a model.

The models are exact: with all of them, the evaluator decides every call as the local AWS does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.patterns import Variable, split_pattern
from temp_access.iam.request import Request
from temp_access.iam.service_rules import delegating_policy
from tests.integration.differential.calls import Call
from tests.integration.differential.decisions import Case, build_request, decide, policies_of
from tests.integration.differential.names import ACCOUNT
from tests.integration.differential.random_policies import Document
from tests.integration.differential.resources import Caller, PolicyDocuments

_VARIABLE = re.compile(r"\$\{[^}]*\}")
_AFFIRMATIVE = ("ArnEquals", "ArnLike", "StringEquals", "StringLike")


@dataclass(frozen=True)
class Gap:
    """What the local AWS does, what AWS does, and a function that returns the local decision for given policies."""

    name: str
    local_behavior: str
    aws_behavior: str
    source: str
    allows: Callable[[Caller, Call, PolicyDocuments], bool]


def local_decision(case: Case) -> bool:
    """Return the decision of the local AWS according to all gaps."""
    documents = _with_account(_without_unresolved_allows(case.caller, case.call, case.caller.documents))
    return _within_limits(case.caller, case.call, documents)


def _within_limits(caller: Caller, call: Call, documents: PolicyDocuments) -> bool:
    """Decide as if the permissions boundary and session policy limited an Allow for everyone too."""
    for_named_principals = replace(
        documents,
        bucket=_disable_statements(documents.bucket, _is_for_everyone),
        trust=_disable_statements(documents.trust, _is_for_everyone),
    )
    return all(
        evaluate(policies_of(for_named_principals, call), request).allowed
        or (evaluate(policies_of(documents, call), request).allowed and _limits_allow(documents, call, request))
        for request in (build_request(caller, call, action) for action in call.actions)
    )


def _limits_allow(documents: PolicyDocuments, call: Call, request: Request) -> bool:
    policies = policies_of(documents, call)
    limits = ((policies.boundary,) if policies.boundary else None, policies.session)
    # As if the role's trust policy left it all to the account.
    resource = delegating_policy(ACCOUNT)
    return all(
        evaluate(PolicySet(identity=limit, resource=resource), request).allowed for limit in limits if limit is not None
    )


def _is_for_everyone(statement: Document) -> bool:
    names_arn = any(
        operator in _AFFIRMATIVE and any(key.lower() == "aws:principalarn" for key in keys)
        for operator, keys in statement.get("Condition", {}).items()
    )
    return statement["Effect"] == "Allow" and statement.get("Principal") in ("*", {"AWS": "*"}) and not names_arn


def _exempts_without_account(caller: Caller, call: Call, documents: PolicyDocuments) -> bool:
    return decide(caller, call, _with_account(documents)).allowed


def _with_account(documents: PolicyDocuments) -> PolicyDocuments:
    """Return the documents, with the account added to every NotPrincipal."""
    bucket = documents.bucket
    return replace(
        documents, bucket=bucket and {**bucket, "Statement": [_name_account(item) for item in _statements(bucket)]}
    )


def _name_account(statement: Document) -> Document:
    if "NotPrincipal" not in statement:
        return statement
    arns = statement["NotPrincipal"]["AWS"]
    return {**statement, "NotPrincipal": {"AWS": [ACCOUNT, *(arns if isinstance(arns, list) else [arns])]}}


def _ignores_unresolved_allows(caller: Caller, call: Call, documents: PolicyDocuments) -> bool:
    return decide(caller, call, _without_unresolved_allows(caller, call, documents)).allowed


def _without_unresolved_allows(caller: Caller, call: Call, documents: PolicyDocuments) -> PolicyDocuments:
    """Return the documents, with each Allow disabled that uses a variable without a value."""
    request = build_request(caller, call, call.actions[0])

    def uses_unresolved(statement: Document) -> bool:
        elements = json.dumps([statement.get("NotResource"), _keys_with_variables(statement.get("Condition", {}))])
        return statement["Effect"] == "Allow" and any(
            _is_unresolved(variable[0], request) for variable in _VARIABLE.finditer(elements)
        )

    policies: dict[str, Any] = {
        name: _disable_statements(policy, uses_unresolved)
        if policy and policy.get("Version") == "2012-10-17"
        else policy
        for name, policy in vars(documents).items()
    }
    return PolicyDocuments(**policies)


def _keys_with_variables(conditions: Document) -> list[Document]:
    """Return the conditions of the operators whose values may have variables."""
    operators = [(operator.lower().rpartition(":")[2], keys) for operator, keys in conditions.items()]
    return [keys for operator, keys in operators if operator.startswith(("string", "arn"))]


def _is_unresolved(variable: str, request: Request) -> bool:
    parts = split_pattern(variable, variables=True, wildcards=True)
    return any(isinstance(part, Variable) and part.resolve(request) is None for part in parts)


def _disable_statements(policy: Document | None, is_disabled: Callable[[Document], bool]) -> Document | None:
    """Return the policy with every statement disabled for which `is_disabled` returns True."""
    return policy and {
        **policy,
        "Statement": [_disable(item) if is_disabled(item) else item for item in _statements(policy)],
    }


def _statements(policy: Document) -> list[Document]:
    statements = policy["Statement"]
    return statements if isinstance(statements, list) else [statements]


def _disable(statement: Document) -> Document:
    """Return the statement for an action that doesn't exist."""
    return {"Action": "sts:none", **{key: value for key, value in statement.items() if not key.endswith("Action")}}


EVERYONE = Gap(
    "everyone is limited",
    "an Allow for Principal * without a condition on aws:PrincipalArn is limited by the caller's permissions boundary "
    "and session policy",
    "within the account no other permissions are required",
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous",
    _within_limits,
)
UNRESOLVED = Gap(
    "no Allow uses a variable without a value",
    "an Allow is ignored if a variable in its NotResource or Condition has no value",
    "such a variable matches no resource, so NotResource excludes none by it; negated condition operators match it",
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value",
    _ignores_unresolved_allows,
)
NO_ACCOUNT = Gap(
    "NotPrincipal exempts without the account",
    "a Deny with NotPrincipal exempts the principals that it names, even if it doesn't name the account",
    "NotPrincipal must name the account too, or the policy might deny the whole account (the evaluator denies it)",
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html",
    _exempts_without_account,
)
GAPS = (EVERYONE, UNRESOLVED, NO_ACCOUNT)
