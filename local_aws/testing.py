"""For tests: a local AWS of one's own, on a free port, that always ends."""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import botocore.loaders
import botocore.session

from local_aws.control import Instance, require_loopback, start, status, stop
from temp_access.errors import UserError

# Shared, because each session would read and parse all of botocore's models again.
_MODELS = botocore.loaders.Loader()


@contextmanager
def running(state_dir: Path) -> Iterator[Instance]:
    """Start a server in `state_dir` on a free port, and stop it whatever happens."""
    instance = start(state_dir, port=0)
    try:
        yield instance
    finally:
        stop(state_dir)


def expire_sessions(instance: Instance) -> None:
    """End every temporary session of the server now; the next request finds them expired."""
    pid = status(instance.state_dir).pid
    if pid is None:
        raise UserError(f"no local AWS runs in {instance.state_dir}: start it first")
    os.kill(pid, signal.SIGUSR1)


class LocalSession(boto3.Session):
    """A boto3 session whose every client speaks to the local AWS, whatever this process's environment says."""

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
        """Return a client, as boto3 does."""
        # Set here, and not left to configuration: a variable such as AWS_ENDPOINT_URL_STS would win over that.
        options["endpoint_url"] = require_loopback(options.get("endpoint_url") or self._endpoint_url)
        options["verify"] = options.get("verify") or self._verify
        return super().client(*args, **options)


def session(environment: Mapping[str, str], credentials: Mapping[str, object] | None = None) -> boto3.Session:
    """Return a session with `credentials` (what STS or CreateAccessKey answered), or else the deployer's."""
    deployer = {
        "AccessKeyId": environment["AWS_ACCESS_KEY_ID"],
        "SecretAccessKey": environment["AWS_SECRET_ACCESS_KEY"],
    }
    return LocalSession(environment, credentials or deployer)
