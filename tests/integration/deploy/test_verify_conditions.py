"""What the trust policy asks of a call is sent, and its refusal without is shown; what can't be met is said."""

import json

import pytest

from tests.integration.deploy.project import Project

pytestmark = pytest.mark.integration
_GRANT = '[bucket]\non_destroy = "destroy"\n\n[grants.bob]\naccess = "read-write"\n'
_MET = """
[[role.trusted]]
principal = "222233334444"
external_id = "the-partner-7f3a"

[[role.trusted]]
principal = "user/build"

[[role.trusted]]
principal = "role/build"

[role.conditions]
source_ip = ["127.0.0.1/32", "::1/128"]
source_identity = "*@example.com"
session_name = "*-${aws:username}"
"""
_ANOTHER_NETWORK = '\n[role.conditions]\nsource_ip = ["203.0.113.0/24"]\n'
_MFA = "\n[role.conditions]\nmfa = true\n"


def test_conditions_that_can_be_met_are_met_and_each_is_shown_to_count(deployed: Project) -> None:
    """Session name, source identity, network and external id: with them allowed, without each refused."""
    deployed.update(_GRANT + _MET)
    ended = deployed.verify()
    assert ended.code == 0, ended.said
    call = deployed.probe("assume/default")["call"]
    assert call["session_name"].endswith("-temp-user")
    assert call["source_identity"].endswith("@example.com")
    wanted = {
        "session-name": "denied",
        "no-source-identity": "denied",
        "other-network": "denied",
        "trusted-0": "allowed",
        "no-external-id-0": "denied",
        "trusted-1": "allowed",
        # A role session has no ${aws:username}, which the session name must end with.
        "trusted-2": "denied",
    }
    found = {id_: deployed.probe(f"assume/{id_}") for id_ in wanted}
    assert wanted == {id_: probe["expected"] for id_, probe in found.items()}
    assert {"passed"} == {probe["verdict"] for probe in found.values()}


def test_another_network_is_inconclusive_and_said(deployed: Project) -> None:
    """Where the trust policy admits another network only, nothing failed and nothing is proven: exit 3."""
    deployed.update(_GRANT + _ANOTHER_NETWORK)
    ended = deployed.verify()
    assert ended.code == 3, ended.said
    reason = "the trust policy allows callers from 203.0.113.0/24 only"
    for id_ in ("assume/default", "assume/chained-1h", "role/list-users", "grants.bob/inside/get"):
        probe = deployed.probe(id_)
        assert (probe["verdict"], reason in probe["observed"]) == ("inconclusive", True), probe
    # The deployed trust policy itself can be read and evaluated from anywhere.
    assert deployed.probe("state/role.trust_policy")["verdict"] == "passed"
    assert deployed.probe("assume/other-network")["verdict"] == "passed"
    deployed.assert_nothing_left()


def test_a_trust_policy_broken_by_hand_isn_t_taken_for_another_network(deployed: Project) -> None:
    """With such a condition, a role that trusts nobody here still fails, by the probe of the deployed state."""
    role = deployed.iam.get_role(RoleName="temp-role")["Role"]["AssumeRolePolicyDocument"]
    broken = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}]}'
    deployed.iam.update_assume_role_policy(RoleName="temp-role", PolicyDocument=broken)
    try:
        ended = deployed.verify()
    finally:
        deployed.iam.update_assume_role_policy(RoleName="temp-role", PolicyDocument=json.dumps(role))
    assert ended.code == 1, ended.said
    assert "state/role.trust_policy" in deployed.failed()


def test_mfa_without_a_code_is_inconclusive_and_said(deployed: Project) -> None:
    """Without a code, only the refusal without MFA can be observed, and the exit code is 3."""
    deployed.update(_GRANT + _MFA)
    ended = deployed.verify()
    assert ended.code == 3, ended.said
    reason = "there is no code; pass --mfa-serial and --mfa-code"
    for id_ in ("assume/default", "role/list-users", "grants.bob/inside/get"):
        probe = deployed.probe(id_)
        assert (probe["verdict"], reason in probe["observed"]) == ("inconclusive", True), probe
    assert deployed.failed() == {}
    assert reason in " ".join(ended.out.split())
