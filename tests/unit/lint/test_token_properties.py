"""TokenSubject beside the evaluator: a token of somebody else is allowed only where there is a finding."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from temp_access.iam.decision import Layer
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.parser import parse_policy
from temp_access.iam.request import Request
from temp_access.iam.statements import LocatedDocument, PolicyType, document_statements
from temp_access.lint.rules.token_subject import check
from tests.unit.support.examples import examples
from tests.unit.support.linting import document

HOST = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::111122223333:oidc-provider/{HOST}"
ROLE = "arn:aws:iam::111122223333:role/r"
REF = "ref:refs/heads/main"
OWN = ("octo-org", "octo-repo")
# Owners whose names begin or end as our own's do, and repositories and branches with any name.
STRANGERS = [
    f"repo:{owner}/{repo}:{rest}"
    for owner in ("evil", "octo-org-evil", "octo-orgs", "o", "evil-octo-org")
    for repo in (*OWN, "x", "repo")
    for rest in (REF, "ref:refs/heads/octo-org", "pull_request", "environment:prod")
]
PIECES = ("*", "?", "repo:", "octo-org", "octo-repo", "/", ":", "ref:", "refs/heads/main", "pull_request", "o", "${*}")
VALUES = st.lists(st.sampled_from(PIECES), max_size=7).map("".join) | st.sampled_from(
    [f"repo:{'/'.join(OWN)}:{REF}", f"repo:{'/'.join(OWN)}:*", "repo:octo-org/*", "repo:octo-org*", "${aws:userid}"]
)
BASES = ("StringEquals", "StringLike", "StringNotEquals", "StringNotLike", "StringEqualsIgnoreCase")
OPERATORS = st.builds(
    lambda set_, base, end: f"{set_}{base}{end}",
    st.sampled_from(["", "", "ForAnyValue:", "ForAllValues:"]),
    st.sampled_from(BASES),
    st.sampled_from(["", "", "IfExists"]),
)
KEYS = st.sampled_from([f"{HOST}:sub", f"{HOST}:SUB".upper(), f"{HOST}:repository", "aws:PrincipalTag/sub"])
CONDITIONS = st.lists(st.tuples(OPERATORS, KEYS, st.lists(VALUES, min_size=1, max_size=2)), max_size=3)


def statement(conditions: list[tuple[str, str, list[str]]]) -> dict[str, Any]:
    """Return a statement that trusts GitHub under these conditions."""
    block: dict[str, dict[str, Any]] = {"StringEquals": {f"{HOST}:aud": "sts.amazonaws.com"}}
    for operator, key, values in conditions:
        block.setdefault(operator, {})[key] = values
    return {"Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": PROVIDER}, "Condition": block}


def allows(body: dict[str, Any], subject: str) -> bool:
    """Whether GitHub's token with this subject can assume the role."""
    policies = PolicySet(resource=parse_policy(document(body), Layer.TRUST), resource_is_trust_policy=True)
    owner_and_repository = subject.split(":")[1]
    context = {f"{HOST}:aud": "sts.amazonaws.com", f"{HOST}:sub": subject, f"{HOST}:repository": owner_and_repository}
    account = "111122223333"
    return evaluate(
        policies,
        Request(PROVIDER, "sts:AssumeRoleWithWebIdentity", ROLE, account, account, context=context),
    ).allowed


@examples(400)
@given(CONDITIONS)
def test_a_token_of_somebody_else_is_allowed_only_with_a_finding(conditions: list[tuple[str, str, list[str]]]) -> None:
    """Whatever the operators, the keys' case and the order of conditions are."""
    body = statement(conditions)
    [view] = document_statements(LocatedDocument(PolicyType.TRUST, "", document(body)))
    severities = {each.severity for each in check(view)}
    if any(allows(body, subject) for subject in STRANGERS):
        assert "error" in severities
    if not severities:
        assert not allows(body, "repo:octo-org/other:pull_request") or not allows(body, f"repo:octo-org/x:{REF}")
