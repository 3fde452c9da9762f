"""The trust policies of borrowers, decided by the local AWS: people of Identity Center, services, tags and names."""

from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

from tests.integration.local_aws.conftest import LocalAccount, allow, document

pytestmark = pytest.mark.integration
ACCOUNT = "123456789012"
ROLES = f"arn:aws:iam::{ACCOUNT}:role"
SSO = f"{ROLES}/aws-reserved/sso.amazonaws.com"


def trust(principal: Any, action: str | list[str] = "sts:AssumeRole", **condition: Any) -> dict[str, Any]:
    """Return a trust statement."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return {**statement, "Condition": condition} if condition else statement


def permission_set(name: str, user: str) -> dict[str, Any]:
    """Return the trust statement for one person of a permission set, in the form that this project writes."""
    patterns = [f"{SSO}/AWSReservedSSO_{name}_*", f"{SSO}/*/AWSReservedSSO_{name}_*"]
    longer = [f"{SSO}/AWSReservedSSO_{name}_*_*", f"{SSO}/*/AWSReservedSSO_{name}_*_*"]
    return trust(
        {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        ArnLike={"aws:PrincipalArn": patterns},
        ArnNotLike={"aws:PrincipalArn": longer},
        StringLike={"aws:userid": f"*:{user}"},
    )


def person(account: LocalAccount, role_name: str, path: str, user: str, *statements: dict[str, Any]) -> boto3.Session:
    """Return the session of somebody who came through Identity Center: its role, and the user as the session's name."""
    arn, caller = account.user()
    name = f"{role_name}{account.name('').strip('-')}"
    account.iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=document(trust({"AWS": arn})))
    if statements:
        account.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
    return account.assume(caller, f"{ROLES}{path}{name}", RoleSessionName=user)


PATH, REGION_PATH = "/aws-reserved/sso.amazonaws.com/", "/aws-reserved/sso.amazonaws.com/eu-west-1/"


@pytest.mark.parametrize(
    ("role_name", "path", "user", "outcome"),
    [
        ("AWSReservedSSO_DataTeam_0123456789abcdef", PATH, "ann@example.com", "allowed"),
        ("AWSReservedSSO_DataTeam_0123456789abcdef", REGION_PATH, "ann@example.com", "allowed"),
        ("AWSReservedSSO_DataTeam_0123456789abcdef", PATH, "eve@example.com", "AccessDenied"),
        ("AWSReservedSSO_DataTeam_0123456789abcdef", PATH, "xann@example.com", "AccessDenied"),
        ("AWSReservedSSO_DataTeam_Extra_0123456789abcdef", PATH, "ann@example.com", "AccessDenied"),
        ("AWSReservedSSO_DataTeam_Extra_0123456789abcdef", REGION_PATH, "ann@example.com", "AccessDenied"),
        ("AWSReservedSSO_OtherTeam_0123456789abcdef", PATH, "ann@example.com", "AccessDenied"),
        ("AWSReservedSSO_DataTeam_0123456789abcdef", "/", "ann@example.com", "AccessDenied"),
        (
            "AWSReservedSSO_DataTeam_0123456789abcdef",
            "/x/aws-reserved/sso.amazonaws.com/",
            "ann@example.com",
            "AccessDenied",
        ),
    ],
)
def test_conditions_on_the_caller_choose_a_person_of_a_permission_set(
    account: LocalAccount, role_name: str, path: str, user: str, outcome: str
) -> None:
    """ArnLike, ArnNotLike and StringLike all have to hold; aws:PrincipalArn has the path of the caller's role."""
    role = account.role(permission_set("DataTeam", "ann@example.com"))
    caller = person(account, role_name, path, user, allow("sts:AssumeRole", role))
    sts = account.client(caller, "sts")
    assert account.outcome(sts.assume_role, RoleArn=role, RoleSessionName="bob") == outcome


def test_a_trust_policy_for_the_account_needs_the_callers_own_policy_too(account: LocalAccount) -> None:
    """The statement that names the account only delegates."""
    role = account.role(permission_set("DataTeam", "ann@example.com"))
    caller = person(account, "AWSReservedSSO_DataTeam_0123456789abcdef", PATH, "ann@example.com")
    sts = account.client(caller, "sts")
    assert account.outcome(sts.assume_role, RoleArn=role, RoleSessionName="bob") == "AccessDenied"


@pytest.mark.parametrize(
    "condition",
    [{}, {"StringEquals": {"aws:SourceAccount": ACCOUNT}}, {"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}}],
)
def test_a_service_principal_trusts_no_user_or_role(account: LocalAccount, condition: dict[str, Any]) -> None:
    """Not even an administrator, and not the root of the account."""
    role = account.role(trust({"Service": "lambda.amazonaws.com"}, **condition))
    session = account.role_session(allow("*"))
    _, user = account.user(allow("*"))
    for caller in (account.instance.deployer, user, session):
        sts = account.client(caller, "sts")
        assert account.outcome(sts.assume_role, RoleArn=role, RoleSessionName="bob") == "AccessDenied"


def test_a_condition_on_the_source_account_is_not_met_by_a_user(account: LocalAccount) -> None:
    """Only services send the key."""
    arn, user = account.user()
    role = account.role(trust({"AWS": arn}, StringEquals={"aws:SourceAccount": ACCOUNT}))
    sts = account.client(user, "sts")
    assert account.outcome(sts.assume_role, RoleArn=role, RoleSessionName="bob") == "AccessDenied"


@pytest.mark.parametrize(
    ("action", "options"),
    [
        ("sts:TagSession", {"Tags": [{"Key": "team", "Value": "data"}]}),
        ("sts:SetSourceIdentity", {"SourceIdentity": "ann"}),
    ],
)
def test_tags_and_a_source_identity_need_their_own_action(
    account: LocalAccount, action: str, options: dict[str, Any]
) -> None:
    """For a trust policy that names the caller, and for one that delegates to its account."""
    arn, user = account.user(allow("sts:*"))
    sts = account.client(user, "sts")
    for principal in (arn, f"arn:aws:iam::{ACCOUNT}:root"):
        without = account.role(trust({"AWS": principal}))
        assert account.outcome(sts.assume_role, RoleArn=without, RoleSessionName="bob") == "allowed"
        refused = account.outcome(sts.assume_role, RoleArn=without, RoleSessionName="bob", **options)
        assert refused == "AccessDenied"
        both = account.role(trust({"AWS": principal}, ["sts:AssumeRole", action]))
        assert account.outcome(sts.assume_role, RoleArn=both, RoleSessionName="bob", **options) == "allowed"


def test_an_external_id_is_compared(account: LocalAccount) -> None:
    """Another account's role is trusted with one only."""
    arn, user = account.user()
    role = account.role(trust({"AWS": arn}, StringEquals={"sts:ExternalId": "the-partner-7f3a"}))
    sts = account.client(user, "sts")
    for external_id, outcome in ((None, "AccessDenied"), ("other", "AccessDenied"), ("the-partner-7f3a", "allowed")):
        options = {} if external_id is None else {"ExternalId": external_id}
        assert account.outcome(sts.assume_role, RoleArn=role, RoleSessionName="bob", **options) == outcome


@pytest.mark.parametrize("kind", ["user", "role"])
def test_a_principal_that_does_not_exist_is_refused(account: LocalAccount, kind: str) -> None:
    """In CreateRole and UpdateAssumeRolePolicy; a path that is wrong makes it another principal."""
    name = account.name("pathed")
    if kind == "user":
        existing = account.iam.create_user(UserName=name, Path="/people/")["User"]["Arn"]
    else:
        policy = document(trust({"AWS": ACCOUNT}))
        existing = account.iam.create_role(RoleName=name, Path="/people/", AssumeRolePolicyDocument=policy)["Role"][
            "Arn"
        ]
    good = account.role(trust({"AWS": existing})).rpartition("/")[2]
    for principal in (f"arn:aws:iam::{ACCOUNT}:{kind}/{name}", existing.replace("/people/", "/other/"), f"{existing}x"):
        policy = document(trust({"AWS": [existing, principal]}))
        update = account.iam.update_assume_role_policy
        assert account.outcome(update, RoleName=good, PolicyDocument=policy) == "MalformedPolicyDocument"
        create = account.iam.create_role
        assert (
            account.outcome(create, RoleName=account.name("role"), AssumeRolePolicyDocument=policy)
            == "MalformedPolicyDocument"
        )


def test_a_role_with_a_path_is_authorized_by_its_whole_arn(account: LocalAccount) -> None:
    """GetRole and AssumeRole ask for the ARN with the path, though GetRole takes the name."""
    name = account.name("pathed")
    arn = f"{ROLES}/temp-access/{name}"
    user_arn, user = account.user(allow(["iam:GetRole", "sts:AssumeRole"], arn))
    policy = document(trust({"AWS": user_arn}))
    account.iam.create_role(RoleName=name, Path="/temp-access/", AssumeRolePolicyDocument=policy)
    iam = account.client(user, "iam")
    assert account.outcome(iam.get_role, RoleName=name) == "allowed"
    _, other = account.user(allow("iam:GetRole", f"{ROLES}/{name}"))
    assert account.outcome(account.client(other, "iam").get_role, RoleName=name) == "AccessDenied"
    assert account.outcome(iam.get_role, RoleName=name.upper()) != "allowed"


def test_a_user_with_a_path_rotates_its_own_keys_only(account: LocalAccount) -> None:
    """The resource is the ARN with the path."""
    name = account.name("person")
    own = f"arn:aws:iam::{ACCOUNT}:user/people/{name}"
    statement = allow(["iam:CreateAccessKey", "iam:ListAccessKeys", "iam:DeleteAccessKey"], own)
    arn, user = account.user(statement, UserName=name, Path="/people/")
    assert arn == own
    iam = account.client(user, "iam")
    key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    assert len(iam.list_access_keys()["AccessKeyMetadata"]) == 2
    iam.delete_access_key(UserName=name, AccessKeyId=key)
    other = account.user()[0].rpartition("/")[2]
    assert account.outcome(iam.create_access_key, UserName=other) == "AccessDenied"


def test_names_do_not_distinguish_upper_and_lower_case(account: LocalAccount) -> None:
    """A second role or user whose name differs only in that is refused."""
    user, role = account.name("Person"), account.name("Role")
    policy = document(trust({"AWS": ACCOUNT}))
    account.iam.create_user(UserName=user)
    account.iam.create_role(RoleName=role, AssumeRolePolicyDocument=policy)
    assert account.outcome(account.iam.create_user, UserName=user.lower()) == "EntityAlreadyExists"
    created = account.outcome(account.iam.create_role, RoleName=role.upper(), AssumeRolePolicyDocument=policy)
    assert created == "EntityAlreadyExists"


def test_a_trust_policy_has_at_most_2048_characters(account: LocalAccount) -> None:
    """White space doesn't count."""
    sids = [{**trust({"AWS": ACCOUNT}), "Sid": "s" * 300} for _ in range(6)]
    name = account.name("role")
    create = account.iam.create_role
    assert account.outcome(create, RoleName=name, AssumeRolePolicyDocument=document(*sids)) == "LimitExceeded"
    fitting = document(*sids[:3]) + " " * 2000
    assert account.outcome(create, RoleName=name, AssumeRolePolicyDocument=fitting) == "allowed"


def test_parameters_of_other_actions_do_not_choose_the_resource(account: LocalAccount) -> None:
    """Who may do everything with one role deletes no other one, and no user, by naming it too."""
    role, other = account.role(ACCOUNT), account.role(ACCOUNT)
    victim, _ = account.user()
    name, user = role.rpartition("/")[2], victim.rpartition("/")[2]
    _, caller = account.user(allow("iam:*", role))
    iam = account.client(caller, "iam")
    for action, own in (("DeleteUser", {"UserName": user}), ("DeleteRole", {"RoleName": other.rpartition("/")[2]})):
        for extra in ({"RoleName": name}, {"InstanceProfileName": "x"}, {"OpenIDConnectProviderArn": role}):
            assert _raw(account, caller, {**extra, **own, "Action": action}) == 403
            assert _raw(account, caller, {**own, "Action": action}, query=extra) == 403
    assert account.outcome(iam.delete_role_policy, RoleName=name, PolicyName="x") == "NoSuchEntity"


def _raw(
    account: LocalAccount, caller: boto3.Session, form: dict[str, str], query: dict[str, str] | None = None
) -> int:
    """Send a signed form to IAM, and return the status."""
    url = f"{account.instance.url}/" + (f"?{urlencode(query)}" if query else "")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    request = AWSRequest("POST", url, data=urlencode({**form, "Version": "2010-05-08"}), headers=headers)
    credentials = caller.get_credentials()
    assert credentials is not None
    SigV4Auth(credentials, "iam", "us-east-1").add_auth(request)
    prepared = request.prepare()
    bundle: Any = account.instance.environment["AWS_CA_BUNDLE"]
    return URLLib3Session(verify=bundle).send(prepared).status_code


@pytest.mark.parametrize("provider", ["*", "https://idp.example.com", "idp", f"arn:aws:iam::{ACCOUNT}:oidc-provider/*"])
def test_a_federated_principal_is_a_provider(account: LocalAccount, provider: str) -> None:
    """An ARN or a domain; it need not exist."""
    action = "sts:AssumeRoleWithWebIdentity"
    for principal, outcome in (
        (provider, "MalformedPolicyDocument"),
        (f"arn:aws:iam::{ACCOUNT}:oidc-provider/idp.example.com/realms/a", "allowed"),
        ("cognito-identity.amazonaws.com", "allowed"),
    ):
        document_ = document(trust({"Federated": [principal]}, action))
        created = account.outcome(
            account.iam.create_role, RoleName=account.name("role"), AssumeRolePolicyDocument=document_
        )
        assert created == outcome
