"""boto3 clients for many credentials, made cheaply and safely from several threads."""

import os
import threading
from typing import TYPE_CHECKING, Any

from temp_access.aws.assume_role import Credentials

if TYPE_CHECKING:
    import boto3
    from types_boto3_iam import IAMClient
    from types_boto3_s3 import S3Client
    from types_boto3_sts import STSClient


class Clients:
    """S3, IAM and STS clients of one identity; `credentials` None stands for the base session's own."""

    def __init__(self, session: "boto3.Session", credentials: Credentials | None, lock: threading.Lock) -> None:
        self._session = session
        self._credentials = credentials
        self._lock = lock
        self._made: dict[str, Any] = {}

    @property
    def s3(self) -> "S3Client":
        """The S3 client."""
        client: S3Client = self._client("s3")
        return client

    @property
    def iam(self) -> "IAMClient":
        """The IAM client."""
        client: IAMClient = self._client("iam")
        return client

    @property
    def sts(self) -> "STSClient":
        """The STS client; it sends what it is given, so that the service's own refusals are seen."""
        client: STSClient = self._client("sts")
        return client

    def _client(self, service: str) -> Any:
        from botocore.config import Config

        # Making clients isn't thread-safe; using them is.
        with self._lock:
            if service not in self._made:
                self._made[service] = self._session.client(  # type: ignore[call-overload]
                    service,
                    config=Config(
                        retries={"mode": "standard", "total_max_attempts": 4},
                        connect_timeout=10,
                        read_timeout=30,
                        parameter_validation=service != "sts",
                        max_pool_connections=32,
                    ),
                    **self._keys(),
                )
            return self._made[service]

    def _keys(self) -> dict[str, str | None]:
        if self._credentials is None:
            return {}
        return {
            "aws_access_key_id": self._credentials.access_key_id,
            "aws_secret_access_key": self._credentials.secret_access_key,
            "aws_session_token": self._credentials.session_token,
        }


class ClientFactory:
    """Makes `Clients` for any credentials of one Region and endpoint."""

    def __init__(self, session: "boto3.Session") -> None:
        self.session = session
        self._lock = threading.Lock()

    def base(self) -> Clients:
        """Return the clients of the session's own credentials."""
        return Clients(self.session, None, self._lock)

    def of(self, credentials: Credentials) -> Clients:
        """Return the clients of `credentials`."""
        return Clients(self.session, credentials, self._lock)


def endpoint_override() -> str | None:
    """Return AWS_ENDPOINT_URL if it is set: then the service isn't AWS."""
    return os.environ.get("AWS_ENDPOINT_URL") or None
