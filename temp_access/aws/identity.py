"""The caller: whose credentials borrow, and the clients that use them."""

import getpass
import os
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any

from temp_access.aws.errors import BorrowError, MfaNeeded, NoCredentials, from_client_error, from_connection_error
from temp_access.errors import TempAccessError

if TYPE_CHECKING:
    import boto3
    import botocore.session
    from botocore.credentials import Credentials
    from types_boto3_iam import IAMClient
    from types_boto3_sts import STSClient


class ClientIdentity:
    """Who borrows, and the clients for it: of a botocore session, or of the boto3 session that a program passes.

    `region` is used if the session has no Region. `name` is what messages call it, and `cache_identity` tells it from
    others. `is_temporary` says whether temporary credentials sign its calls: STS limits the sessions that they borrow
    to an hour. `key_id` tells whose temporary credentials they are, and changes when they are replaced; it is empty if
    `cache_identity` tells that.
    """

    name: str
    cache_identity: str
    key_id: str = ""
    is_temporary: bool

    def __init__(
        self, core: "botocore.session.Session", boto: "boto3.Session | None" = None, *, region: str | None = None
    ) -> None:
        self.core = core
        # A weak reference: an identity is cached for as long as the program's session exists.
        self._boto = weakref.ref(boto) if boto else None
        self._region = region
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    @property
    def arn(self) -> str:
        """What the audit log calls it: the caller's ARN. Raises BorrowError."""
        raise NotImplementedError

    @property
    def region(self) -> str:
        """The Region; raises NoCredentials if none is set."""
        region = self.core.get_config_variable("region") or self._region
        if not region:
            # Imported here, as below: a call that works needs none of the explanations.
            from temp_access.aws.configuration_errors import missing_region

            problem = missing_region()
            raise NoCredentials(problem.what, problem.remedy)
        return str(region)

    @property
    def endpoint(self) -> str:
        """The URL of the STS endpoint."""
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
        """Return a client whose calls are checked."""
        from temp_access.aws.checked_calls import checked, client_config

        # Creating clients isn't thread-safe; using them is.
        with self._lock:
            if service not in self._clients:
                boto = self._boto and self._boto()
                create: Any = boto.client if boto else self.core.create_client
                settings = self._settings()
                try:
                    self._clients[service] = checked(
                        create(service, region_name=self.region, config=client_config(**settings))
                    )
                except ValueError as error:
                    raise BorrowError(
                        f"the AWS configuration has an invalid value: {error}",
                        "correct it, in AWS_ENDPOINT_URL or another variable, or in the profile",
                    ) from error
            return self._clients[service]

    def _settings(self) -> dict[str, Any]:
        """Return further settings of botocore's clients."""
        return {}


class CallerIdentity(ClientIdentity):
    """One caller's credentials; `ask` False never asks for the MFA code of a profile's role."""

    def __init__(
        self,
        core: "botocore.session.Session",
        boto: "boto3.Session | None" = None,
        *,
        region: str | None = None,
        ask: bool = True,
    ) -> None:
        super().__init__(core, boto, region=region)
        self._credentials = _load_credentials(core, ask)
        # Temporary credentials get new keys when they are refreshed; their provider stays the same.
        name = self._credentials.access_key if self._credentials.token is None else self._credentials.method
        profile = core.get_config_variable("profile")
        self.cache_identity = f"{profile or ''}/{name}"
        self.name = f"profile {profile}" if profile else f"key …{self._credentials.access_key[-4:]}"
        self.is_temporary = self._credentials.token is not None
        self.key_id = self._credentials.access_key if self.is_temporary else ""

    @property
    def arn(self) -> str:
        """The caller's ARN, from sts:GetCallerIdentity; raises BorrowError."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return str(self.sts.get_caller_identity()["Arn"])
        except ClientError as error:
            raise from_client_error(error, self.name, "the role") from error
        except BotoCoreError as error:
            raise from_connection_error(error) from error


def load_identity(profile: str | None, region: str | None, *, ask: bool = True) -> CallerIdentity:
    """Return the identity of `profile` (None: the default chain); raises NoCredentials if there is none.

    If the profile's role needs an MFA code, the terminal asks for it; without one, or if `ask` is False, MfaNeeded is
    raised.
    """
    import botocore.session

    core = botocore.session.Session(profile=profile)
    if region := region or region_from_environment():
        core.set_config_variable("region", region)
    return CallerIdentity(core, ask=ask)


def identity_from_session(session: "boto3.Session", region: str | None) -> CallerIdentity:
    """Return the identity of a program's own session; `region` is used if the session has none."""
    return CallerIdentity(session._session, session, region=region)


def region_from_environment() -> str | None:
    """Return AWS_REGION: the AWS CLI and the other SDKs read it, botocore doesn't."""
    return os.environ.get("AWS_REGION") or None


def _load_credentials(core: "botocore.session.Session", ask: bool) -> "Credentials":
    try:
        ask_only_at_terminal(core, ask)
        credentials: Credentials | None = core.get_credentials()
        if credentials is not None:
            credentials.get_frozen_credentials()
    except TempAccessError:
        raise
    except Exception as error:
        # A credential_process can fail in any way, a profile's role with a ClientError; messages may have line breaks.
        from temp_access.aws.configuration_errors import problem_of

        problem = problem_of(error, core.profile)
        raise NoCredentials(
            f"the caller's credentials can't be used: {problem.what}", f"{problem.remedy}; or pass another --profile"
        ) from error
    if credentials is None:
        from temp_access.aws.configuration_errors import missing_credentials

        problem_or_none = missing_credentials()
        found = "no credentials were found (searched: environment, ~/.aws, SSO, container, instance)"
        remedy = (
            "pass --profile to use temp-user's profile, or set its access key in the environment; for the local AWS, "
            "pass --local"
        )
        if problem_or_none:
            raise NoCredentials(f"{found}; {problem_or_none.what}", f"{problem_or_none.remedy}; or {remedy}")
        raise NoCredentials(found, remedy)
    return credentials


def ask_only_at_terminal(core: "botocore.session.Session", ask: bool = True) -> None:
    """Let the profile's role ask for its MFA code only if there is a terminal, and if `ask` allows it.

    Otherwise, using the credentials raises MfaNeeded. Raises botocore's errors if the configuration can't be read.
    """
    if ask and sys.stdin is not None and sys.stdin.isatty():
        return
    profile = core.get_config_variable("profile") or "default"

    def refuse(prompt: str) -> str:
        serial = prompt.partition(" for ")[2].strip(" :")
        raise MfaNeeded(
            f"the profile {profile} needs a code of the MFA device {serial}, and there is no terminal to ask for it",
            f"run `temp-access credentials ID --profile {profile}` in a terminal, with the same options: it asks for "
            "the code, and its session is cached; or pass a profile that has temporary credentials already",
        )

    # botocore has no public way to set it. A program may have set its own.
    provider = core.get_component("credential_provider").get_provider("assume-role")
    if provider._prompter is getpass.getpass:
        provider._prompter = refuse
