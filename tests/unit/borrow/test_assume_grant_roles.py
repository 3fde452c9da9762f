"""What AssumeRole is called with for a grant's own role, and where its role is looked for."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from temp_access.aws.assume_role import Credentials, RoleSession
from temp_access.aws.errors import BorrowError, MfaNeeded, NotDeployed, NotTrusted
from temp_access.borrow.assume import AssumeRolePlan, assume
from temp_access.borrow.grant_role_discovery import discover_grant_role
from temp_access.borrow.role_discovery import RoleDetails
from temp_access.config.model import Config
from temp_access.errors import UserError
from tests.unit.support.config_file import config_of

ACCOUNT, OTHER = "111122223333", "222233334444"
ARN = f"arn:aws:iam::{ACCOUNT}:role/lent/temp-role-bob"
SSO = f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Data_0123456789abcdef/zoe@example.com"
FILE = """
[role]
path = "/lent/"
max_session_duration = "8h"
[role.conditions]
mfa = true
source_identity = "*"
session_name = "*"
[grants.bob]
access = "read"
borrowers = [
    "user/ann", "role/build", "sso/Data",
    { principal = "arn:aws:iam::222233334444:role/partner", external_id = "the-partner" },
]
[grants.shared]
access = "read"
[environments.prod]
account = "111122223333"
region = "eu-central-1"
"""


class Caller:
    """A caller who may read nothing: neither the role nor the stacks."""

    region, name, endpoint, cache_identity = "eu-central-1", "caller", "", ""

    def __init__(self, *, temporary: bool = False, code: str = "AccessDenied") -> None:
        self.is_temporary, self._code = temporary, code
        self.sts = None

    @property
    def iam(self) -> "Caller":
        return self

    def client(self, service: str) -> "Caller":
        assert service == "cloudformation"
        return self

    def get_role(self, **_: str) -> None:
        raise ClientError({"Error": {"Code": self._code, "Message": "no"}}, "GetRole")

    def describe_stacks(self, **_: str) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeStacks")


@pytest.fixture(name="config")
def _config(tmp_path: Path) -> Config:
    return config_of(tmp_path, FILE)


def assumed(
    monkeypatch: pytest.MonkeyPatch, config: Config, caller: str, *, mfa: bool = False, error: str | None = None
) -> dict[str, Any]:
    """Return what AssumeRole is called with for `bob` by this caller."""
    sent: dict[str, Any] = {}

    def assume_role(_: object, **arguments: Any) -> RoleSession:
        sent.update(arguments)
        if error:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": error}}, "AssumeRole")
        return RoleSession(Credentials("A", "s", "t", datetime(2030, 1, 1, tzinfo=UTC)), "arn")

    monkeypatch.setattr("temp_access.borrow.assume.assume_role", assume_role)
    plan = AssumeRolePlan(config.grants["bob"], RoleDetails(ARN, "", 3600, caller), 3600, None)
    identity: Any = Caller(temporary=":user/" not in caller)
    assume(config, identity, plan, (lambda: ("serial", "123456")) if mfa else None)
    return sent


def test_a_user_needs_mfa_and_sends_names(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    """The conditions hold for users."""
    caller = f"arn:aws:iam::{ACCOUNT}:user/ann"
    with pytest.raises(MfaNeeded, match="the role temp-role-bob requires MFA"):
        assumed(monkeypatch, config, caller)
    sent = assumed(monkeypatch, config, caller, mfa=True)
    assert (sent["mfa"], sent["source_identity"]) == (("serial", "123456"), "ann")
    assert (sent["session_name"], sent["policy"], sent["external_id"]) == ("bob,ann", None, None)


def test_sessions_need_no_mfa(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    """They can't carry it; the other conditions hold."""
    sent = assumed(monkeypatch, config, SSO)
    assert (sent["mfa"], sent["source_identity"], sent["session_name"]) == (
        None,
        "zoe@example.com",
        "bob,zoe@example.com",
    )
    sent = assumed(monkeypatch, config, f"arn:aws:sts::{OTHER}:assumed-role/partner/x1")
    assert (sent["external_id"], sent["session_name"]) == ("the-partner", "bob,x1")
    assert assumed(monkeypatch, config, f"arn:aws:sts::{ACCOUNT}:assumed-role/build/x1")["external_id"] is None


def test_a_refusal_names_the_borrowers_or_the_missing_statement(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    """Whoever is no borrower, and whoever is one by an account only."""
    message = "User: x is not authorized to perform: sts:AssumeRole on resource: y"
    with pytest.raises(NotTrusted, match="is no borrower of 'bob'") as caught:
        assumed(monkeypatch, config, f"arn:aws:sts::{ACCOUNT}:assumed-role/other/x1", error=message)
    assert "user/ann, role/build, sso/Data, arn:aws:iam::222233334444:role/partner" in caught.value.remedy
    with pytest.raises(NotTrusted, match="isn't allowed to assume") as caught:
        assumed(monkeypatch, config, SSO, error=message)
    assert "`temp-access policy bob --trust` prints it" in caught.value.remedy


@pytest.mark.parametrize("code", ["AccessDenied", "InvalidClientTokenId"])
def test_a_role_that_may_not_be_read_is_found_by_its_name(config: Config, code: str) -> None:
    """With its path, in the caller's account; the bucket stays unknown."""
    identity: Any = Caller(temporary=True, code=code)
    role = discover_grant_role(identity, config, config.grants["bob"], SSO)
    assert role == RoleDetails(ARN, "", 28800, SSO)


def test_a_missing_role_isnt_deployed(config: Config) -> None:
    """IAM knows that there is none of this name."""
    identity: Any = Caller(code="NoSuchEntity")
    with pytest.raises(NotDeployed, match=f"account {ACCOUNT} has no role temp-role-bob"):
        discover_grant_role(identity, config, config.grants["bob"], SSO)


def test_another_account_has_to_be_known(tmp_path: Path, config: Config) -> None:
    """A role of this name in the caller's own account is a different one, and isn't looked for."""
    identity: Any = Caller(code="none")
    partner, bob = f"arn:aws:sts::{OTHER}:assumed-role/partner/x1", config.grants["bob"]
    with pytest.raises(NotDeployed, match=r"is in an account that arn:aws:sts::222233334444:.* doesn't tell") as caught:
        discover_grant_role(identity, config, bob, partner)
    assert "--account" in caught.value.remedy
    assert discover_grant_role(identity, config, bob, partner, account=ACCOUNT).arn == ARN
    prod = config_of(tmp_path, FILE, "prod")
    assert discover_grant_role(identity, prod, prod.grants["bob"], partner).arn == ARN
    with pytest.raises(UserError, match="leave --account out"):
        discover_grant_role(identity, prod, bob, partner, account=OTHER)
    arn = f"arn:aws:iam::{ACCOUNT}:role/x"
    assert discover_grant_role(identity, config, bob, partner, role_arn=arn, bucket="b").arn == arn


def test_a_token_is_no_credential_for_the_one_role(tmp_path: Path, config: Config) -> None:
    """And a grant without oidc/ borrowers has no use for it."""
    from temp_access.aws.web_identity import load_token_holder
    from temp_access.borrow.grant_role_discovery import require_no_token

    (tmp_path / "token").write_text("a-token")
    identity = load_token_holder(tmp_path / "token", "eu-central-1")
    with pytest.raises(BorrowError, match="'shared' has no borrowers"):
        require_no_token(config, config.grants["shared"], identity)
    with pytest.raises(BorrowError, match=r"no borrower of 'bob' in access\.toml has a token"):
        discover_grant_role(identity, config, config.grants["bob"], identity.arn, account=ACCOUNT)
