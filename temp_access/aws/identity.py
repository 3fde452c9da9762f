"""The base credentials: whose they are, and the clients that use them."""

import os
import threading
import weakref
from typing import TYPE_CHECKING, Any

from temp_access.aws.errors import NoCredentials

if TYPE_CHECKING:
    import boto3
    import botocore.session
    from botocore.credentials import Credentials
    from types_boto3_iam import IAMClient
    from types_boto3_sts import STSClient


_PLACES = "environment, ~/.aws, SSO, container, instance"


class CallerIdentity:
    """One identity: a botocore session, or the boto3 session that a program passed; `region` where it has none."""

    def __init__(
        self, core: "botocore.session.Session", boto: "boto3.Session | None" = None, *, region: str | None = None
    ) -> None:
        self.core = core
        # Not held: a base is kept as long as the program's session is.
        self._boto = weakref.ref(boto) if boto else None
        self._region = region
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._credentials = _credentials(core)
        # What is temporary gets new keys again and again; its profile stays.
        name = self._credentials.access_key if self._credentials.token is None else self._credentials.method
        self.cache_identity = f"{core.get_config_variable('profile') or ''}/{name}"

    @property
    def name(self) -> str:
        """How the credentials are called in a message: the profile, or the key's last four characters."""
        profile = self.core.get_config_variable("profile")
        return f"profile {profile}" if profile else f"key …{self._credentials.access_key[-4:]}"

    @property
    def is_temporary(self) -> bool:
        """Whether the credentials are temporary themselves: then STS gives an hour at most."""
        return self._credentials.token is not None

    @property
    def region(self) -> str:
        """The Region; raises NoCredentials if none is set."""
        region = self.core.get_config_variable("region") or self._region
        if not region:
            raise NoCredentials("no Region is set", "pass --region, or set AWS_REGION")
        return str(region)

    @property
    def endpoint(self) -> str:
        """Where STS is asked."""
        return str(self.sts.meta.endpoint_url)

    @property
    def sts(self) -> "STSClient":
        """The STS client."""
        client: STSClient = self.client("sts")
        return client

    @property
    def iam(self) -> "IAMClient":
        """The IAM client."""
        client: IAMClient = self.client("iam")
        return client

    def client(self, service: str) -> Any:
        """Return a client that retries as botocore's standard mode does."""
        from botocore.config import Config

        # Making clients isn't thread-safe; using them is.
        with self._lock:
            if service not in self._clients:
                config = Config(retries={"mode": "standard"}, connect_timeout=10, read_timeout=30)
                boto = self._boto and self._boto()
                make: Any = boto.client if boto else self.core.create_client
                self._clients[service] = make(service, region_name=self.region, config=config)
            return self._clients[service]


def load_identity(profile: str | None, region: str | None) -> CallerIdentity:
    """Return the identity of `profile` (None: the default chain); raises NoCredentials if there is none."""
    import botocore.session

    core = botocore.session.Session(profile=profile)
    if region := region or region_from_environment():
        core.set_config_variable("region", region)
    return CallerIdentity(core)


def identity_from_session(session: "boto3.Session", region: str | None) -> CallerIdentity:
    """Return the identity of a program's own session; `region` is for one that has none."""
    return CallerIdentity(session._session, session, region=region)


def region_from_environment() -> str | None:
    """Return AWS_REGION, which the aws CLI and the other SDKs read, and botocore doesn't."""
    return os.environ.get("AWS_REGION") or None


def _credentials(core: "botocore.session.Session") -> "Credentials":
    try:
        found: Credentials | None = core.get_credentials()
        if found is not None:
            found.get_frozen_credentials()
    except Exception as error:
        # A credential_process can fail in any way, a role's profile with a ClientError; some say it in several lines.
        raise NoCredentials(
            f"the base credentials can't be used: {' '.join(str(error).split())}",
            "log in again, or pass another --profile",
        ) from error
    if found is None:
        raise NoCredentials(
            f"no base credentials were found (looked in: {_PLACES})",
            "pass --profile with temp-user's, or set its access key in the environment; for the local AWS pass --local",
        )
    return found
