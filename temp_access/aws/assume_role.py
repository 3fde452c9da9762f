"""The AssumeRole call; Credentials."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_sts import STSClient


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key, with session token and expiration (UTC) if it is temporary; its repr hides both."""

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    expiration: datetime | None = None

    def __str__(self) -> str:
        until = f" until {self.expiration:%H:%M:%S} UTC" if self.expiration else ""
        return f"…{self.access_key_id[-4:]}{until}"


@dataclass(frozen=True, slots=True)
class RoleSession:
    """What AssumeRole gave: the credentials, the ARN of the session, the request's id, the packed size in percent."""

    credentials: Credentials
    arn: str
    request_id: str = ""
    packed_size: int | None = None


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

    `mfa` is the serial number of the caller's device and its present code.
    Raises botocore.exceptions.ClientError as the service answers.
    """
    given: dict[str, Any] = {
        "DurationSeconds": duration,
        "Policy": policy,
        "SourceIdentity": source_identity,
        "ExternalId": external_id,
        "SerialNumber": mfa and mfa[0],
        "TokenCode": mfa and mfa[1],
    }
    answer = sts.assume_role(
        RoleArn=role_arn,
        RoleSessionName=session_name,
        **{name: value for name, value in given.items() if value is not None},
    )
    request_id = answer.get("ResponseMetadata", {}).get("RequestId", "")
    arn, packed = answer["AssumedRoleUser"]["Arn"], answer.get("PackedPolicySize")
    return RoleSession(_credentials(answer["Credentials"]), arn, request_id, packed)


def session_token(
    sts: "STSClient", *, duration: int, mfa_serial: str | None = None, mfa_code: str | None = None
) -> Credentials:
    """Return GetSessionToken credentials, with MFA if both serial number and code are given."""
    mfa = {"SerialNumber": mfa_serial, "TokenCode": mfa_code} if mfa_serial and mfa_code else {}
    answer = sts.get_session_token(DurationSeconds=duration, **mfa)  # type: ignore[arg-type]
    return _credentials(answer["Credentials"])


def _credentials(answer: Any) -> Credentials:
    return Credentials(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"], answer["Expiration"])
