"""Who the trust policies of grants let in: each kind of borrower, and those that nearly are one.

The rules are those of the pages that the tables name.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from temp_access.iam.decision import Decision, DecisionType, Layer
from temp_access.iam.document import Policy
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.parser import parse_policy
from temp_access.iam.request import ContextValue, Request, UnknownValue
from temp_access.policies.borrower_trust import grant_trust_policy
from tests.unit.support.proving import config_from, formula_decision

HOME, AWAY = "111122223333", "222233334444"
GITHUB = "token.actions.githubusercontent.com"
EKS = "oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
ROLE = f"arn:aws:iam::{HOME}:role/temp-access/temp-role-bob"
ASSUME, WEB = "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"
ALL = parse_policy(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, Layer.IDENTITY
)
SSO = "role/aws-reserved/sso.amazonaws.com"
DATA_TEAM = f"{SSO}/eu-west-1/AWSReservedSSO_DataTeam_0123456789abcdef"
Y, N, U = DecisionType.ALLOWED, DecisionType.IMPLICIT_DENY, DecisionType.UNDECIDED


def trust(*borrowers: Any, **conditions: Any) -> Policy:
    """Return the trust policy of a grant with these borrowers."""
    config = config_from(
        {
            "role": {"path": "/temp-access/", **({"conditions": conditions} if conditions else {})},
            "grants": {"bob": {"access": "read", "borrowers": list(borrowers)}},
            "identity_providers": {
                "github": {"issuer": f"https://{GITHUB}", "audience": "sts.amazonaws.com"},
                "eks": {"issuer": f"https://{EKS}", "audience": "sts.amazonaws.com"},
            },
        }
    )
    return parse_policy(grant_trust_policy(config.grants["bob"], config, account=HOME, partition="aws"), Layer.TRUST)


def user(name: str, account: str = HOME) -> dict[str, Any]:
    return {"principal": f"arn:aws:iam::{account}:user/{name}", "account": account}


def session(role: str, name: str = "ann", account: str = HOME) -> dict[str, Any]:
    """Return a session of a role, which is written with its path."""
    return {
        "principal": f"arn:aws:sts::{account}:assumed-role/{role.rpartition('/')[2]}/{name}",
        "account": account,
        "role_arn": f"arn:aws:iam::{account}:{role}",
    }


def token(host: str, action: str = WEB, **claims: Any) -> dict[str, Any]:
    """Return a call with a token of the provider `host`, whose other claims aren't known."""
    context = {f"{host}:{name}": value for name, value in claims.items()}
    principal = f"arn:aws:iam::{HOME}:oidc-provider/{host}"
    return {"principal": principal, "account": HOME, "action": action, "context": context}


def service(name: str, action: str = ASSUME, **context: ContextValue) -> dict[str, Any]:
    keys = {f"aws:{key}": value for key, value in context.items()}
    return {"principal": name, "account": "", "action": action, "context": keys}


def decide(policy: Policy, caller: Mapping[str, Any], identity: tuple[Policy, ...] = ()) -> Decision:
    """Decide the call, and require the prover's formula to agree."""
    request = Request(**({"action": ASSUME, "resource": ROLE, "resource_account": HOME} | dict(caller)))
    policies = PolicySet(identity=identity, resource=policy, resource_is_trust_policy=True)
    decision = evaluate(policies, request)
    formula = formula_decision(policies, request)
    assert formula == (None if decision.kind is U else decision.allowed), decision
    return decision


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
@pytest.mark.parametrize(
    ("borrower", "caller", "alone", "with_own_policy"),
    [
        ("user/ann", user("ann"), Y, Y),
        ("user/team/ann", user("team/ann"), Y, Y),
        ("user/team/ann", user("ann"), N, N),
        ("user/ann", user("anna"), N, N),
        ("user/ann", user("ann", AWAY), N, N),
        ("user/ann", session("role/ann"), N, N),
        ("role/build", session("role/build"), Y, Y),
        ("role/ci/build", session("role/ci/build"), Y, Y),
        ("role/ci/build", session("role/build"), N, N),
        ("role/build", session("role/builder"), N, N),
        ("role/build", user("build"), N, N),
        ("sso/DataTeam", session(DATA_TEAM), N, Y),
        ("sso/DataTeam", session(f"{SSO}/AWSReservedSSO_DataTeam_0123456789abcdef"), N, Y),
        ("sso/DataTeam", session(f"{SSO}/AWSReservedSSO_DataTeam_Admin_0123456789abcdef"), N, N),
        ("sso/DataTeam", session(f"{SSO}/eu-west-1/AWSReservedSSO_DataTeam_Admin_0123456789abcdef"), N, N),
        ("sso/DataTeam", session("role/AWSReservedSSO_DataTeam_0123456789abcdef"), N, N),
        ("sso/DataTeam", session(DATA_TEAM, account=AWAY), N, N),
        ("sso/DataTeam", user("AWSReservedSSO_DataTeam_0123456789abcdef"), N, N),
        ("sso/DataTeam/ann@example.com", session(DATA_TEAM, "ann@example.com"), N, Y),
        ("sso/DataTeam/ann@example.com", session(DATA_TEAM, "bob@example.com"), N, N),
        ("sso/DataTeam/ann@example.com", session(DATA_TEAM, "joann@example.com"), N, N),
    ],
)
def test_users_roles_and_people_of_the_own_account(
    borrower: str, caller: dict[str, Any], alone: DecisionType, with_own_policy: DecisionType
) -> None:
    """A user or role that the trust policy names needs no policy of its own; where it names the account, all do."""
    policy = trust(borrower)

    assert decide(policy, caller).kind is alone
    assert decide(policy, caller, (ALL,)).kind is with_own_policy


# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
@pytest.mark.parametrize(
    ("caller", "given", "alone", "with_own_policy"),
    [
        (session("role/partner", account=AWAY), "the-partner-7f3a", N, Y),
        (session("role/partner", account=AWAY), "another", N, N),
        (session("role/partner", account=AWAY), None, N, N),
        (session("role/partner", account=AWAY), UnknownValue.POSSIBLE, N, U),
        (session("role/other", account=AWAY), "the-partner-7f3a", N, N),
        (session("role/partner"), "the-partner-7f3a", N, N),
    ],
)
def test_a_principal_of_another_account(
    caller: dict[str, Any], given: ContextValue, alone: DecisionType, with_own_policy: DecisionType
) -> None:
    """Both accounts have to allow it, and the external id has to be the one of the trust policy."""
    policy = trust({"principal": f"arn:aws:iam::{AWAY}:role/partner", "external_id": "the-partner-7f3a"})
    caller = {**caller, "context": {"sts:ExternalId": given}}

    assert decide(policy, caller).kind is alone
    assert decide(policy, caller, (ALL,)).kind is with_own_policy


# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
MAIN = {"aud": "sts.amazonaws.com", "sub": "repo:example/app:ref:refs/heads/main"}
POD = {"aud": "sts.amazonaws.com", "sub": "system:serviceaccount:data:loader"}


@pytest.mark.parametrize(
    ("subject", "caller", "expected"),
    [
        ("github/repo:example/app:ref:refs/heads/main", token(GITHUB, **MAIN), Y),
        ("github/repo:example/app:ref:refs/heads/main", token(GITHUB, **MAIN | {"sub": f"{MAIN['sub']}2"}), N),
        ("github/repo:example/app:ref:refs/heads/main", token(GITHUB, **MAIN | {"aud": "other"}), N),
        ("github/repo:example/app:ref:refs/heads/main", token(GITHUB, sub=MAIN["sub"]), U),
        ("github/repo:example/app:ref:refs/heads/main", token(GITHUB, aud=MAIN["aud"]), U),
        ("github/repo:example/app:ref:refs/heads/main", token(GITHUB), U),
        ("github/repo:example/app:ref:refs/heads/main", token(GITHUB, aud="other"), N),
        ("github/repo:example/app:ref:refs/heads/*", token(GITHUB, **MAIN), Y),
        ("github/repo:example/app:ref:refs/heads/*", token(GITHUB, **MAIN | {"sub": "repo:example/app2:ref"}), N),
        # A token of another provider has neither key, whatever it says itself.
        ("github/repo:example/app:ref:refs/heads/*", token(EKS, **MAIN), N),
        ("github/repo:example/app:ref:refs/heads/*", token("token.example.com"), N),
        ("github/repo:example/app:ref:refs/heads/*", token(f"{GITHUB}/example"), N),
        # The call isn't signed, so no other one is possible; and nobody signs this one.
        ("github/repo:example/app:ref:refs/heads/*", token(GITHUB, ASSUME, **MAIN), N),
        ("github/repo:example/app:ref:refs/heads/*", token(GITHUB, "sts:TagSession", **MAIN), N),
        ("github/repo:example/app:ref:refs/heads/*", {**user("ann"), "action": WEB}, N),
        ("github/repo:example/app:ref:refs/heads/*", {**service("ec2.amazonaws.com"), "action": WEB}, N),
        # Keys are compared without regard to case, and a provider's path has capital letters.
        ("eks/system:serviceaccount:data:loader", token(EKS, **POD), Y),
        ("eks/system:serviceaccount:data:*", token(EKS, **POD), Y),
        ("eks/system:serviceaccount:data:loader", token(EKS, **POD | {"sub": "system:serviceaccount:data:x"}), N),
        ("eks/system:serviceaccount:data:loader", token(EKS, aud=POD["aud"]), U),
    ],
)
def test_tokens_of_identity_providers(subject: str, caller: dict[str, Any], expected: DecisionType) -> None:
    """A token needs the provider, the audience and the subject; the account's own policies play no part."""
    policy = trust(f"oidc/{subject}")

    assert decide(policy, caller).kind is expected
    assert decide(policy, caller, (ALL,)).kind is expected


# https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html#cross-service-confused-deputy-prevention
# https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
@pytest.mark.parametrize(
    ("borrower", "caller", "expected"),
    [
        ("lambda.amazonaws.com", service("lambda.amazonaws.com"), Y),
        ("lambda.amazonaws.com", service("lambda.amazonaws.com", SourceAccount=AWAY), Y),
        ("lambda.amazonaws.com", service("ec2.amazonaws.com"), N),
        ("lambda.amazonaws.com", service("lambda.amazonaws.com", "sts:TagSession"), N),
        ("lambda.amazonaws.com", user("lambda.amazonaws.com"), N),
        ("ecs-tasks.amazonaws.com", service("ecs-tasks.amazonaws.com", SourceAccount=HOME), Y),
        ("ecs-tasks.amazonaws.com", service("ecs-tasks.amazonaws.com", SourceAccount=AWAY), N),
        ("ecs-tasks.amazonaws.com", service("ecs-tasks.amazonaws.com", SourceAccount=None), N),
        ("ecs-tasks.amazonaws.com", service("ecs-tasks.amazonaws.com"), U),
        ("pods.eks.amazonaws.com", service("pods.eks.amazonaws.com"), Y),
        ("pods.eks.amazonaws.com", service("pods.eks.amazonaws.com", "sts:TagSession"), Y),
        ("pods.eks.amazonaws.com", service("pods.eks.amazonaws.com", "sts:SetSourceIdentity"), N),
    ],
)
def test_services(borrower: str, caller: dict[str, Any], expected: DecisionType) -> None:
    """A service has no policies; aws:SourceAccount is required where the service sends it."""
    assert decide(trust(f"service/{borrower}"), caller).kind is expected


# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
@pytest.mark.parametrize(
    ("borrower", "caller", "context", "expected"),
    [
        ("user/ann", user("ann"), {"aws:MultiFactorAuthPresent": "true", "aws:SourceIp": "203.0.113.7"}, Y),
        ("user/ann", user("ann"), {"aws:SourceIp": "203.0.113.7"}, N),
        ("user/ann", user("ann"), {"aws:MultiFactorAuthPresent": "true", "aws:SourceIp": "192.0.2.1"}, N),
        ("role/build", session("role/build"), {"aws:SourceIp": "203.0.113.7"}, Y),
        ("role/build", session("role/build"), {"aws:SourceIp": "192.0.2.1"}, N),
        ("oidc/github/" + MAIN["sub"], token(GITHUB, **MAIN), {"aws:SourceIp": "192.0.2.1"}, Y),
        ("service/lambda.amazonaws.com", service("lambda.amazonaws.com"), {}, Y),
    ],
)
def test_the_conditions_of_the_role(
    borrower: str, caller: dict[str, Any], context: dict[str, ContextValue], expected: DecisionType
) -> None:
    """They hold for users, roles and people of IAM Identity Center, and MFA for users alone."""
    caller = {**caller, "context": {**caller.get("context", {}), **context}}

    assert decide(trust(borrower, mfa=True, source_ip=["203.0.113.0/24"]), caller).kind is expected


# https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
@pytest.mark.parametrize(
    ("borrower", "caller", "expected"),
    [("user/ann", user("ann"), Y), ("role/build", session("role/build"), N), ("sso/DataTeam", session(DATA_TEAM), N)],
)
def test_the_permissions_boundary_of_the_caller(borrower: str, caller: dict[str, Any], expected: DecisionType) -> None:
    """It limits a session of a role that the trust policy names, but not a user that it names."""
    nothing = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}}
    policies = PolicySet(
        identity=(ALL,),
        boundary=parse_policy(nothing, Layer.BOUNDARY),
        resource=trust(borrower),
        resource_is_trust_policy=True,
    )
    request = Request(**({"action": ASSUME, "resource": ROLE, "resource_account": HOME} | caller))

    assert evaluate(policies, request).kind is expected
    assert formula_decision(policies, request) == (expected is Y)


@pytest.mark.parametrize(
    ("operator", "value", "principal", "expected"),
    [
        ("StringLike", "*:ann", session("role/build"), Y),
        ("StringLike", "*:an?", session("role/build"), Y),
        ("StringLike", "AROA?*:ann", session("role/build"), U),
        ("StringLike", "AROA*:???", session("role/build"), Y),
        ("StringLike", "AROA*:??", session("role/build"), N),
        ("StringLike", "*:bo?", session("role/build"), N),
        ("StringLike", "AROA*", session("role/build"), Y),
        ("StringLike", "AIDA*", session("role/build"), N),
        ("StringLike", "*ann", session("role/build"), Y),
        ("StringLike", "*X*:ann", session("role/build"), U),
        ("StringLike", "*x*:ann", session("role/build"), N),
        ("StringNotLike", "*:ann", session("role/build"), N),
        ("StringNotLike", "*:bob", session("role/build"), Y),
        ("StringEquals", "AROAEXAMPLEEXAMPLE123:ann", session("role/build"), U),
        ("StringEquals", "AROAEXAMPLEEXAMPLE123:bob", session("role/build"), N),
        ("StringEquals", "*:ann", session("role/build"), N),
        ("StringEquals", ["*:ann", "AROAEXAMPLEEXAMPLE123:ann"], session("role/build"), U),
        ("StringLikeIfExists", "*:ann", session("role/build"), Y),
        ("StringLike", "*:ann", user("ann"), N),
        ("StringLike", "AIDA*", user("ann"), Y),
        ("StringEquals", "AIDAEXAMPLEEXAMPLE123", user("ann"), U),
        ("StringLike", "*:${aws:PrincipalTag/name}", session("role/build"), U),
    ],
)
def test_the_user_id_of_a_caller_is_known_in_part(
    operator: str, value: Any, principal: dict[str, Any], expected: DecisionType
) -> None:
    """A session's is AROA, an id that only AWS knows, and the session's name.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-infotouse
    """
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": HOME},
        "Action": ASSUME,
        "Condition": {operator: {"aws:userid": value}},
    }
    policy = parse_policy({"Version": "2012-10-17", "Statement": statement}, Layer.TRUST)
    request = Request(
        action=ASSUME,
        resource=ROLE,
        resource_account=HOME,
        **principal,
        context={"aws:PrincipalTag/name": UnknownValue.POSSIBLE},
    )

    decision = evaluate(PolicySet(identity=(ALL,), resource=policy, resource_is_trust_policy=True), request)

    assert decision.kind is expected
