"""The policy of revocations: its JSON, reading it back, and the sessions that it denies."""

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


def test_the_policy_has_the_form_of_iams_documentation() -> None:
    """One statement for each revocation, in each of the three forms."""
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


def test_denies_sessions_issued_before_and_none_issued_after() -> None:
    """Anyone who may borrow can borrow again."""
    for scope in SCOPES:
        assert denied(scope, "bob,temp-user")
        assert not denied(scope, "bob,temp-user", issued=NOW)


def test_bobs_revocation_doesnt_match_bobby() -> None:
    """The whole grant component has to match, with its terminator."""
    assert denied(GRANT, "bob,temp-user")
    for name in ("bobby,temp-user", "bo,bob", "temp-user", "xbob,temp-user", "bob"):
        assert not denied(GRANT, name)
    assert not denied(SESSION, "bob,temp-user2")
    assert denied(ALL, "bobby,temp-user")


IDS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc"]), min_size=1, max_size=90)
PRINCIPALS = st.text("abz-@.", min_size=1, max_size=70)
PATTERNS = st.sampled_from([None, "*", "x-*", "${aws:username}-*", "?*", "*-${aws:username}", "a" * 30 + "*"])


@given(IDS, IDS, PRINCIPALS, PATTERNS, st.booleans())
def test_a_grants_revocation_matches_only_its_sessions(
    id_: str, other: str, principal: str, pattern: str | None, common_prefix: bool
) -> None:
    """Also for ids with wildcards, shortened ids and ids with a common prefix."""
    if common_prefix:
        other = id_ + other
    prefix = session_name_prefix(pattern, id_, user_name="temp-user")
    assert prefix is not None
    scope = RevocationScope(ScopeType.GRANT, prefix)
    assert denied(scope, session_name(pattern, id_, user_name="temp-user", principal=principal))
    if other != id_:
        assert not denied(scope, session_name(pattern, other, user_name="temp-user", principal=principal))


@given(st.lists(st.tuples(st.sampled_from(SCOPES), st.integers(0, 2**31)), min_size=1, max_size=5))
def test_reads_back_what_it_writes(revoked: list[tuple[RevocationScope, int]]) -> None:
    """Through the JSON that IAM stores."""
    entries = tuple(Revocation(scope, datetime.fromtimestamp(time, UTC)) for scope, time in revoked)
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
def test_refuses_any_other_form(policy: dict[str, Any]) -> None:
    """A policy that was changed by hand isn't one of revocations."""
    assert is_revocations(OURS)
    assert not is_revocations(policy)
    with pytest.raises(ForeignPolicyError):
        read_revocations(policy)


def test_white_space_doesnt_count() -> None:
    """IAM's quota doesn't count it."""
    assert size({"a": "b c"}) == len('{"a":"bc"}')
