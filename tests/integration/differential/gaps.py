"""Where the local AWS is known to answer otherwise than AWS's documentation says, each as a model of its answer.

The models are exact: with all of them the evaluator must answer as the local AWS does, call by call.
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
from tests.integration.differential.answers import Case, decide, layers_of, request
from tests.integration.differential.calls import Call
from tests.integration.differential.names import ACCOUNT
from tests.integration.differential.random_policies import Body
from tests.integration.differential.things import Caller, Documents

_VARIABLE = re.compile(r"\$\{[^}]*\}")
_AFFIRMATIVE = ("ArnEquals", "ArnLike", "StringEquals", "StringLike")


@dataclass(frozen=True)
class Gap:
    """What the local AWS does, what AWS says, and how the local answer follows from the policies."""

    name: str
    local: str
    aws: str
    source: str
    allows: Callable[[Caller, Call, Documents], bool]


def local_answer(case: Case) -> bool:
    """Return what the local AWS must answer, all gaps taken into account."""
    documents = _with_account(_resolved(case.caller, case.call, case.caller.documents))
    return _within_limits(case.caller, case.call, documents)


def _within_limits(caller: Caller, call: Call, documents: Documents) -> bool:
    """Everybody counts as the role does: permissions boundary and session policy must allow as well."""
    named = replace(
        documents,
        bucket=_changed(documents.bucket, _is_for_everyone),
        trust=_changed(documents.trust, _is_for_everyone),
    )
    return all(
        evaluate(layers_of(named, call), asked).allowed
        or (evaluate(layers_of(documents, call), asked).allowed and _limits_allow(documents, call, asked))
        for asked in (request(caller, call, action) for action in call.actions)
    )


def _limits_allow(documents: Documents, call: Call, asked: Request) -> bool:
    layers = layers_of(documents, call)
    limits = ((layers.boundary,) if layers.boundary else None, layers.session)
    return all(evaluate(PolicySet(identity=limit), asked).allowed for limit in limits if limit is not None)


def _is_for_everyone(statement: Body) -> bool:
    names_arn = any(
        operator in _AFFIRMATIVE and any(key.lower() == "aws:principalarn" for key in keys)
        for operator, keys in statement.get("Condition", {}).items()
    )
    return statement["Effect"] == "Allow" and statement.get("Principal") in ("*", {"AWS": "*"}) and not names_arn


def _spares_without_account(caller: Caller, call: Call, documents: Documents) -> bool:
    return decide(caller, call, _with_account(documents)).allowed


def _with_account(documents: Documents) -> Documents:
    """Return the documents whose every NotPrincipal names the account as well."""
    bucket = documents.bucket
    return replace(documents, bucket=bucket and {**bucket, "Statement": [_spare(one) for one in _statements(bucket)]})


def _spare(statement: Body) -> Body:
    if "NotPrincipal" not in statement:
        return statement
    named = statement["NotPrincipal"]["AWS"]
    return {**statement, "NotPrincipal": {"AWS": [ACCOUNT, *(named if isinstance(named, list) else [named])]}}


def _without_unresolved(caller: Caller, call: Call, documents: Documents) -> bool:
    return decide(caller, call, _resolved(caller, call, documents)).allowed


def _resolved(caller: Caller, call: Call, documents: Documents) -> Documents:
    """Return the documents without the Allows that rest on a variable without a value."""
    asked = request(caller, call, call.actions[0])

    def rests_on_nothing(statement: Body) -> bool:
        texts = json.dumps([statement.get("NotResource"), _with_variables(statement.get("Condition", {}))])
        return statement["Effect"] == "Allow" and any(
            _is_unresolved(variable[0], asked) for variable in _VARIABLE.finditer(texts)
        )

    kept: dict[str, Any] = {
        name: _changed(policy, rests_on_nothing) if policy and policy.get("Version") == "2012-10-17" else policy
        for name, policy in vars(documents).items()
    }
    return Documents(**kept)


def _with_variables(conditions: Body) -> list[Body]:
    """Return the keys of the operators whose values may have variables."""
    named = [(operator.lower().rpartition(":")[2], keys) for operator, keys in conditions.items()]
    return [keys for operator, keys in named if operator.startswith(("string", "arn"))]


def _is_unresolved(text: str, asked: Request) -> bool:
    pieces = split_pattern(text, variables=True, wildcards=True)
    return any(isinstance(piece, Variable) and piece.resolve(asked) is None for piece in pieces)


def _changed(policy: Body | None, disarmed: Callable[[Body], bool]) -> Body | None:
    """Return the policy with the statements that are `disarmed` about an action that there isn't."""
    return policy and {**policy, "Statement": [_disarm(one) if disarmed(one) else one for one in _statements(policy)]}


def _statements(policy: Body) -> list[Body]:
    found = policy["Statement"]
    return found if isinstance(found, list) else [found]


def _disarm(statement: Body) -> Body:
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
    "no Allow rests on a variable without a value",
    "an Allow with a variable that has no value in its NotResource or Condition is left out",
    "such a variable matches no resource, so it takes none out of NotResource; negated condition operators match it",
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value",
    _without_unresolved,
)
NO_ACCOUNT = Gap(
    "NotPrincipal spares without the account",
    "a Deny with NotPrincipal spares whom it names, though it doesn't name the account",
    "the account must be named as well; otherwise the policy might deny the whole account (the evaluator: does)",
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html",
    _spares_without_account,
)
GAPS = (EVERYONE, UNRESOLVED, NO_ACCOUNT)
