"""The calls AssumeRole, AssumeRoleWithWebIdentity and GetSessionToken of STS, and the credentials that they return."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from temp_access.aws.patience import service_time

if TYPE_CHECKING:
    from types_boto3_sts import STSClient


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key, with session token and expiration (UTC) if it is temporary; the repr hides the secrets."""

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    expiration: datetime | None = None

    def __str__(self) -> str:
        expiry = f" until {self.expiration:%H:%M:%S} UTC" if self.expiration else ""
        return f"…{self.access_key_id[-4:]}{expiry}"


@dataclass(frozen=True, slots=True)
class RoleSession:
    """The result of AssumeRole: credentials, the session's ARN, the request id, the packed policy size in percent.

    `answered_at` is the time on the service's clock (UTC), None if the answer has none.
    """

    credentials: Credentials
    arn: str
    request_id: str = ""
    packed_size: int | None = None
    answered_at: datetime | None = None


def assume_role(
    sts: "STSClient",
    *,
    role_arn: str,
    session_name: str,
    duration: int | None = None,
    policy: str | None = None,
    source_identity: str | None = None,
    external_id: str | None = None,
    mfa: tuple[str, str] | None = None,
) -> RoleSession:
    """Assume the role and return the session; `duration` in seconds, None for STS's default of 3600.

    `mfa` is the serial number of the caller's MFA device and its current code.
    Raises botocore.exceptions.ClientError if the service refuses the call.
    """
    optional: dict[str, Any] = {
        "DurationSeconds": duration,
        "Policy": policy,
        "SourceIdentity": source_identity,
        "ExternalId": external_id,
        "SerialNumber": mfa and mfa[0],
        "TokenCode": mfa and mfa[1],
    }
    response = sts.assume_role(
        RoleArn=role_arn,
        RoleSessionName=session_name,
        **{name: value for name, value in optional.items() if value is not None},
    )
    return _role_session(response)


def assume_role_with_web_identity(
    sts: "STSClient",
    *,
    role_arn: str,
    session_name: str,
    token: str,
    duration: int | None = None,
    policy: str | None = None,
) -> RoleSession:
    """Assume the role with the token of an OpenID Connect provider, and return the session; see `assume_role`.

    No credentials sign the call, so the client needs none.
    """
    optional: dict[str, Any] = {"DurationSeconds": duration, "Policy": policy}
    response = sts.assume_role_with_web_identity(
        RoleArn=role_arn,
        RoleSessionName=session_name,
        WebIdentityToken=token,
        **{name: value for name, value in optional.items() if value is not None},
    )
    return _role_session(response)


def session_token(
    sts: "STSClient", *, duration: int, mfa_serial: str | None = None, mfa_code: str | None = None
) -> Credentials:
    """Return the credentials of GetSessionToken, authenticated with MFA if serial number and code are both passed."""
    mfa = {"SerialNumber": mfa_serial, "TokenCode": mfa_code} if mfa_serial and mfa_code else {}
    response = sts.get_session_token(DurationSeconds=duration, **mfa)  # type: ignore[arg-type]
    return _credentials(response["Credentials"])


def _role_session(response: Any) -> RoleSession:
    metadata: Any = response.get("ResponseMetadata", {})
    request_id = metadata.get("RequestId", "")
    arn, packed_size = response["AssumedRoleUser"]["Arn"], response.get("PackedPolicySize")
    answered_at = service_time(metadata.get("HTTPHeaders", {}).get("date"))
    return RoleSession(_credentials(response["Credentials"]), arn, request_id, packed_size, answered_at)


def _credentials(fields: Any) -> Credentials:
    return Credentials(fields["AccessKeyId"], fields["SecretAccessKey"], fields["SessionToken"], fields["Expiration"])
