"""Revocations: adding, replacing, removing and expiring them, and their scopes."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from temp_access.access_file import load
from temp_access.borrow.cache import Cache
from temp_access.config.model import Conditions, Config, TrustedPrincipal
from temp_access.errors import TempAccessError, UserError
from temp_access.revoke.model import Revocation, RevocationScope, ScopeType, expire, remove
from temp_access.revoke.policy import POLICY_NAME, policy_name, revocation_policy, size
from temp_access.revoke.role import ROLE_INLINE_QUOTA, RolePolicies
from temp_access.revoke.scopes import (
    grant_canary_names,
    grant_scopes,
    purge_revoked,
    session_canary_names,
    session_scope,
    unknown_callers,
)

NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
ALL, BOB, BOBBY = (
    RevocationScope(ScopeType.ALL),
    RevocationScope(ScopeType.GRANT, "bob,"),
    RevocationScope(ScopeType.GRANT, "bobby,"),
)


def test_removes_only_revocations_of_the_same_scope() -> None:
    """Removing bob's keeps bobby's and the whole role's."""
    entries = (Revocation(BOB, NOW), Revocation(BOBBY, NOW), Revocation(ALL, NOW))
    assert remove(entries, (BOB,)) == entries[1:]
    assert remove(entries, (ALL,)) == entries[:2]


def test_a_revocation_ends_when_all_its_sessions_have_expired() -> None:
    """After 12 hours, the longest session."""
    entries = (Revocation(BOB, NOW - timedelta(hours=12)), Revocation(BOBBY, NOW - timedelta(hours=12, seconds=-1)))
    assert expire(entries, NOW) == (entries[1:], entries[:1])


class FakeIam:
    """An IAM client whose role has inline policies, and which can refuse operations."""

    def __init__(self, policies: dict[str, Any], refused: dict[str, str] | None = None) -> None:
        self.policies = policies
        self.refused = refused or {}

    def _check(self, operation: str) -> None:
        if operation in self.refused:
            raise ClientError({"Error": {"Code": self.refused[operation], "Message": "no"}}, operation)

    def get_role(self, **_: str) -> dict[str, Any]:
        self._check("GetRole")
        headers = {"date": "Sat, 31 Jan 2026 12:00:00 GMT"}
        created = datetime(2026, 1, 1, tzinfo=UTC)
        return {"Role": {"RoleId": "AROAEXAMPLE", "CreateDate": created}, "ResponseMetadata": {"HTTPHeaders": headers}}

    def list_role_policies(self, **_: str) -> dict[str, Any]:
        self._check("ListRolePolicies")
        return {"PolicyNames": list(self.policies)}

    def get_role_policy(self, *, PolicyName: str, **_: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self._check("GetRolePolicy")
        if PolicyName not in self.policies:
            raise ClientError({"Error": {"Code": "NoSuchEntity", "Message": "none"}}, "GetRolePolicy")
        return {"PolicyDocument": self.policies[PolicyName]}

    def put_role_policy(self, **params: str) -> None:
        self._check("PutRolePolicy")
        self.policies[params["PolicyName"]] = json.loads(params["PolicyDocument"])

    def delete_role_policy(self, *, PolicyName: str, **_: str) -> None:  # noqa: N803 - boto3's name
        self._check("DeleteRolePolicy")
        del self.policies[PolicyName]


def policies(inline: dict[str, Any], refused: dict[str, str] | None = None) -> RolePolicies:
    return RolePolicies(FakeIam(inline, refused), "temp-role")  # type: ignore[arg-type]


def test_uses_the_time_of_aws() -> None:
    """With this machine's clock behind, sessions could stay valid."""
    assert policies({}).snapshot().time == NOW


def test_the_cutoff_matches_sessions_of_the_current_second() -> None:
    """aws:TokenIssueTime has whole seconds."""
    assert policies({}).cutoff() == NOW + timedelta(seconds=1)


def test_a_new_revocation_replaces_one_of_the_same_scope() -> None:
    """Others stay, even narrower ones: undoing the new one must not let their sessions work again."""
    role, later = policies({}), NOW + timedelta(hours=1)
    old = (Revocation(BOB, NOW), Revocation(BOBBY, NOW - timedelta(hours=1)))
    role.add(old, NOW)
    assert set(role.revocations()) == set(old)
    role.add((Revocation(BOB, later),), NOW)
    assert role.revocations() == (old[1], Revocation(BOB, later))
    role.add((Revocation(ALL, later + timedelta(hours=1)),), NOW)
    assert len(role.revocations()) == 3
    role.remove((ALL,), NOW)
    assert role.revocations() == (old[1], Revocation(BOB, later))


def test_a_revocation_is_a_policy_of_its_own() -> None:
    """IAM refuses one without statements, so the last one is deleted too."""
    inline: dict[str, Any] = {"Folders": {}}
    revocation = Revocation(BOB, NOW)
    policies(inline).add((revocation,), NOW)
    assert inline.keys() == {"Folders", policy_name(revocation)}
    assert policy_name(revocation) == "TempAccessRevocations-63459d73cfaec78f-20260131T120000Z"
    policies(inline).remove((BOB,), NOW)
    assert inline == {"Folders": {}}


def test_revoking_twice_at_once_loses_nothing() -> None:
    """One reads, the other one revokes and undoes, then the first one writes."""
    old, bobs, bobbys = Revocation(ALL, NOW), Revocation(BOB, NOW), Revocation(BOBBY, NOW)
    inline: dict[str, Any] = {}
    first, second = policies(inline), policies(inline)
    first.add((old,), NOW)
    first.check_quota((bobs,), NOW)
    second.add((bobbys,), NOW)
    second.remove((ALL,), NOW)
    first.add((bobs,), NOW)
    assert set(first.revocations()) == {bobs, bobbys}


def test_the_later_of_two_revocations_of_a_scope_stays() -> None:
    """Whoever writes last: sessions that the other one proved to be denied mustn't work again."""
    earlier, later = Revocation(BOB, NOW), Revocation(BOB, NOW + timedelta(seconds=1))
    for order in ((earlier, later), (later, earlier)):
        role = policies({})
        for revocation in order:
            role.add((revocation,), NOW)
        assert later in role.revocations()


def test_keeps_the_revocations_of_version_0_1() -> None:
    """That version wrote all of them into one policy."""
    ended, bobs, bobbys = Revocation(ALL, NOW - timedelta(hours=13)), Revocation(BOB, NOW), Revocation(BOBBY, NOW)
    inline = {POLICY_NAME: revocation_policy([ended, bobs, bobbys])}
    policies(inline).remove((BOB,), NOW)
    assert inline.keys() == {policy_name(bobbys)}
    assert policies(inline).revocations() == (bobbys,)
    inline = {POLICY_NAME: revocation_policy([bobs])}
    policies(inline).add((bobbys,), NOW)
    assert inline.keys() == {POLICY_NAME, policy_name(bobbys)}


@pytest.mark.parametrize("name", [POLICY_NAME, f"{POLICY_NAME}-x"])
def test_never_overwrites_another_policy_of_the_name(name: str) -> None:
    """Somebody wrote it by hand, and has to check it."""
    with pytest.raises(UserError, match=f"policy {name} of temp-role has unexpected content"):
        policies({name: {"Version": "2012-10-17", "Statement": []}}).revocations()
    assert policies({f"{POLICY_NAME}Other": {}}).revocations() == ()


def test_deletes_all_whatever_they_contain() -> None:
    """Before the role is destroyed; other policies are the stack's. If it stays, they are put back."""
    before = {"Folders": {}, POLICY_NAME: {}, f"{POLICY_NAME}-x": {"Version": "2012-10-17"}}
    inline: dict[str, Any] = {**before}
    deleted = policies(inline).delete_all()
    assert inline == {"Folders": {}}
    policies(inline).put_back(deleted)
    assert inline == before
    gone = policies({}, {"ListRolePolicies": "NoSuchEntity", "PutRolePolicy": "NoSuchEntity"})
    assert gone.delete_all() == {}
    gone.put_back(deleted)


def test_checks_the_roles_quota_before_writing() -> None:
    """All inline policies count together, except those of revocations that have ended: they are deleted first."""
    one = size(revocation_policy([Revocation(BOB, NOW)]))
    ended, other = Revocation(BOBBY, NOW - timedelta(hours=13)), Revocation(BOBBY, NOW)
    old = {policy_name(each): revocation_policy([each]) for each in (ended, other)}
    filler = {"x": "y" * (ROLE_INLINE_QUOTA - one - size(revocation_policy([other])) - len('{"x":""}'))}
    policies({"Folders": filler, **old}).check_quota((Revocation(BOB, NOW),), NOW)
    with pytest.raises(UserError, match=f"need {one} characters, and {one - 1} are left of the 10240"):
        policies({"Folders": {"x": filler["x"] + "y"}, **old}).check_quota((Revocation(BOB, NOW),), NOW)


@pytest.mark.parametrize(
    ("operation", "code", "message", "exit_code"),
    [
        ("GetRole", "AccessDenied", "aren't allowed to call iam:GetRole on temp-role", 2),
        ("PutRolePolicy", "AccessDenied", "aren't allowed to call iam:PutRolePolicy", 2),
        ("GetRole", "NoSuchEntity", "no role temp-role", 2),
        ("PutRolePolicy", "LimitExceeded", "quota", 2),
        ("PutRolePolicy", "ServiceFailure", "got no answer", 3),
    ],
)
def test_names_the_missing_permission(operation: str, code: str, message: str, exit_code: int) -> None:
    """The error says which permission is missing, and whose credentials need it."""
    role = policies({}, {operation: code})

    def revoke() -> None:
        role.snapshot()
        role.add((Revocation(BOB, NOW),), NOW)

    with pytest.raises(TempAccessError, match=message) as raised:
        revoke()
    assert raised.value.exit_code == exit_code


@pytest.fixture(name="config")
def _config(tmp_path: Path) -> Config:
    path = tmp_path / "access.toml"
    path.write_text('[bucket]\non_destroy = "destroy"\n[grants.bob]\naccess = "read"\n')
    return load(path)


def conditioned(config: Config, pattern: str, *trusted: TrustedPrincipal) -> Config:
    from dataclasses import replace

    return replace(config, role=replace(config.role, conditions=Conditions(session_name=pattern), trusted=trusted))


def test_a_grants_scope_is_the_prefix_of_its_session_names(config: Config) -> None:
    """The prefix includes the terminator."""
    assert grant_scopes(config, "bob", user_name="temp-user") == (BOB,)


def test_every_known_user_has_a_scope(config: Config) -> None:
    """If the user's name comes first, a grant's sessions have a different prefix for each user."""
    trusted = (
        TrustedPrincipal(None, "user/x/eve", None),
        TrustedPrincipal(None, "role/build", None),
        TrustedPrincipal(None, "root", None),
    )
    named = conditioned(config, "${aws:username}-*", *trusted)
    scopes = grant_scopes(named, "bob", user_name="temp-user")
    assert [scope.name for scope in scopes] == ["temp-user-bob,", "eve-bob,"]
    assert unknown_callers(named) == ("this account",)
    assert unknown_callers(conditioned(config, "*", *trusted)) == ()


def test_refuses_a_pattern_that_cant_name_the_grant(config: Config) -> None:
    """Session names don't tell the grant then."""
    with pytest.raises(UserError, match="leaves too few characters"):
        grant_scopes(conditioned(config, "always-the-same"), "bob", user_name="temp-user")


def test_a_session_name_has_the_form_of_sts(config: Config) -> None:
    """A wildcard in it would revoke other sessions."""
    assert session_scope("AROAEXAMPLE", "bob,x") == RevocationScope(ScopeType.SESSION, "AROAEXAMPLE:bob,x")
    for name in ("*", "a", "a:b", "x" * 65, "bob*", ""):
        with pytest.raises(UserError, match="isn't a role session name"):
            session_scope("AROAEXAMPLE", name)


def test_the_bystanders_name_is_similar(config: Config) -> None:
    """A careless pattern would match it."""
    name_of_grant, other = grant_canary_names(config, "bob", user_name="temp-user")
    assert (name_of_grant.split(",")[0], other.split(",")[0]) == ("bob", "bobx")
    for name in ("ab", "x" * 64, "y" * 64):
        assert session_canary_names(name)[1] != name
        assert len(session_canary_names(name)[1]) <= 64


def test_removes_revoked_sessions_from_the_cache(tmp_path: Path) -> None:
    """Other sessions, and another role's, stay."""
    cache = Cache(str(tmp_path))
    for key, role, name in (("1", "r", "bob,x"), ("2", "r", "bobby,x"), ("3", "other", "bob,x")):
        cache.write("sessions", key, {"role": role, "session_name": name, "expires_at": 2**40})
    assert purge_revoked(cache, "r", [BOB]) == 1
    assert sorted(key for key, _ in cache.entries("sessions")) == ["2", "3"]
    assert purge_revoked(cache, "r", [RevocationScope(ScopeType.SESSION, "AROA:bobby,x")]) == 1
    assert purge_revoked(cache, "other", [ALL]) == 1
