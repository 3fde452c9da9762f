"""The verification knows the policy that revokes: a note where it is ours, a difference where it isn't."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from temp_access.deployment.drift import differences
from temp_access.deployment.state import BucketState, DeployedState, Permissions, RoleState, State, UserState
from temp_access.revoke.model import Revocation, RevocationScope, ScopeType
from temp_access.revoke.policy import POLICY_NAME, is_revocation_policy, policy_name, revocation_policy
from temp_access.verify.live.drift_reader import StateReader

OURS = revocation_policy([Revocation(RevocationScope(ScopeType.GRANT, "bob,"), datetime(2026, 1, 31, 12, tzinfo=UTC))])
FORGED: dict[str, Any] = {**OURS, "Statement": [{**OURS["Statement"][0], "Effect": "Allow"}]}
NONE = Permissions({}, {})
USER = UserState("temp-user", NONE)
ROLE = RoleState(name="temp-role", permissions=NONE, trust={}, max_session_duration=3600, tags={})
BUCKET = BucketState("bucket", None, None, None, None, None)
EXPECTED = State(USER, ROLE, BUCKET)


def with_policy(policy: dict[str, Any] | None) -> Permissions:
    return Permissions({POLICY_NAME: policy} if policy else {}, {})


def role_with(policy: dict[str, Any] | None) -> DeployedState:
    return DeployedState(USER, replace(ROLE, permissions=with_policy(policy)), BUCKET)


def test_the_policy_of_revocations_isnt_drift() -> None:
    """temp-access revoke wrote it."""
    assert differences("role.inline_policies", EXPECTED, role_with(OURS), is_revocation_policy) == ()


def test_any_other_policy_of_its_name_is_drift() -> None:
    """A permission can't hide behind the name."""
    [line] = differences("role.inline_policies", EXPECTED, role_with(FORGED), is_revocation_policy)
    assert f"the inline policy {POLICY_NAME} of temp-role (Allow * on *" in line


def test_the_policy_on_the_user_is_drift() -> None:
    """It is never written there."""
    deployed = DeployedState(replace(USER, permissions=with_policy(OURS)), ROLE, BUCKET)
    assert len(differences("user.inline_policies", EXPECTED, deployed, is_revocation_policy)) == 1


def test_a_note_lists_the_denied_sessions() -> None:
    """There is no note if nothing is revoked, or if the policy is forged or unread."""
    reader = StateReader(EXPECTED, None, None)  # type: ignore[arg-type]
    assert reader.notes() == ()
    for policy, expected in (
        (None, ()),
        (FORGED, ()),
        (
            OURS,
            (
                "the inline policy TempAccessRevocations of temp-role denies sessions called bob,… issued before "
                "2026-01-31 12:00:00 UTC (temp-access revoke)",
            ),
        ),
    ):
        reader._general.found = [role_with(policy)]
        assert reader.notes() == expected
    all_ = Revocation(RevocationScope(ScopeType.ALL), datetime(2026, 1, 31, 11, tzinfo=UTC))
    inline = {POLICY_NAME: OURS, policy_name(all_): revocation_policy([all_]), "Folders": OURS}
    reader._general.found = [DeployedState(USER, replace(ROLE, permissions=Permissions(inline, {})), BUCKET)]
    [note] = reader.notes()
    assert note.startswith(
        f"the inline policies {POLICY_NAME}, {policy_name(all_)} of temp-role deny all sessions issued"
    )
    assert "; sessions called bob,… issued before" in note
