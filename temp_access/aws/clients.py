"""boto3 clients for many credentials, created cheaply and safely from several threads."""

import os
import threading
from typing import TYPE_CHECKING, Any

from temp_access.aws.assume_role import Credentials

if TYPE_CHECKING:
    import boto3
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_iam import IAMClient
    from types_boto3_s3 import S3Client
    from types_boto3_sts import STSClient


class Clients:
    """S3, IAM, STS and CloudFormation clients of one identity; `credentials` None means the session's own.

    All clients of a factory share its connections.
    """

    def __init__(self, factory: "ClientFactory", credentials: Credentials | None) -> None:
        self._factory = factory
        self._session = factory.session
        self._credentials = credentials
        self._lock = factory.lock
        self._clients: dict[str, Any] = {}

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
        """The STS client; it doesn't validate parameters, so that the service's own errors are seen."""
        client: STSClient = self._client("sts")
        return client

    @property
    def cloudformation(self) -> "CloudFormationClient":
        """The CloudFormation client."""
        client: CloudFormationClient = self._client("cloudformation")
        return client

    def _client(self, service: str) -> Any:
        # Creating clients isn't thread-safe; using them is.
        with self._lock:
            if service not in self._clients:
                self._clients[service] = service_client(
                    self._session,
                    service,
                    settings={"parameter_validation": service != "sts", "max_pool_connections": 32},
                    **self._credential_arguments(),
                )
                self._factory.share_connections(self._clients[service])
            return self._clients[service]

    def _credential_arguments(self) -> dict[str, str | None]:
        if self._credentials is None:
            return {}
        return {
            "aws_access_key_id": self._credentials.access_key_id,
            "aws_secret_access_key": self._credentials.secret_access_key,
            "aws_session_token": self._credentials.session_token,
        }


class ClientFactory:
    """Creates `Clients` for any credentials, with the session's Region and endpoint."""

    def __init__(self, session: "boto3.Session") -> None:
        self.session = session
        self.lock = threading.Lock()
        self._connections: Any = None

    def base(self) -> Clients:
        """Return the clients of the session's own credentials."""
        return Clients(self, None)

    def of(self, credentials: Credentials) -> Clients:
        """Return the clients of `credentials`."""
        return Clients(self, credentials)

    def share_connections(self, client: Any) -> None:
        """Let a new client use the connections that others have opened; each request is signed for itself."""
        if self._connections is None:
            self._connections = client._endpoint.http_session
        client._endpoint.http_session = self._connections


def service_client(
    session: "boto3.Session", service: str, *, settings: dict[str, Any] | None = None, **arguments: Any
) -> Any:
    """Return a client whose calls are checked (`temp_access.aws.checked_calls`); `settings` are botocore's Config's."""
    from temp_access.aws.checked_calls import checked, client_config

    create: Any = session.client
    return checked(create(service, config=client_config(**settings or {}), **arguments))


def boto3_session(credentials: Credentials, region: str) -> "boto3.Session":
    """Return a boto3 session with `credentials`."""
    import boto3

    return boto3.Session(
        credentials.access_key_id, credentials.secret_access_key, credentials.session_token, region_name=region
    )


def endpoint_override() -> str | None:
    """Return AWS_ENDPOINT_URL, None if it isn't set. If it is set, the service isn't AWS."""
    return os.environ.get("AWS_ENDPOINT_URL") or None
