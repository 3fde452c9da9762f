"""AssumeRoleWithWebIdentity on the local AWS, with tokens of a real OpenID provider, by AWS's rules."""

import json
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
from botocore import UNSIGNED
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

from temp_access.local_aws.server.openid_keys import REFETCH_SECONDS
from temp_access.local_aws.session import session
from tests.integration.local_aws.conftest import LocalAccount, allow, document
from tests.integration.openid.provider import AUDIENCE, OpenIdProvider, running_provider

pytestmark = pytest.mark.integration
HOST = "openid.example.com"
SUBJECT = "repo:example/app:ref:refs/heads/main"
ACCOUNT = "123456789012"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{HOST}"


class Federation:
    """The account with the provider registered, and calls of AssumeRoleWithWebIdentity."""

    def __init__(self, account: LocalAccount, provider: OpenIdProvider) -> None:
        self.account = account
        self.provider = provider
        config = Config(signature_version=UNSIGNED, parameter_validation=False, retries={"total_max_attempts": 1})
        client: Any = session(account.instance.environment).client("sts", config=config)
        self._sts = client

    def role(self, *statements: dict[str, Any], trust: dict[str, Any] | None = None, **options: Any) -> str:
        """Create a role that the subject's tokens may assume, unless `trust` says otherwise."""
        return self.account.role(trust or trusting(), *statements, **options)

    def assume(self, role: str, token: str, **options: Any) -> dict[str, Any]:
        """Call the action without a signature."""
        options = {"RoleSessionName": "pipeline", **options}
        answer: dict[str, Any] = self._sts.assume_role_with_web_identity(
            RoleArn=role, WebIdentityToken=token, **options
        )
        return answer

    def session(self, role: str, token: str, **options: Any) -> boto3.Session:
        """Return a session with the credentials."""
        return self.account.session(self.assume(role, token, **options)["Credentials"])

    def error(self, role: str, token: str, **options: Any) -> tuple[str, str, int]:
        """Return the code, message and status of the error; fails if there is none."""
        with pytest.raises(ClientError) as error:
            self.assume(role, token, **options)
        response: Any = error.value.response
        return response["Error"]["Code"], response["Error"]["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


def trusting(action: str | list[str] = "sts:AssumeRoleWithWebIdentity", **condition: Any) -> dict[str, Any]:
    """Return a trust statement for the provider, by default for the subject's tokens."""
    condition = condition or {"StringEquals": {f"{HOST}:aud": AUDIENCE, f"{HOST}:sub": SUBJECT}}
    return {"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": action, "Condition": condition}


DENIED = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)


@pytest.fixture(scope="module")
def federation(account: LocalAccount, openid_provider: OpenIdProvider) -> Iterator[Federation]:
    """Register the provider in the account."""
    openid_provider.introduce_to(account.instance)
    arn = account.iam.create_open_id_connect_provider(Url=openid_provider.issuer, ClientIDList=[AUDIENCE, "second"])
    assert arn["OpenIDConnectProviderArn"] == PROVIDER
    yield Federation(account, openid_provider)
    account.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER)


def test_a_token_opens_a_session_of_the_role_without_any_aws_key(federation: Federation) -> None:
    """The answer names what was accepted."""
    answer = federation.assume(role := federation.role(), federation.provider.token(SUBJECT))
    name = role.rpartition("/")[2]
    assert answer["SubjectFromWebIdentityToken"] == SUBJECT
    assert answer["Audience"] == AUDIENCE
    assert answer["Provider"] == PROVIDER
    assert answer["PackedPolicySize"] == 0
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/pipeline"
    identity = federation.account.session(answer["Credentials"]).client("sts").get_caller_identity()
    assert identity["Arn"] == answer["AssumedRoleUser"]["Arn"]
    assert identity["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]


EXPECTED = {
    "expired": "ExpiredTokenException",
    "wrong audience": "InvalidIdentityToken: Incorrect token audience",
    "wrong issuer": "InvalidIdentityToken: No OpenIDConnect provider found in your account for "
    "https://another.example.com",
    "another key with its own key id": "InvalidIdentityToken: Couldn't retrieve verification key",
}


def test_forged_tokens_are_refused(federation: Federation) -> None:
    """RS256 only, with a published key, for a registered issuer and audience."""
    role = federation.role(trust={**trusting(), "Condition": {}})
    federation.assume(role, federation.provider.token(SUBJECT))
    for forgery, token in federation.provider.forgeries(SUBJECT).items():
        code, message, status = federation.error(role, token)
        expected = EXPECTED.get(forgery, "InvalidIdentityToken: The web identity token that was passed could not be")
        assert f"{code}: {message}".startswith(expected), forgery
        assert status == 400


@pytest.mark.parametrize("token", ["", "abc", "no.jwt.at-all", "Atza|IQEBLjAsAhRFiXuWpUXuRvQ9PZL3", "e30.W10.AAAA"])
def test_what_is_no_jwt_is_refused(federation: Federation, token: str) -> None:
    """Access tokens often aren't any."""
    code, message, _ = federation.error(federation.role(), token)
    if len(token) < 4:
        assert code == "ValidationError"
    else:
        assert (code, message) == (
            "InvalidIdentityToken",
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
        )


@pytest.mark.parametrize(
    ("claim", "wrong"),
    [(claim, None) for claim in ("iss", "aud", "sub", "exp", "iat")]
    + [("iss", ""), ("sub", ""), ("sub", 5), ("aud", ""), ("aud", []), ("aud", [5]), ("exp", "soon"), ("iat", True)]
    + [("exp", float("inf")), ("exp", float("nan")), ("iat", float("nan"))],
)
def test_a_claim_that_is_required_is_missing(federation: Federation, claim: str, wrong: Any) -> None:
    """The error names it."""
    token = federation.provider.signed(federation.provider.claims(SUBJECT, **{claim: wrong}))
    assert federation.error(federation.role(), token)[:2] == (
        "InvalidIdentityToken",
        f"Missing a required claim: {claim}",
    )


def test_a_token_is_taken_until_five_minutes_after_its_expiry(federation: Federation) -> None:
    """IAM allows for clocks that differ."""
    role, provider = federation.role(), federation.provider
    federation.assume(role, provider.signed(provider.claims(SUBJECT, expires_in=-240)))
    assert federation.error(role, provider.signed(provider.claims(SUBJECT, expires_in=-330)))[0] == (
        "ExpiredTokenException"
    )


@pytest.mark.parametrize("claim", ["nbf", "iat"])
def test_a_token_is_not_taken_before_its_time(federation: Federation, claim: str) -> None:
    """The same five minutes are allowed."""
    claims = federation.provider.claims(SUBJECT, expires_in=4000)
    late = {**claims, claim: claims["iat"] + 600}
    assert federation.error(federation.role(), federation.provider.signed(late))[0] == "InvalidIdentityToken"
    federation.assume(federation.role(), federation.provider.signed({**claims, claim: claims["iat"] + 200}))


def test_the_audience_is_azp_where_the_token_has_it(federation: Federation) -> None:
    """It is then the one in ClientIDList and in the condition key; `oaud` has the other one."""
    role = federation.role(
        trust=trusting(StringEquals={f"{HOST}:aud": "second", f"{HOST}:oaud": "elsewhere", f"{HOST}:sub": SUBJECT})
    )
    answer = federation.assume(role, federation.provider.token(SUBJECT, "elsewhere", azp="second"))
    assert answer["Audience"] == "second"
    assert federation.error(role, federation.provider.token(SUBJECT, azp="elsewhere"))[1] == "Incorrect token audience"


@pytest.mark.parametrize(
    ("condition", "token_claims", "allowed"),
    [
        ({"StringEquals": {f"{HOST}:sub": "another"}}, {}, False),
        ({"StringLike": {f"{HOST}:sub": "repo:example/app:*"}}, {}, True),
        ({"StringLike": {f"{HOST}:sub": "repo:example/ap:*"}}, {}, False),
        ({"StringEquals": {f"{HOST.upper()}:SUB": SUBJECT}}, {}, True),
        ({"StringEquals": {f"{HOST}:sub": SUBJECT.upper()}}, {}, False),
        ({"StringEquals": {f"{HOST}:aud": "second"}}, {}, False),
        ({"StringEquals": {"other.example.com:sub": SUBJECT}}, {}, False),
        ({"StringEquals": {f"{HOST}:email": "ann@example.com"}}, {"email": "ann@example.com"}, True),
        ({"ForAnyValue:StringEquals": {f"{HOST}:amr": "mfa"}}, {"amr": ["pwd", "mfa"]}, True),
        ({"ForAnyValue:StringEquals": {f"{HOST}:amr": "mfa"}}, {"amr": ["pwd"]}, False),
        ({"StringEquals": {f"{HOST}:groups": "admin"}}, {"groups": "admin"}, False),
        ({"StringEquals": {f"{HOST}:repository": "example/app"}}, {"repository": "example/app"}, False),
        ({"StringEquals": {"sts:RoleSessionName": "pipeline"}}, {}, True),
        ({"StringEquals": {"sts:RoleSessionName": "another"}}, {}, False),
        ({"Null": {"aws:PrincipalArn": "true", "aws:PrincipalAccount": "true", "aws:userid": "true"}}, {}, True),
    ],
)
def test_the_trust_policy_is_evaluated_with_the_claims(
    federation: Federation, condition: dict[str, Any], token_claims: dict[str, Any], allowed: bool
) -> None:
    """Claims that AWS has no key for aren't known to it; who sends a token has no principal yet."""
    role = federation.role(trust=trusting(**condition))
    token = federation.provider.token(SUBJECT)
    if token_claims:
        token = federation.provider.signed(federation.provider.claims(SUBJECT, **token_claims))
    if allowed:
        federation.assume(role, token)
    else:
        assert federation.error(role, token) == DENIED


def test_a_trust_policy_that_names_another_principal_or_action_denies(federation: Federation) -> None:
    """So does one with a Deny, and a role that doesn't exist."""
    token = federation.provider.token(SUBJECT)
    other_provider = {"Federated": PROVIDER + "/realm"}
    for trust in (
        {**trusting(), "Principal": other_provider},
        {**trusting(), "Principal": {"Federated": "cognito-identity.amazonaws.com"}},
        {**trusting(), "Principal": {"AWS": ACCOUNT}},
        trusting("sts:AssumeRole"),
        trusting("sts:TagSession"),
    ):
        assert federation.error(federation.role(trust=trust), token) == DENIED
    role = federation.role()
    assert federation.error(f"{role}-gone", token) == DENIED
    deny = {**trusting(StringLike={f"{HOST}:sub": "repo:example/*"}), "Effect": "Deny"}
    federation.account.iam.update_assume_role_policy(
        RoleName=role.rpartition("/")[2], PolicyDocument=document(trusting(), deny)
    )
    assert federation.error(role, token) == DENIED


def test_the_session_policy_limits_the_session(federation: Federation) -> None:
    """Both, the role's policy and the session policy, have to allow a call."""
    bucket = federation.account.bucket("bob/x", "eve/x")
    role = federation.role(allow("s3:GetObject"))
    policy = document(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/bob/*"))
    limited = federation.session(role, federation.provider.token(SUBJECT), Policy=policy).client("s3")
    outcome = federation.account.outcome
    assert outcome(limited.get_object, Bucket=bucket, Key="bob/x") == "allowed"
    assert outcome(limited.get_object, Bucket=bucket, Key="eve/x") == "AccessDenied"
    whole = federation.session(role, federation.provider.token(SUBJECT)).client("s3")
    assert outcome(whole.get_object, Bucket=bucket, Key="eve/x") == "allowed"


def test_managed_session_policies_limit_the_session(federation: Federation) -> None:
    """They are named by ARN."""
    bucket = federation.account.bucket("x")
    role = federation.role(allow("s3:*"))
    arns = [{"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}]
    limited = federation.session(role, federation.provider.token(SUBJECT), PolicyArns=arns).client("s3")
    assert federation.account.outcome(limited.get_object, Bucket=bucket, Key="x") == "allowed"
    assert federation.account.outcome(limited.delete_object, Bucket=bucket, Key="x") == "AccessDenied"


@pytest.mark.parametrize("policy", ["{", '{"Statement": [{"Principal": "*"}]}', "é" * 10 + "\u2028"])
def test_a_session_policy_is_well_formed(federation: Federation, policy: str) -> None:
    """As for AssumeRole."""
    code, *_ = federation.error(federation.role(), federation.provider.token(SUBJECT), Policy=policy)
    assert code == "MalformedPolicyDocument"


def test_the_packed_size_of_a_session_policy_is_limited(federation: Federation) -> None:
    """Random names pack badly; the answer says how much a small policy takes."""
    role, token = federation.role(), federation.provider.token(SUBJECT)
    large = document(allow("s3:GetObject", f"arn:aws:s3:::b/{secrets.token_urlsafe(1400)}"))
    assert federation.error(role, token, Policy=large)[0] == "PackedPolicyTooLarge"
    assert federation.assume(role, token, Policy=document(allow("s3:GetObject")))["PackedPolicySize"] > 0


def test_the_duration_is_at_most_the_one_of_the_role(federation: Federation) -> None:
    """Without one, a session lasts an hour; it isn't role chaining."""
    role, token = federation.role(MaxSessionDuration=7200), federation.provider.token(SUBJECT)
    for seconds, given in ((900, 900), (7200, 7200), (None, 3600)):
        options = {} if seconds is None else {"DurationSeconds": seconds}
        answer = federation.assume(role, token, **options)
        left = (answer["Credentials"]["Expiration"] - datetime.now(UTC)).total_seconds()
        assert given - 30 < left <= given + 1
    assert federation.error(role, token, DurationSeconds=7201)[:2] == (
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )
    for seconds in (899, 43201):
        assert federation.error(role, token, DurationSeconds=seconds)[0] == "ValidationError"


@pytest.mark.parametrize("name", ["x", "a b", "a" * 65, "a/b"])
def test_the_session_name_is_valid(federation: Federation, name: str) -> None:
    """2 to 64 characters."""
    token = federation.provider.token(SUBJECT)
    assert federation.error(federation.role(), token, RoleSessionName=name)[0] == "ValidationError"


def test_the_session_has_the_keys_of_a_role_session_and_of_its_token(federation: Federation) -> None:
    """aws:userid has the session's name, aws:PrincipalArn is the role; sub, aud and the provider are known too."""
    bucket = federation.account.bucket("x")
    role = federation.role()
    name = role.rpartition("/")[2]
    role_id = federation.account.iam.get_role(RoleName=name)["Role"]["RoleId"]
    s3 = federation.session(role, federation.provider.token(SUBJECT)).client("s3")
    for key, value, holds in (
        ("aws:userid", f"{role_id}:pipeline", True),
        ("aws:PrincipalArn", role, True),
        ("aws:FederatedProvider", PROVIDER, True),
        (f"{HOST}:sub", SUBJECT, True),
        (f"{HOST}:aud", AUDIENCE, True),
        (f"{HOST}:sub", "another", False),
    ):
        statement = allow("s3:GetObject", Condition={"StringEquals": {key: value}})
        federation.account.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(statement))
        outcome = federation.account.outcome(s3.get_object, Bucket=bucket, Key="x")
        assert (outcome == "allowed") == holds, key


def test_session_tags_of_a_token_need_sts_tag_session(federation: Federation) -> None:
    """The trust policy has to allow both actions; the request itself can't pass tags."""
    tags: dict[str, Any] = {"https://aws.amazon.com/tags": {"principal_tags": {"team": ["data"]}}}
    token = federation.provider.signed(federation.provider.claims(SUBJECT, **tags))
    assert federation.error(federation.role(), token) == DENIED
    bucket = federation.account.bucket("x")
    statement = allow("s3:GetObject", Condition={"StringEquals": {"aws:PrincipalTag/team": "data"}})
    both = trusting(["sts:AssumeRoleWithWebIdentity", "sts:TagSession"])
    role = federation.role(statement, trust=both)
    s3 = federation.session(role, token).client("s3")
    assert federation.account.outcome(s3.get_object, Bucket=bucket, Key="x") == "allowed"
    untagged = federation.session(role, federation.provider.token(SUBJECT)).client("s3")
    assert federation.account.outcome(untagged.get_object, Bucket=bucket, Key="x") == "AccessDenied"


def test_a_source_identity_of_a_token_needs_sts_set_source_identity(federation: Federation) -> None:
    """It stays with the session."""
    claims: dict[str, Any] = {"https://aws.amazon.com/source_identity": "ann"}
    token = federation.provider.signed(federation.provider.claims(SUBJECT, **claims))
    assert federation.error(federation.role(), token) == DENIED
    role = federation.role(trust=trusting(["sts:AssumeRoleWithWebIdentity", "sts:SetSourceIdentity"]))
    assert federation.assume(role, token)["SourceIdentity"] == "ann"


def test_the_audience_is_in_the_client_id_list(federation: Federation) -> None:
    """It can be added to a provider and removed again."""
    role = federation.role(trust=trusting(StringEquals={f"{HOST}:sub": SUBJECT}))
    token, arn = federation.provider.token(SUBJECT, "third"), {"OpenIDConnectProviderArn": PROVIDER}
    assert federation.error(role, token)[1] == "Incorrect token audience"
    federation.account.iam.add_client_id_to_open_id_connect_provider(**arn, ClientID="third")
    federation.assume(role, token)
    federation.account.iam.remove_client_id_from_open_id_connect_provider(**arn, ClientID="third")
    assert federation.error(role, token)[1] == "Incorrect token audience"


def test_new_keys_of_a_provider_are_fetched(account: LocalAccount, tmp_path: Path) -> None:
    """A token with an unknown key id makes the local AWS look again, at a bounded rate."""
    with running_provider(tmp_path, "https://rotating.example.com") as provider:
        provider.introduce_to(account.instance)
        arn = account.iam.create_open_id_connect_provider(Url=provider.issuer, ClientIDList=[AUDIENCE])
        trust = {**trusting(), "Principal": {"Federated": arn["OpenIDConnectProviderArn"]}, "Condition": {}}
        federation = Federation(account, provider)
        role = federation.role(trust=trust)
        former = provider.token(SUBJECT)
        federation.assume(role, former)
        provider.rotate_keys()
        time.sleep(REFETCH_SECONDS + 0.1)
        federation.assume(role, provider.token(SUBJECT))
        assert federation.error(role, former)[0] == "InvalidIdentityToken"
        token = provider.token(SUBJECT)
    # Its keys are kept for a while.
    federation.assume(role, token)


def test_a_provider_that_can_not_be_reached(account: LocalAccount, openid_provider: OpenIdProvider) -> None:
    """The call may be repeated."""
    issuer = "https://nowhere.invalid"
    arn = account.iam.create_open_id_connect_provider(Url=issuer, ClientIDList=[AUDIENCE])["OpenIDConnectProviderArn"]
    role = account.role({**trusting(), "Principal": {"Federated": arn}, "Condition": {}})
    token = openid_provider.signed({**openid_provider.claims(SUBJECT), "iss": issuer})
    assert Federation(account, openid_provider).error(role, token)[0] == "IDPCommunicationError"


def test_a_signed_call_is_answered_too(federation: Federation) -> None:
    """Its signature doesn't matter, and neither do the caller's permissions."""
    _, nobody = federation.account.user()
    sts = federation.account.client(nobody, "sts")
    answer = sts.assume_role_with_web_identity(
        RoleArn=federation.role(), RoleSessionName="pipeline", WebIdentityToken=federation.provider.token(SUBJECT)
    )
    assert answer["SubjectFromWebIdentityToken"] == SUBJECT


def test_the_access_log_has_the_call(federation: Federation) -> None:
    """With its status, like every other."""
    federation.assume(federation.role(), federation.provider.token(SUBJECT))
    lines = federation.account.instance.access_log.read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[-1])["action"] == "sts:AssumeRoleWithWebIdentity"


def test_a_critical_header_that_is_not_known_is_refused(federation: Federation) -> None:
    """A token may demand what its reader has to understand: https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11"""
    claims = federation.provider.claims(SUBJECT)
    token = federation.provider.signed(claims, {"crit": ["exp-2"], "exp-2": 1})
    assert federation.error(federation.role(), token)[0] == "InvalidIdentityToken"


@pytest.mark.parametrize("name", ["Tags.member.1.Key", "SourceIdentity", "ProviderId"])
def test_a_request_passes_no_tags_and_no_source_identity(federation: Federation, name: str) -> None:
    """Only a token can; the parameters don't exist, except ProviderId, which is for other tokens."""
    both = trusting(["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"])
    form = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": federation.role(trust=both),
        "RoleSessionName": "pipeline",
        "WebIdentityToken": federation.provider.token(SUBJECT),
        name: "ann",
        "Tags.member.1.Value": "data",
    }
    bundle: Any = federation.account.instance.environment["AWS_CA_BUNDLE"]
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    request = AWSRequest("POST", f"{federation.account.instance.url}/", headers, data=urlencode(form))
    answer = URLLib3Session(verify=bundle).send(request.prepare())
    assert "<SourceIdentity>" not in answer.text
    assert answer.status_code == (400 if name == "ProviderId" else 200)
