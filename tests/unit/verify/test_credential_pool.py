"""The credentials of the callers of probes, if the role requires MFA."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.stub import Stubber

from temp_access.aws.clients import ClientFactory, Clients
from temp_access.verify.live.credential_pool import CredentialPool
from temp_access.verify.outcomes import SetupError
from temp_access.verify.probes import AssumeCall, Identity, ProbeCaller
from tests.unit.support.planning import TARGET


class OneUser(ClientFactory):
    """Gives the same clients each time, so that their calls can be answered here."""

    def __init__(self) -> None:
        super().__init__(boto3.Session("x" * 20, "y", region_name="us-east-1"))
        self.user = super().base()

    def base(self) -> Clients:
        """Return the user's clients."""
        return self.user


def pool_of(factory: OneUser, mfa: tuple[str, str] | None) -> CredentialPool:
    """Return the credential pool for a role that requires MFA."""
    plain = AssumeCall(900, None, "verify")
    return CredentialPool(
        factory,
        TARGET,
        user_key=None,
        deployer=factory.user,
        baseline=plain,
        policy_of=lambda _: None,
        mfa=mfa,
        mfa_required=True,
    )


def test_an_mfa_code_is_used_once() -> None:
    """STS accepts a code once, so the user's session and its GetSessionToken credentials are the same."""
    factory = OneUser()
    pool = pool_of(factory, ("arn:aws:iam::123456789012:mfa/temp-user", "123456"))
    keys = {"AccessKeyId": "ASIA" + "X" * 16, "SecretAccessKey": "s", "SessionToken": "t"}
    expiration = datetime.now(UTC) + timedelta(hours=1)
    with Stubber(factory.user.sts) as stub:
        stub.add_response("get_session_token", {"Credentials": {**keys, "Expiration": expiration}})
        first = pool.clients(ProbeCaller(Identity.USER))
        assert pool.clients(ProbeCaller(Identity.USER_SESSION_TOKEN)) is first
        assert first is not factory.user
        stub.assert_no_pending_responses()


@pytest.mark.parametrize("identity", [Identity.USER, Identity.USER_SESSION_TOKEN])
def test_without_a_code_nothing_is_called(identity: Identity) -> None:
    """The error names the options for a code."""
    with pytest.raises(SetupError, match="pass --mfa-serial and --mfa-code"):
        pool_of(OneUser(), None).clients(ProbeCaller(identity))
