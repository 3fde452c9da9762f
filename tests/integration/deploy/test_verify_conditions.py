"""Conditions of the trust policy: verify meets those it can, shows that each one counts, and reports the others."""

import json

import pytest

from tests.integration.deploy.project import Project

pytestmark = pytest.mark.integration
_GRANT = '[bucket]\non_destroy = "destroy"\n\n[grants.bob]\naccess = "read-write"\n'
_SATISFIABLE = """
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


def test_each_condition_that_can_be_met_is_required(deployed: Project) -> None:
    """AssumeRole works with session name, source identity, network and external id, and fails without any of them."""
    # The trust policy can only name principals that exist.
    iam = deployed.aws.deployer.client("iam")
    iam.create_user(UserName="build")
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="build", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    deployed.update(_GRANT + _SATISFIABLE)
    ended = deployed.verify()
    assert ended.code == 0, ended.output
    call = deployed.probe("assume/default")["call"]
    assert call["session_name"].endswith("-temp-user")
    assert call["source_identity"].endswith("@example.com")
    expected = {
        "session-name": "denied",
        "no-source-identity": "denied",
        "other-network": "denied",
        "trusted-0": "allowed",
        "no-external-id-0": "denied",
        "trusted-1": "allowed",
        # A role session has no ${aws:username}, which the session name must end with.
        "trusted-2": "denied",
    }
    probes = {id_: deployed.probe(f"assume/{id_}") for id_ in expected}
    assert expected == {id_: probe["expected"] for id_, probe in probes.items()}
    assert {"passed"} == {probe["verdict"] for probe in probes.values()}


def test_a_condition_on_another_network_is_inconclusive(deployed: Project) -> None:
    """If the trust policy allows another network only, no probe fails, and the run is inconclusive with the reason."""
    deployed.update(_GRANT + _ANOTHER_NETWORK)
    ended = deployed.verify()
    assert ended.code == 3, ended.output
    reason = "the trust policy allows callers from 203.0.113.0/24 only"
    for id_ in ("assume/default", "assume/chained-1h", "role/list-users", "grants.bob/inside/get"):
        probe = deployed.probe(id_)
        assert (probe["verdict"], reason in probe["observed"]) == ("inconclusive", True), probe
    # The deployed trust policy can be read and evaluated from any network.
    assert deployed.probe("state/role.trust_policy")["verdict"] == "passed"
    assert deployed.probe("assume/other-network")["verdict"] == "passed"
    deployed.assert_clean()


def test_a_broken_trust_policy_isn_t_mistaken_for_another_network(deployed: Project) -> None:
    """With such a condition, a role that trusts nobody still fails the probe of the deployed state."""
    role = deployed.iam.get_role(RoleName="temp-role")["Role"]["AssumeRolePolicyDocument"]
    broken = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}]}'
    deployed.iam.update_assume_role_policy(RoleName="temp-role", PolicyDocument=broken)
    try:
        ended = deployed.verify()
    finally:
        deployed.iam.update_assume_role_policy(RoleName="temp-role", PolicyDocument=json.dumps(role))
    assert ended.code == 1, ended.output
    assert "state/role.trust_policy" in deployed.failed()


def test_mfa_without_a_code_is_inconclusive(deployed: Project) -> None:
    """Without a code, verify can only observe the refusal; it exits with 3 and names the options."""
    deployed.update(_GRANT + _MFA)
    ended = deployed.verify()
    assert ended.code == 3, ended.output
    reason = "there is no code; pass --mfa-serial and --mfa-code"
    for id_ in ("assume/default", "role/list-users", "grants.bob/inside/get"):
        probe = deployed.probe(id_)
        assert (probe["verdict"], reason in probe["observed"]) == ("inconclusive", True), probe
    assert deployed.failed() == {}
    assert reason in " ".join(ended.out.split())
