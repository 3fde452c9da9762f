"""For tests: a local AWS of one's own, on a free port, that always ends."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import boto3
import botocore.session

from local_aws.control import Instance, start, stop


@contextmanager
def running(state_dir: Path) -> Iterator[Instance]:
    """Start a server in `state_dir` on a free port, and stop it whatever happens."""
    instance = start(state_dir, port=0)
    try:
        yield instance
    finally:
        stop(state_dir)


def session(
    environment: Mapping[str, str],
    credentials: Mapping[str, object] | None = None,
) -> boto3.Session:
    """Return a boto3 session on the local AWS that reads nothing from this process's environment.

    `credentials` is what STS or CreateAccessKey answered (AccessKeyId, SecretAccessKey, SessionToken); without
    it, the deployer's.
    """
    keys: Mapping[str, object] = credentials or {
        "AccessKeyId": environment["AWS_ACCESS_KEY_ID"],
        "SecretAccessKey": environment["AWS_SECRET_ACCESS_KEY"],
    }
    core = botocore.session.Session()
    core.set_config_variable("config_file", environment["AWS_CONFIG_FILE"])
    core.set_config_variable("credentials_file", environment["AWS_SHARED_CREDENTIALS_FILE"])
    core.set_config_variable("profile", None)
    core.set_config_variable("region", environment["AWS_REGION"])
    core.set_config_variable("ca_bundle", environment["AWS_CA_BUNDLE"])
    core.set_config_variable("endpoint_url", environment["AWS_ENDPOINT_URL"])
    token = keys.get("SessionToken")
    return boto3.Session(
        aws_access_key_id=str(keys["AccessKeyId"]),
        aws_secret_access_key=str(keys["SecretAccessKey"]),
        aws_session_token=str(token) if token else None,
        botocore_session=core,
    )
