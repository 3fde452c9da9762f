"""What temporary credentials may not call."""

from local_aws.strict.call import Caller
from local_aws.strict.refusal import AwsError


def session_token_limits(caller: Caller, action: str) -> None:
    """GetSessionToken credentials without MFA can't call IAM, nor STS except AssumeRole and GetCallerIdentity.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
    """
    if caller.kind == "session token":
        _only(action, {"sts:AssumeRole", "sts:GetCallerIdentity"})


def federation_token_limits(caller: Caller, action: str) -> None:
    """GetFederationToken credentials can't call IAM, nor STS except GetCallerIdentity.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
    """
    if caller.kind == "federated":
        _only(action, {"sts:GetCallerIdentity"})


def _only(action: str, allowed: set[str]) -> None:
    service, _, name = action.partition(":")
    if service == "iam":
        raise AwsError("InvalidClientTokenId", "The security token included in the request is invalid", 403)
    if service == "sts" and action not in allowed:
        raise AwsError("AccessDenied", f"Cannot call {name} with session credentials", 403)
