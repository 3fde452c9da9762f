"""Defects in the policies that a command makes, made in its own process; this imports no module of the campaign."""

import sys
from collections.abc import Callable
from typing import Any

Policy = dict[str, Any]
Change = Callable[[Policy], Policy]


def break_policy(name: str) -> None:
    """Replace the functions that make the policies of this process by ones with a defect."""
    if name in SESSION:
        import temp_access.policies.session_policy as module

        original, mutate = module.session_policy, SESSION[name]
        module.session_policy = lambda *args, **options: mutate(original(*args, **options))
    else:
        import temp_access.revoke.policy as revoke

        statement, change = revoke._statement, REVOCATIONS[name]
        revoke._statement = lambda revocation: change(statement(revocation))
    sys.path.pop(0)


def _statements(policy: Policy) -> list[Policy]:
    statements = policy["Statement"]
    return statements if isinstance(statements, list) else [statements]


def on_objects(change: Change) -> Change:
    """Return the function that changes the statement on objects."""

    def mutate(policy: Policy) -> Policy:
        return {
            **policy,
            "Statement": [
                change(statement) if str(statement["Resource"]).endswith("/*") else statement
                for statement in _statements(policy)
            ],
        }

    return mutate


def _on_list(change: Change) -> Change:
    """Return the function that changes the statement on listing."""

    def mutate(policy: Policy) -> Policy:
        return {
            **policy,
            "Statement": [
                change(statement) if statement["Action"] == "s3:ListBucket" else statement
                for statement in _statements(policy)
            ],
        }

    return mutate


def without(action: str) -> Change:
    def change(statement: Policy) -> Policy:
        actions = statement["Action"]
        return {**statement, "Action": [a for a in actions if a != action]} if isinstance(actions, list) else statement

    return on_objects(change)


def _bucket_of(statement: Policy) -> str:
    return str(statement["Resource"]).partition("/")[0]


SESSION: dict[str, Change] = {
    "objects of the whole bucket": on_objects(lambda s: {**s, "Resource": f"{_bucket_of(s)}/*"}),
    "folder pattern without its slash": on_objects(lambda s: {**s, "Resource": f"{s['Resource'][:-2]}*"}),
    "object ARN without /*": on_objects(lambda s: {**s, "Resource": s["Resource"][:-2]}),
    "no condition on listing": _on_list(lambda s: {name: s[name] for name in s if name != "Condition"}),
    "every prefix": _on_list(lambda s: {**s, "Condition": {"StringLike": {"s3:prefix": "*"}}}),
    "get is missing": without("s3:GetObject"),
    "delete is missing": without("s3:DeleteObject"),
    "abort is missing": without("s3:AbortMultipartUpload"),
}
REVOCATIONS: dict[str, Change] = {
    "no session is denied": lambda s: {
        **s,
        "Condition": {**s["Condition"], "DateLessThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}},
    },
    "every session is denied": lambda s: {**s, "Condition": {"DateLessThan": s["Condition"]["DateLessThan"]}},
}
