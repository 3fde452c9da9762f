"""boto3 sessions whose clients call the local AWS."""

from collections.abc import Mapping
from typing import Any

import boto3
import botocore.loaders
import botocore.session

from temp_access.local_aws.client import require_loopback

# Shared, because each session would read and parse botocore's models again.
_MODELS = botocore.loaders.Loader()


class LocalSession(boto3.Session):
    """A boto3 session whose clients call the local AWS, whatever the environment of this process."""

    def __init__(self, environment: Mapping[str, str], credentials: Mapping[str, object]) -> None:
        core = botocore.session.Session()
        core.register_component("data_loader", _MODELS)
        core.set_config_variable("profile", None)
        core.set_config_variable("config_file", environment["AWS_CONFIG_FILE"])
        core.set_config_variable("credentials_file", environment["AWS_SHARED_CREDENTIALS_FILE"])
        token = credentials.get("SessionToken")
        super().__init__(
            aws_access_key_id=str(credentials["AccessKeyId"]),
            aws_secret_access_key=str(credentials["SecretAccessKey"]),
            aws_session_token=str(token) if token else None,
            region_name=environment["AWS_REGION"],
            botocore_session=core,
        )
        self._endpoint_url = require_loopback(environment["AWS_ENDPOINT_URL"])
        self._verify = environment["AWS_CA_BUNDLE"]

    def client(self, *args: Any, **options: Any) -> Any:
        """Return a client of the local AWS; raises UserError for an `endpoint_url` that isn't on this machine."""
        # Set here, because a variable such as AWS_ENDPOINT_URL_STS would override the configuration.
        options["endpoint_url"] = require_loopback(options.get("endpoint_url") or self._endpoint_url)
        options["verify"] = options.get("verify") or self._verify
        return super().client(*args, **options)


def session(environment: Mapping[str, str], credentials: Mapping[str, object] | None = None) -> boto3.Session:
    """Return a session with `credentials`, as STS or CreateAccessKey returns them, or else with the deployer's."""
    deployer = {
        "AccessKeyId": environment["AWS_ACCESS_KEY_ID"],
        "SecretAccessKey": environment["AWS_SECRET_ACCESS_KEY"],
    }
    return LocalSession(environment, credentials or deployer)
