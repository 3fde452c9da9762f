"""Random trust policies for tokens, which the local AWS and the evaluator must decide alike."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from temp_access.iam.decision import Layer
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.parser import parse_policy
from temp_access.iam.request import Request
from temp_access.local_aws.control import Instance
from temp_access.local_aws.session import session
from temp_access.local_aws.testing import running
from tests.integration.differential.names import ACCOUNT, OTHER_ACCOUNT
from tests.integration.differential.random_choice import RandomChoice
from tests.integration.openid.provider import AUDIENCE, OpenIdProvider

pytestmark = pytest.mark.integration
FIRST_SEED, SEEDS = int(os.environ.get("DIFFERENTIAL_SEED", "0")), int(os.environ.get("DIFFERENTIAL_WORLDS", "150"))
HOST = "openid.example.com"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{HOST}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/pipelines/web"
SUBJECTS = ("repo:a/b:ref:refs/heads/main", "repo:a/bc:pull_request", "REPO:a/b:x", "repo:a/*:x")
_STRINGS = (*SUBJECTS, "repo:a/b:*", "repo:*", "*", "repo:a/?:ref:*", "${" + HOST + ":sub}", "repo:a/${*}:x", "")
_OPERATORS = (
    *("StringEquals", "StringNotEquals", "StringLike", "StringNotLike"),
    *("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
)
_KEYS: tuple[tuple[str, tuple[str, ...]], ...] = (
    *[(f"{HOST}:sub", _STRINGS)] * 5,
    (f"{HOST.upper()}:Sub", _STRINGS),
    *[(f"{HOST}:aud", (AUDIENCE, "second", "s*", "*"))] * 3,
    (f"{HOST}:oaud", (AUDIENCE, "second")),
    (f"{HOST}:email", ("ann@example.com", "*@example.com")),
    ("other.example.com:sub", _STRINGS),
    ("sts:RoleSessionName", ("pipeline", "p*", "other")),
    ("aws:PrincipalArn", (PROVIDER, "*")),
    ("aws:RequestedRegion", ("us-east-1", "eu-west-1")),
    ("aws:ResourceAccount", (ACCOUNT, OTHER_ACCOUNT)),
)


def _condition(choice: RandomChoice) -> tuple[str, str, Any]:
    if choice.chance(0.15):
        quantifier = choice.one_of("ForAllValues:", "ForAnyValue:")
        return quantifier + choice.one_of(*_OPERATORS), f"{HOST}:amr", choice.one_or_more(("mfa", "pwd", "m*"))
    if choice.chance(0.1):
        return "Null", choice.one_of(f"{HOST}:amr", f"{HOST}:sub", f"{HOST}:email"), choice.one_of("true", "false")
    key, values = choice.one_of(*_KEYS)
    return choice.one_of(*_OPERATORS) + choice.one_of("", "", "", "IfExists"), key, choice.one_or_more(values)


def _statement(choice: RandomChoice) -> dict[str, Any]:
    principals: tuple[Any, ...] = (
        *[{"Federated": PROVIDER}] * 6,
        {"Federated": [f"{PROVIDER}/realm", PROVIDER]},
        {"Federated": f"{PROVIDER}/realm"},
        {"Service": "lambda.amazonaws.com"},
        {"Federated": PROVIDER, "AWS": ACCOUNT},
        "*",
    )
    effect = choice.one_of("Allow", "Allow", "Allow", "Deny")
    if effect == "Allow":
        # AWS doesn't document whether a Deny for an account concerns who has a token of a provider in it.
        principals += ({"AWS": ACCOUNT},)
    conditions: dict[str, dict[str, Any]] = {}
    for _ in range(choice.one_of(0, 1, 1, 2, 3)):
        operator, key, values = _condition(choice)
        conditions.setdefault(operator, {})[key] = values
    statement = {
        "Effect": effect,
        "Principal": choice.one_of(*principals),
        "Action": choice.one_of(
            *["sts:AssumeRoleWithWebIdentity"] * 5, "sts:*", "sts:AssumeRole", ["sts:TagSession", "sts:Assume*Identity"]
        ),
    }
    return {**statement, "Condition": conditions} if conditions else statement


def _claims(choice: RandomChoice) -> dict[str, Any]:
    claims: dict[str, Any] = {"sub": choice.one_of(*SUBJECTS), "aud": choice.one_of(AUDIENCE, AUDIENCE, "second")}
    if choice.chance(0.2):
        claims["azp"] = "second"
    if choice.chance(0.3):
        claims["email"] = choice.one_of("ann@example.com", "eve@example.org")
    if choice.chance(0.4):
        claims["amr"] = choice.one_of(["mfa"], ["pwd"], ["pwd", "mfa"])
    return claims


def _evaluated(trust: dict[str, Any], claims: dict[str, Any]) -> bool:
    keys = {name: claims.get(name) for name in ("sub", "email", "amr")}
    keys |= {"aud": claims.get("azp", claims["aud"]), "oaud": claims["aud"]}
    request = Request(
        principal=PROVIDER,
        action="sts:AssumeRoleWithWebIdentity",
        resource=ROLE,
        account=ACCOUNT,
        resource_account=ACCOUNT,
        context={
            "sts:RoleSessionName": "pipeline",
            "aws:RequestedRegion": "us-east-1",
            "aws:SecureTransport": "true",
            "aws:SourceIp": "127.0.0.1",
            **{f"{HOST}:{name}": value for name, value in keys.items()},
        },
    )
    policy = parse_policy(trust, Layer.TRUST)
    decision = evaluate(PolicySet(identity=(), resource=policy, resource_is_trust_policy=True), request)
    assert not decision.unknown, decision
    return decision.allowed


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Run a local AWS."""
    with running(tmp_path_factory.mktemp("web-identity")) as running_instance:
        yield running_instance


def test_random_trust_policies_for_tokens_are_decided_alike(
    instance: Instance, openid_provider: OpenIdProvider
) -> None:
    """Claims of the token are the condition keys; who sends one has no principal of its own."""
    openid_provider.introduce_to(instance)
    iam = instance.deployer.client("iam")
    arn = iam.create_open_id_connect_provider(Url=openid_provider.issuer, ClientIDList=[AUDIENCE, "second"])
    assert arn["OpenIDConnectProviderArn"] == PROVIDER
    first = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [first]})
    iam.create_role(RoleName="web", Path="/pipelines/", AssumeRolePolicyDocument=document)
    sts: Any = session(instance.environment).client("sts", config=Config(signature_version=UNSIGNED))
    different, allowed = [], 0
    for seed in range(FIRST_SEED, FIRST_SEED + SEEDS):
        choice = RandomChoice(seed)
        trust = {"Version": "2012-10-17", "Statement": [_statement(choice) for _ in range(choice.one_of(1, 1, 2, 3))]}
        iam.update_assume_role_policy(RoleName="web", PolicyDocument=json.dumps(trust))
        for _ in range(3):
            claims = _claims(choice)
            token = openid_provider.signed(openid_provider.claims(claims["sub"], **claims))
            try:
                sts.assume_role_with_web_identity(RoleArn=ROLE, RoleSessionName="pipeline", WebIdentityToken=token)
                local = True
            except ClientError as error:
                if error.response["Error"]["Code"] != "AccessDenied":
                    raise
                local = False
            allowed += local
            if local is not _evaluated(trust, claims):
                different.append(f"seed {seed}: {claims}\n  local AWS allows: {local}\n  {json.dumps(trust)}")
    assert not different, "\n\n".join(different)
    assert SEEDS * 3 / 10 < allowed < SEEDS * 3 * 9 / 10
