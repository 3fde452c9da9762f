"""The policy that revokes: its JSON, reading it back, and whose sessions it denies."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temp_access.borrow.session_names import session_name, session_name_prefix
from temp_access.iam.decision import Layer
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.parser import parse_policy
from temp_access.iam.request import Request
from temp_access.revoke.model import Revocation, RevocationScope, ScopeType
from temp_access.revoke.policy import ForeignPolicyError, is_revocations, read_revocations, revocation_policy, size

NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
ALL, GRANT = RevocationScope(ScopeType.ALL), RevocationScope(ScopeType.GRANT, "bob,")
SESSION = RevocationScope(ScopeType.SESSION, "AROAEXAMPLEID0000000:bob,temp-user")
SCOPES = (ALL, GRANT, SESSION)


def denied(scope: RevocationScope, name: str, *, issued: datetime = NOW - timedelta(seconds=1)) -> bool:
    """Return whether the policy denies a call of the session."""
    allowed = parse_policy({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},
                           Layer.IDENTITY, "role")  # fmt: skip
    policy = parse_policy(revocation_policy([Revocation(scope, NOW)]), Layer.IDENTITY, "revocations")
    request = Request(
        principal=f"arn:aws:sts::123456789012:assumed-role/temp-role/{name}",
        action="s3:GetObject",
        resource="arn:aws:s3:::bucket/bob/x",
        account="123456789012",
        resource_account="123456789012",
        context={
            "aws:userid": f"AROAEXAMPLEID0000000:{name}",
            "aws:TokenIssueTime": issued.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
    )
    return not evaluate(PolicySet(identity=(allowed, policy)), request).allowed


def test_the_policy_is_what_the_documentation_of_iam_shows() -> None:
    """One statement for each revocation; all three forms."""
    before = {"DateLessThan": {"aws:TokenIssueTime": "2026-01-31T12:00:00Z"}}
    deny: dict[str, Any] = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    assert revocation_policy(Revocation(scope, NOW) for scope in SCOPES) == {
        "Version": "2012-10-17",
        "Statement": [
            {**deny, "Condition": before},
            {**deny, "Condition": {**before, "StringLike": {"aws:userid": "*:bob,*"}}},
            {**deny, "Condition": {**before, "StringEquals": {"aws:userid": SESSION.name}}},
        ],
    }


def test_what_was_issued_before_is_denied_and_what_comes_after_is_not() -> None:
    """Whoever may borrow can borrow again."""
    for scope in SCOPES:
        assert denied(scope, "bob,temp-user")
        assert not denied(scope, "bob,temp-user", issued=NOW)


def test_bobs_revocation_does_not_meet_bobby() -> None:
    """The whole grant part has to fit, its terminator included."""
    assert denied(GRANT, "bob,temp-user")
    for name in ("bobby,temp-user", "bo,bob", "temp-user", "xbob,temp-user", "bob"):
        assert not denied(GRANT, name)
    assert not denied(SESSION, "bob,temp-user2")
    assert denied(ALL, "bobby,temp-user")


IDS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc"]), min_size=1, max_size=90)
WHO = st.text("abz-@.", min_size=1, max_size=70)
PATTERNS = st.sampled_from([None, "*", "x-*", "${aws:username}-*", "?*", "*-${aws:username}", "a" * 30 + "*"])


@given(IDS, IDS, WHO, PATTERNS, st.booleans())
def test_a_grants_revocation_meets_its_sessions_alone(
    id_: str, other: str, who: str, pattern: str | None, alike: bool
) -> None:
    """Ids with wildcards, long ones whose names are shortened, and ids that begin alike keep apart."""
    if alike:
        other = id_ + other
    beginning = session_name_prefix(pattern, id_, user_name="temp-user")
    assert beginning is not None
    scope = RevocationScope(ScopeType.GRANT, beginning)
    assert denied(scope, session_name(pattern, id_, user_name="temp-user", principal=who))
    if other != id_:
        assert not denied(scope, session_name(pattern, other, user_name="temp-user", principal=who))


@given(st.lists(st.tuples(st.sampled_from(SCOPES), st.integers(0, 2**31)), min_size=1, max_size=5))
def test_what_is_written_is_read_back(given_: list[tuple[RevocationScope, int]]) -> None:
    """Through the JSON that IAM keeps."""
    entries = tuple(Revocation(scope, datetime.fromtimestamp(time, UTC)) for scope, time in given_)
    assert read_revocations(json.loads(json.dumps(revocation_policy(entries)))) == entries


OURS = revocation_policy([Revocation(GRANT, NOW)])


def changed(**elements: Any) -> dict[str, Any]:
    """Return our policy with elements of its statement changed."""
    return {**OURS, "Statement": [{**OURS["Statement"][0], **elements}]}


FOREIGN: list[dict[str, Any]] = [
    {},
    {"Version": "2012-10-17", "Statement": []},
    {**OURS, "Version": "2008-10-17"},
    {**OURS, "Id": "x"},
    {**OURS, "Statement": OURS["Statement"][0]},
    {**OURS, "Statement": ["x"]},
    changed(Effect="Allow"),
    changed(Action="s3:*"),
    changed(Sid="x"),
    changed(Condition={}),
    changed(Condition={"DateLessThan": {"aws:TokenIssueTime": "tomorrow"}}),
    changed(Condition={"DateGreaterThan": {"aws:TokenIssueTime": "2026-01-31T12:00:00Z"}}),
    changed(Condition={**OURS["Statement"][0]["Condition"], "Bool": {"aws:SecureTransport": "true"}}),
    *(
        changed(Condition={**OURS["Statement"][0]["Condition"], "StringLike": {"aws:userid": value}})
        for value in (
            "*",
            "*:*",
            "*:b*b,*",
            "*:bob,",
            "bob,*",
            "*:bob,**",
            ["*:bob,*"],
            "*:a*\n",
            "*:${aws:username},*",
        )
    ),
]


@pytest.mark.parametrize("policy", FOREIGN, ids=range(len(FOREIGN)))
def test_any_other_form_is_not_ours(policy: dict[str, Any]) -> None:
    """What was changed by hand is no revocation of ours."""
    assert is_revocations(OURS)
    assert not is_revocations(policy)
    with pytest.raises(ForeignPolicyError):
        read_revocations(policy)


def test_white_space_costs_nothing() -> None:
    """IAM's quota doesn't count it."""
    assert size({"a": "b c"}) == len('{"a":"bc"}')
